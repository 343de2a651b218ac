import CountersignBindings

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
