import CountersignBindings
import Foundation

/// One server, seen from this device: ``Client``, or a fake of it in tests.
public protocol ClientProtocol: Sendable {
    /// The address of the server or realm.
    var server: URL { get }

    /// The server's time, as its answers told it; before the first answer, the device's own. Make codes for it.
    ///
    /// - Throws: ``CountersignError/unexpectedAnswer(reason:correlationID:)`` when the clocks are more than ten minutes
    ///   apart.
    var serverTime: Date { get throws }

    /// Registers a new organisation with its first user. A mail says how to go on.
    ///
    /// The answer is the same whether or not the address has an account already.
    ///
    /// - Returns: The address that the mail went to, masked: `mi***@example.com`.
    @discardableResult
    func signUp(company: String, email: String, name: String, password: String) async throws -> String

    /// Opens the account by the token of the activation link.
    func activate(token: String) async throws

    /// Signs in with address and password. Look at the state of the login for what comes next.
    ///
    /// - Throws: ``CountersignError/refused(_:)`` with the code `invalidCredentials` when address or password is wrong.
    func logIn(email: String, password: String) async throws -> any LoginProtocol

    /// Brings a saved login back. Nothing is sent.
    ///
    /// - Throws: ``CountersignError/damaged(reason:)`` when the bytes are not whole, or are of another device, server or
    ///   version.
    func restoreLogin(from saved: Data) async throws -> any LoginProtocol

    /// The session that this user left on this device, if there is one. Nothing is sent: whether the server still takes
    /// it, the first call tells.
    func resumeSession(of email: String) async throws -> (any SessionProtocol)?

    /// Whether this device may sign this user in without a second factor, as far as it knows. Nothing is sent.
    func isTrusted(for email: String) async throws -> Bool

    /// Forgets that this device is trusted: the user's next login here takes a second factor. Nothing is sent.
    func forgetTrust(for email: String) async throws
}

/// One server, seen from this device.
public final class Client: ClientProtocol {
    private let native: CountersignBindings.Client

    /// The server or realm at this address: `https`, or `http` on a loopback host. Nothing is sent yet.
    ///
    /// - Throws: ``CountersignError/invalidInput(field:problem:fix:)`` for another address.
    public init(server: URL, ports: Ports) throws {
        native = try calling { try CountersignBindings.Client(server: server, ports: ports.native) }
    }

    public var server: URL { native.server() }

    public var serverTime: Date {
        get throws { try calling { try native.serverNow() } }
    }

    @discardableResult
    public func signUp(company: String, email: String, name: String, password: String) async throws -> String {
        try await calling {
            try await native.signUp(company: company, email: email, name: name, password: password).sentTo
        }
    }

    public func activate(token: String) async throws {
        try await calling { try await native.activate(token: token) }
    }

    public func logIn(email: String, password: String) async throws -> any LoginProtocol {
        Login(try await calling { try await native.login(email: email, password: password) })
    }

    public func restoreLogin(from saved: Data) async throws -> any LoginProtocol {
        Login(try await calling { try await native.restoreLogin(saved: saved) })
    }

    public func resumeSession(of email: String) async throws -> (any SessionProtocol)? {
        try await calling { try await native.resumeSession(user: email) }.map(Session.init)
    }

    public func isTrusted(for email: String) async throws -> Bool {
        try await calling { try await native.isTrusted(user: email) }
    }

    public func forgetTrust(for email: String) async throws {
        try await calling { try await native.forgetTrust(user: email) }
    }
}
