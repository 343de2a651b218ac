import Countersign
import Foundation

/// A client that answers from a script. It sends nothing and calls nothing native.
///
/// ```swift
/// let client = FakeClient()
/// client.logins = [.success(FakeLogin(.done(…)))]
/// ```
///
/// What is not scripted throws ``NotScripted``, so that a test notices.
public final class FakeClient: ClientProtocol {
    /// A call that was made. Passwords are left out.
    public enum Call: Hashable, Sendable {
        case signUp(company: String, email: String, name: String)
        case activate(token: String)
        case logIn(email: String)
        case restoreLogin(Data)
        case resumeSession(email: String)
        case isTrusted(email: String)
        case forgetTrust(email: String)
    }

    private struct Script: Sendable {
        var calls: [Call] = []
        var logins: [Result<FakeLogin, any Error>] = []
        var restored: Result<FakeLogin, any Error>?
        var session: FakeSession?
        var trusting: Set<String> = []
        var signUp: Result<String, any Error> = .success("m***@example.com")
        var activation: Result<Void, any Error> = .success(())
        var time = Date(timeIntervalSince1970: 0)
    }

    public let server: URL
    private let script = Locked(Script())

    /// A client of no server.
    public init(server: URL = URL(string: "https://auth.invalid")!) {
        self.server = server
    }

    /// The calls so far, oldest first.
    public var calls: [Call] { script.withLock { $0.calls } }

    /// What the next calls of `logIn` give, one after the other.
    public var logins: [Result<FakeLogin, any Error>] {
        get { script.withLock { $0.logins } }
        set { script.withLock { $0.logins = newValue } }
    }

    /// What `restoreLogin` gives.
    public var restoredLogin: Result<FakeLogin, any Error>? {
        get { script.withLock { $0.restored } }
        set { script.withLock { $0.restored = newValue } }
    }

    /// What `resumeSession` finds, until it is over.
    public var resumableSession: FakeSession? {
        get { script.withLock { $0.session } }
        set { script.withLock { $0.session = newValue } }
    }

    /// The users whom this device may sign in without a second factor.
    public var trusting: Set<String> {
        get { script.withLock { $0.trusting } }
        set { script.withLock { $0.trusting = newValue } }
    }

    /// What `signUp` gives: the masked address.
    public var signUpResult: Result<String, any Error> {
        get { script.withLock { $0.signUp } }
        set { script.withLock { $0.signUp = newValue } }
    }

    /// What `activate` does.
    public var activationResult: Result<Void, any Error> {
        get { script.withLock { $0.activation } }
        set { script.withLock { $0.activation = newValue } }
    }

    /// The time that the server has.
    public var serverTime: Date {
        get { script.withLock { $0.time } }
        set { script.withLock { $0.time = newValue } }
    }

    @discardableResult
    public func signUp(company: String, email: String, name: String, password: String) async throws -> String {
        try script.withLock { script in
            script.calls.append(.signUp(company: company, email: email, name: name))
            return script.signUp
        }.get()
    }

    public func activate(token: String) async throws {
        try script.withLock { script in
            script.calls.append(.activate(token: token))
            return script.activation
        }.get()
    }

    public func logIn(email: String, password: String) async throws -> any LoginProtocol {
        try script.withLock { script -> FakeLogin in
            script.calls.append(.logIn(email: email))
            guard !script.logins.isEmpty else { throw NotScripted(call: "logIn") }
            return try script.logins.removeFirst().get()
        }
    }

    public func restoreLogin(from saved: Data) async throws -> any LoginProtocol {
        try script.withLock { script -> FakeLogin in
            script.calls.append(.restoreLogin(saved))
            guard let restored = script.restored else { throw NotScripted(call: "restoreLogin") }
            return try restored.get()
        }
    }

    public func resumeSession(of email: String) async throws -> (any SessionProtocol)? {
        script.withLock { script in
            script.calls.append(.resumeSession(email: email))
            return script.session.flatMap { $0.isStored ? $0 : nil }
        }
    }

    public func isTrusted(for email: String) async throws -> Bool {
        script.withLock { script in
            script.calls.append(.isTrusted(email: email))
            return script.trusting.contains(email)
        }
    }

    public func forgetTrust(for email: String) async throws {
        script.withLock { script in
            script.calls.append(.forgetTrust(email: email))
            script.trusting.remove(email)
        }
    }
}

/// A fake was called for what its script does not have.
public struct NotScripted: Error, Hashable, Sendable, CustomStringConvertible {
    /// The call.
    public let call: String

    /// An error for this call.
    public init(call: String) {
        self.call = call
    }

    public var description: String { "the fake's script has nothing for \(call): add it before the call" }
}
