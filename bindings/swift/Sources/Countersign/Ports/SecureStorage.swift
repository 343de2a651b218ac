import CountersignBindings
import Foundation

/// Small secrets by name, kept by the operating system. Values are single-line ASCII of at most 2,048 bytes.
///
/// Called from threads that may block. Throw a ``StorageError``; any other error counts as `broken`.
public protocol SecureStorage: Sendable {
    /// The value, or `nil` if there is none. Never `nil` for a value that is there but cannot be read.
    func value(for name: String) throws -> String?

    /// Stores or replaces the value. It is durable when this returns; when it throws the former value is still there.
    func setValue(_ value: String, for name: String) throws

    /// Removes the value; none being there is no error.
    func removeValue(for name: String) throws
}

/// The storage could not do it.
public enum StorageError: Error, Hashable, Sendable {
    /// There is no such storage on this system. Offer a passphrase instead.
    case unsupported(reason: String)
    /// It is there but locked. The user is asked to unlock it.
    case locked(reason: String)
    /// What is stored cannot be read, and was left as it is.
    case damaged(reason: String)
    /// It is there but did not do it.
    case broken(reason: String)
}

/// Secure storage in one sealed file, for devices without a keyring: ``Vault/fileStorage(at:)`` gives it.
///
/// One object at a time should have the file. Letting go of it wipes its key from memory.
public final class FileStorage: SecureStorage {
    private let native: CountersignBindings.FileStorage

    init(_ native: CountersignBindings.FileStorage) {
        self.native = native
    }

    public func value(for name: String) throws -> String? {
        try told { try native.get(name: name) }
    }

    public func setValue(_ value: String, for name: String) throws {
        try told { try native.set(name: name, value: value) }
    }

    public func removeValue(for name: String) throws {
        try told { try native.remove(name: name) }
    }

    private func told<Value>(_ call: () throws -> Value) throws -> Value {
        do {
            return try call()
        } catch let error as CountersignBindings.StorageError {
            throw switch error {
            case .Unsupported(let reason): StorageError.unsupported(reason: reason)
            case .Locked(let reason): StorageError.locked(reason: reason)
            case .Damaged(let reason): StorageError.damaged(reason: reason)
            case .Broken(let reason): StorageError.broken(reason: reason)
            }
        }
    }
}

/// No secure storage at all, such as until the vault is unlocked that holds the key of a ``FileStorage``.
///
/// A vault opens without; what needs storage fails.
public struct NoStorage: SecureStorage {
    /// A storage that takes nothing.
    public init() {}

    public func value(for name: String) throws -> String? { throw Self.refusal }

    public func setValue(_ value: String, for name: String) throws { throw Self.refusal }

    public func removeValue(for name: String) throws { throw Self.refusal }

    private static let refusal = StorageError.unsupported(reason: "none was set up")
}

/// The keyring of the operating system, which keeps what ``Ports`` are given no storage for.
public enum Keyring {
    /// Whether it can be used for this app. Found out by writing an entry and removing it, for which the system may ask
    /// its user to unlock it.
    ///
    /// A process looks for a keyring once. One that was started later is found by the app's next start.
    public static func status(for app: AppIdentity) async -> KeyringStatus {
        await withCheckedContinuation { continuation in
            // It may wait for the user, which no thread of Swift's own should.
            DispatchQueue.global().async { continuation.resume(returning: probeKeyring(appId: app.id)) }
        }
    }
}

/// The app's storage as the core's port.
final class StorageAdapter: CountersignBindings.SecureStorage {
    private let storage: any SecureStorage

    init(_ storage: any SecureStorage) {
        self.storage = storage
    }

    func get(name: String) throws -> String? {
        try told { try storage.value(for: name) }
    }

    func set(name: String, value: String) throws {
        try told { try storage.setValue(value, for: name) }
    }

    func remove(name: String) throws {
        try told { try storage.removeValue(for: name) }
    }

    private func told<Value>(_ call: () throws -> Value) throws -> Value {
        do {
            return try call()
        } catch StorageError.unsupported(let reason) {
            throw CountersignBindings.StorageError.Unsupported(reason: reason)
        } catch StorageError.locked(let reason) {
            throw CountersignBindings.StorageError.Locked(reason: reason)
        } catch StorageError.damaged(let reason) {
            throw CountersignBindings.StorageError.Damaged(reason: reason)
        } catch StorageError.broken(let reason) {
            throw CountersignBindings.StorageError.Broken(reason: reason)
        } catch {
            throw CountersignBindings.StorageError.Broken(reason: "\(error)")
        }
    }
}
