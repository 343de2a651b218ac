import CountersignBindings
import Foundation

/// P-256 keys that may live in hardware, by name. A key never leaves the signer.
///
/// Called from threads that may block. Public keys are uncompressed points (SEC 1 section 2.3.3): `04`, x, y. Throw a
/// ``SignerError``; any other error counts as `broken`.
public protocol DeviceSigner: Sendable {
    /// Makes a key under a name that is not in use, and returns its public half. It is durable when this returns.
    func createKey(named name: String, for use: KeyUse) throws -> Data

    /// The public half of a key, or `nil` if there is no key of that name.
    func publicKey(named name: String) throws -> Data?

    /// ES256 over the message: 64 bytes, `r` then `s` (RFC 7518 section 3.4).
    func signature(for message: Data, withKeyNamed name: String) throws -> Data

    /// Removes a key; none being there is no error.
    func deleteKey(named name: String) throws
}

/// The signer could not do it.
public enum SignerError: Error, Hashable, Sendable {
    /// There is a key of that name already.
    case exists
    /// There is no key of that name: the device was reset or restored. The user is told to enrol again.
    case missing
    /// The key store is there but locked. The user is asked to unlock it.
    case locked(reason: String)
    /// The key store did not do it.
    case broken(reason: String)
}

/// The app's signer as the core's port.
final class SignerAdapter: CountersignBindings.DeviceSigner {
    private let signer: any DeviceSigner

    init(_ signer: any DeviceSigner) {
        self.signer = signer
    }

    func create(name: String, usage: KeyUse) throws -> Data {
        try told { try signer.createKey(named: name, for: usage) }
    }

    func publicKey(name: String) throws -> Data? {
        try told { try signer.publicKey(named: name) }
    }

    func sign(name: String, message: Data) throws -> Data {
        try told { try signer.signature(for: message, withKeyNamed: name) }
    }

    func delete(name: String) throws {
        try told { try signer.deleteKey(named: name) }
    }

    private func told<Value>(_ call: () throws -> Value) throws -> Value {
        do {
            return try call()
        } catch SignerError.exists {
            throw CountersignBindings.SignerError.Exists
        } catch SignerError.missing {
            throw CountersignBindings.SignerError.Missing
        } catch SignerError.locked(let reason) {
            throw CountersignBindings.SignerError.Locked(reason: reason)
        } catch SignerError.broken(let reason) {
            throw CountersignBindings.SignerError.Broken(reason: reason)
        } catch {
            throw CountersignBindings.SignerError.Broken(reason: "\(error)")
        }
    }
}
