#if canImport(Security)
    import Foundation
    import Security

    /// Secrets in the keychain, on this device only and readable once it has been unlocked after a start.
    ///
    /// They are not in backups and do not move to another device: an enrolment belongs to the device that made it.
    public struct KeychainStorage: SecureStorage {
        private let service: String
        private let accessGroup: String?

        /// - Parameters:
        ///   - service: Names the entries, such as the app's bundle identifier.
        ///   - accessGroup: An app group or keychain group, for an app whose extension answers requests too.
        public init(service: String, accessGroup: String? = nil) {
            self.service = service
            self.accessGroup = accessGroup
        }

        public func value(for name: String) throws -> String? {
            var query = entry(name)
            query[kSecReturnData] = true
            query[kSecMatchLimit] = kSecMatchLimitOne
            var found: CFTypeRef?
            let status = SecItemCopyMatching(query as CFDictionary, &found)
            if status == errSecItemNotFound { return nil }
            try Self.check(status)
            guard let bytes = found as? Data, let value = String(data: bytes, encoding: .utf8) else {
                throw StorageError.damaged(reason: "the keychain entry \(name) is not text")
            }
            return value
        }

        public func setValue(_ value: String, for name: String) throws {
            let bytes = Data(value.utf8)
            let changed = SecItemUpdate(entry(name) as CFDictionary, [kSecValueData: bytes] as CFDictionary)
            if changed != errSecItemNotFound { return try Self.check(changed) }
            var added = entry(name)
            added[kSecValueData] = bytes
            added[kSecAttrAccessible] = kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly
            try Self.check(SecItemAdd(added as CFDictionary, nil))
        }

        public func removeValue(for name: String) throws {
            let status = SecItemDelete(entry(name) as CFDictionary)
            if status != errSecItemNotFound { try Self.check(status) }
        }

        private func entry(_ name: String) -> [CFString: Any] {
            var query: [CFString: Any] = [
                kSecClass: kSecClassGenericPassword,
                kSecAttrService: service,
                kSecAttrAccount: name,
                // On macOS too: the keychain of the login has no such protection.
                kSecUseDataProtectionKeychain: true,
            ]
            query[kSecAttrAccessGroup] = accessGroup
            return query
        }

        private static func check(_ status: OSStatus) throws {
            let reason = SecCopyErrorMessageString(status, nil) as String? ?? "keychain error \(status)"
            switch status {
            case errSecSuccess: return
            case errSecInteractionNotAllowed, errSecAuthFailed: throw StorageError.locked(reason: reason)
            case errSecMissingEntitlement, errSecNotAvailable: throw StorageError.unsupported(reason: reason)
            default: throw StorageError.broken(reason: reason)
            }
        }
    }
#endif
