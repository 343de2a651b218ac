#if canImport(LocalAuthentication)
    import Foundation
    import LocalAuthentication

    /// The user, asked by Face ID, Touch ID or the passcode of the device.
    ///
    /// The app's `Info.plist` needs `NSFaceIDUsageDescription`.
    public final class LocalAuthenticationVerifier: UserVerifier, @unchecked Sendable {
        private let allowsPasscode: Bool
        private let lock = NSLock()
        private var verified: LAContext?

        /// - Parameter allowsPasscode: Whether the passcode counts where finger or face do not work.
        public init(allowsPasscode: Bool = true) {
            self.allowsPasscode = allowsPasscode
        }

        public var isAvailable: Bool {
            LAContext().canEvaluatePolicy(policy, error: nil)
        }

        public func verify(_ prompt: VerificationPrompt) async throws -> VerificationMethod {
            let context = LAContext()
            let biometric = context.canEvaluatePolicy(.deviceOwnerAuthenticationWithBiometrics, error: nil)
            do {
                // The prompt goes away with the task that waits for it.
                try await withTaskCancellationHandler {
                    guard
                        try await context.evaluatePolicy(
                            policy, localizedReason: "\(prompt.title)\n\(prompt.detail)")
                    else { throw VerifierError.rejected(reason: "the system said no") }
                } onCancel: {
                    context.invalidate()
                }
            } catch let error as LAError {
                throw Self.reason(of: error)
            }
            lock.withLock { verified = context }
            // The system does not tell which of the two it was; where both may be, the weaker one is claimed.
            return biometric && !allowsPasscode ? .biometric : .deviceCredential
        }

        /// The proof of the last verification, for one signature.
        func takeContext() -> LAContext? {
            lock.withLock {
                defer { verified = nil }
                return verified
            }
        }

        private var policy: LAPolicy {
            allowsPasscode ? .deviceOwnerAuthentication : .deviceOwnerAuthenticationWithBiometrics
        }

        private static func reason(of error: LAError) -> VerifierError {
            switch error.code {
            case .userCancel, .appCancel, .systemCancel, .userFallback: .cancelled
            case .passcodeNotSet, .biometryNotAvailable, .biometryNotEnrolled: .unavailable
            default: .rejected(reason: error.localizedDescription)
            }
        }
    }
#endif
