import Countersign
import Foundation

/// A signed-in user of no server. It ends when the test, or the app, ends it; then it refuses every call but `logOut` and
/// `forget`, with the first reason.
public final class FakeSession: SessionProtocol {
    /// What the session knows.
    private struct Script: Sendable {
        var profile: UserProfile
        var methods: [MethodOffer] = []
        var devices: [EnrolledDevice] = []
        var setup: TOTPSetup?
        var ticket: EnrolmentTicket?
        var failure: (any Error)?
        var end: SessionEnded?
        var waiting: [UUID: AsyncStream<SessionEnded>.Continuation] = [:]
    }

    public let id: SessionID
    private let script: Locked<Script>

    /// The session of this user.
    public init(id: SessionID? = nil, profile: UserProfile) {
        self.id = id ?? SessionID(rawValue: "fake")
        script = Locked(Script(profile: profile))
    }

    /// The user's factors.
    public var offeredMethods: [MethodOffer] {
        get { script.withLock { $0.methods } }
        set { script.withLock { $0.methods = newValue } }
    }

    /// The user's authenticators.
    public var devices: [EnrolledDevice] {
        get { script.withLock { $0.devices } }
        set { script.withLock { $0.devices = newValue } }
    }

    /// What `startTOTP` gives.
    public var setup: TOTPSetup? {
        get { script.withLock { $0.setup } }
        set { script.withLock { $0.setup = newValue } }
    }

    /// What `createEnrolmentTicket` gives.
    public var ticket: EnrolmentTicket? {
        get { script.withLock { $0.ticket } }
        set { script.withLock { $0.ticket = newValue } }
    }

    /// While it is set, every call throws it but `forget`, which needs no server.
    public var failure: (any Error)? {
        get { script.withLock { $0.failure } }
        set { script.withLock { $0.failure = newValue } }
    }

    /// Whether it is still on the device.
    var isStored: Bool { script.withLock { $0.end == nil } }

    /// Ends the session. Whoever waits for its end is told. The first reason stays.
    public func end(_ reason: SessionEnd?) {
        let end = SessionEnded(reason: reason)
        let waiting = script.withLock { script in
            script.end = script.end ?? end
            defer { script.waiting = [:] }
            return Array(script.waiting.values)
        }
        for continuation in waiting {
            continuation.yield(end)
            continuation.finish()
        }
    }

    public var ended: AsyncStream<SessionEnded> {
        let (stream, continuation) = AsyncStream<SessionEnded>.makeStream()
        let key = UUID()
        let already = script.withLock { script in
            if script.end == nil { script.waiting[key] = continuation }
            return script.end
        }
        if let already {
            continuation.yield(already)
            continuation.finish()
        } else {
            continuation.onTermination = { [script] _ in
                script.withLock { $0.waiting[key] = nil }
            }
        }
        return stream
    }

    public func profile() async throws -> UserProfile {
        try alive { $0.profile }
    }

    public func methods() async throws -> [MethodOffer] {
        try alive { $0.methods }
    }

    public func startTOTP(label: String?) async throws -> TOTPSetup {
        guard let setup = try alive({ $0.setup }) else { throw NotScripted(call: "startTOTP") }
        return setup
    }

    public func confirmTOTP(_ method: MethodID, code: String) async throws {
        try alive { $0.methods.append(MethodOffer(id: method, kind: .totp, label: "TOTP")) }
    }

    public func createEnrolmentTicket() async throws -> EnrolmentTicket {
        guard let ticket = try alive({ $0.ticket }) else { throw NotScripted(call: "createEnrolmentTicket") }
        return ticket
    }

    public func enrolledDevices() async throws -> [EnrolledDevice] {
        try alive { $0.devices }
    }

    public func removeEnrolledDevice(_ id: EnrolmentID) async throws {
        try alive { $0.devices.removeAll { $0.id == id } }
    }

    public func refresh() async throws {
        try alive { _ in }
    }

    public func logOut() async throws {
        if let failure { throw failure }
        end(.loggedOut)
    }

    public func forget() async throws {
        end(.loggedOut)
    }

    private func alive<Value>(_ call: (inout Script) throws -> Value) throws -> Value {
        try script.withLock { script in
            if let failure = script.failure { throw failure }
            if let end = script.end { throw CountersignError.sessionEnded(end.reason) }
            return try call(&script)
        }
    }
}
