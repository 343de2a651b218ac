/// Errors of Apple's systems by domain and code, so that this is tested where those systems are not.
extension SignerError {
    /// Why a key of the Secure Enclave did not work, by what CryptoTokenKit (`TKError`), Security (`OSStatus`) and
    /// LocalAuthentication (`LAError`) say.
    package init(domain: String, code: Int, reason: String) {
        self =
            switch domain {
            case "CryptoTokenKit":
                switch code {
                // Corrupted data: sealed by another enclave, or before this device was erased. Object not found.
                case -3, -6: .missing
                // Cancelled by the user, authentication failed, authentication needed.
                case -4, -5, -9: .locked(reason: reason)
                default: .broken(reason: reason)
                }
            case "NSOSStatusErrorDomain":
                switch code {
                // Item not found.
                case -25300: .missing
                // Cancelled by the user, authentication failed, interaction not allowed while the device is locked.
                case -128, -25293, -25308: .locked(reason: reason)
                default: .broken(reason: reason)
                }
            case "com.apple.LocalAuthentication":
                switch code {
                // The passcode was removed, and with it every key that it guarded.
                case -5: .missing
                // Failed, cancelled (by user, fallback, system or app), lockout, invalid context, not interactive.
                case -1, -2, -3, -4, -8, -9, -10, -1004: .locked(reason: reason)
                default: .broken(reason: reason)
                }
            default: .broken(reason: reason)
            }
    }
}
