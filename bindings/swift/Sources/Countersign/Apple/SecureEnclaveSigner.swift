#if canImport(CryptoKit) && canImport(LocalAuthentication) && canImport(Security)
    import CryptoKit
    import Foundation
    import LocalAuthentication
    import Security

    /// Keys in the Secure Enclave. What is kept in the storage is a key sealed by the enclave of this device, of no use
    /// anywhere else.
    ///
    /// A key of verification signs once for each time that the verifier verified the user; the enclave sees to it.
    public struct SecureEnclaveSigner: DeviceSigner {
        private let storage: any SecureStorage
        private let verifier: LocalAuthenticationVerifier

        /// Whether this device has a Secure Enclave. Simulators and older Macs have none.
        public static var isAvailable: Bool { SecureEnclave.isAvailable }

        /// - Parameters:
        ///   - storage: Keeps the sealed keys.
        ///   - verifier: The same that the ``Ports`` are given, so that the user is asked once.
        public init(storage: any SecureStorage, verifier: LocalAuthenticationVerifier) {
            self.storage = storage
            self.verifier = verifier
        }

        public func createKey(named name: String, for use: KeyUse) throws -> Data {
            if try kept(name) != nil { throw SignerError.exists }
            return try Self.told {
                let key = try SecureEnclave.P256.Signing.PrivateKey(accessControl: Self.access(for: use))
                let sealed = key.dataRepresentation.base64EncodedString()
                try storage.setValue(Self.prefix(of: use) + sealed, for: Self.entry(name))
                return key.publicKey.x963Representation
            }
        }

        public func publicKey(named name: String) throws -> Data? {
            guard let (_, sealed) = try kept(name) else { return nil }
            return try Self.told {
                try SecureEnclave.P256.Signing.PrivateKey(dataRepresentation: sealed).publicKey.x963Representation
            }
        }

        public func signature(for message: Data, withKeyNamed name: String) throws -> Data {
            guard let (use, sealed) = try kept(name) else { throw SignerError.missing }
            let context = use == .verification ? verifier.takeContext() : nil
            return try Self.told {
                try SecureEnclave.P256.Signing.PrivateKey(
                    dataRepresentation: sealed, authenticationContext: context
                ).signature(for: message).rawRepresentation
            }
        }

        public func deleteKey(named name: String) throws {
            try Self.told { try storage.removeValue(for: Self.entry(name)) }
        }

        private func kept(_ name: String) throws -> (KeyUse, Data)? {
            guard let value = try Self.told({ try storage.value(for: Self.entry(name)) }) else { return nil }
            for use in [KeyUse.possession, .verification] where value.hasPrefix(Self.prefix(of: use)) {
                if let sealed = Data(base64Encoded: String(value.dropFirst(Self.prefix(of: use).count))) {
                    return (use, sealed)
                }
            }
            throw SignerError.broken(reason: "the sealed key \(name) is damaged")
        }

        /// The errors of the storage and of the enclave, as a signer's: a lost key and a locked device are told apart.
        private static func told<Value>(_ call: () throws -> Value) throws -> Value {
            do {
                return try call()
            } catch let error as SignerError {
                throw error
            } catch StorageError.locked(let reason) {
                throw SignerError.locked(reason: reason)
            } catch let error as StorageError {
                throw SignerError.broken(reason: "\(error)")
            } catch {
                let system = error as NSError
                throw SignerError(domain: system.domain, code: system.code, reason: system.localizedDescription)
            }
        }

        private static func entry(_ name: String) -> String { "enclave.\(name)" }

        private static func prefix(of use: KeyUse) -> String {
            switch use {
            case .possession: "possession:"
            case .verification: "verification:"
            }
        }

        private static func access(for use: KeyUse) throws -> SecAccessControl {
            let (protection, flags): (CFString, SecAccessControlCreateFlags) =
                switch use {
                case .possession: (kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly, .privateKeyUsage)
                case .verification:
                    (kSecAttrAccessibleWhenPasscodeSetThisDeviceOnly, [.privateKeyUsage, .userPresence])
                }
            var error: Unmanaged<CFError>?
            guard let access = SecAccessControlCreateWithFlags(nil, protection, flags, &error) else {
                throw SignerError.broken(reason: "\(error?.takeRetainedValue() as Any)")
            }
            return access
        }
    }
#endif
