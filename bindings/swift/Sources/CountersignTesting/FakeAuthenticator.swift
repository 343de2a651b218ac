import Countersign
import Foundation

/// An authenticator of no server. A test delivers requests to it, and sees how the app answers them.
///
/// ```swift
/// let authenticator = FakeAuthenticator(enrolments: [enrolment])
/// authenticator.deliver(request)
/// …
/// #expect(authenticator.answers == [.approved(request.id, number: "42")])
/// ```
public final class FakeAuthenticator: AuthenticatorProtocol {
    /// How the app answered.
    public enum Answer: Hashable, Sendable {
        case approved(ChallengeID, number: String)
        case denied(ChallengeID, DenyReason)
    }

    private struct Script: Sendable {
        var enrolments: [Enrolment]
        var enrolling: [Result<Enrolment, any Error>] = []
        var resumed: [Result<Enrolment, CountersignError>] = []
        var pending: [ApprovalRequest] = []
        var closed: [ChallengeID: ChallengeState] = [:]
        var past: [HistoryEntry] = []
        var answers: [Answer] = []
        var failures: [any Error] = []
        var queues: [EnrolmentID: Mailbox<InboxEvent>] = [:]

        mutating func close(_ id: ChallengeID, _ state: ChallengeState) {
            pending.removeAll { $0.id == id }
            closed[id] = state
        }
    }

    private let script: Locked<Script>

    /// An authenticator with these enrolments.
    public init(enrolments: [Enrolment] = []) {
        script = Locked(Script(enrolments: enrolments))
    }

    /// The answers so far, oldest first. A request that is closed takes none.
    public var answers: [Answer] { script.withLock { $0.answers } }

    /// What the next calls of `enroll` give, one after the other.
    public var enrolling: [Result<Enrolment, any Error>] {
        get { script.withLock { $0.enrolling } }
        set { script.withLock { $0.enrolling = newValue } }
    }

    /// What `resume` finds.
    public var resumed: [Result<Enrolment, CountersignError>] {
        get { script.withLock { $0.resumed } }
        set { script.withLock { $0.resumed = newValue } }
    }

    /// What `history` tells, newest first.
    public var past: [HistoryEntry] {
        get { script.withLock { $0.past } }
        set { script.withLock { $0.past = newValue } }
    }

    /// The errors of the next answers, one after the other. Such an answer is not counted, and the request stays open.
    public var failures: [any Error] {
        get { script.withLock { $0.failures } }
        set { script.withLock { $0.failures = newValue } }
    }

    /// Delivers a request: it is pending, and arrives in the inbox of its enrolment.
    public func deliver(_ request: ApprovalRequest) {
        script.withLock { script in
            script.pending.append(request)
            script.closed[request.id] = nil
        }
        queue(for: request.enrolment).add(.arrived(request))
    }

    /// Tells the inbox of an enrolment of something else.
    public func deliver(_ event: InboxEvent, to enrolment: EnrolmentID) {
        if case .closed(let id, let state) = event {
            script.withLock { $0.close(id, state ?? .superseded) }
        }
        queue(for: enrolment).add(event)
    }

    public func enroll(with link: String, named name: String, as kind: DeviceKind) async throws -> Enrolment {
        try script.withLock { script throws in
            guard !script.enrolling.isEmpty else { throw NotScripted(call: "enroll") }
            let enrolment = try script.enrolling.removeFirst().get()
            script.enrolments.append(enrolment)
            return enrolment
        }
    }

    @discardableResult
    public func resume() async throws -> [Result<Enrolment, CountersignError>] {
        script.withLock { script in
            defer { script.resumed = [] }
            script.enrolments += script.resumed.compactMap { try? $0.get() }
            return script.resumed
        }
    }

    public func enrolments() async throws -> [Enrolment] {
        script.withLock { $0.enrolments }
    }

    public func remove(_ enrolment: EnrolmentID) async throws {
        script.withLock { script in
            script.enrolments.removeAll { $0.id == enrolment }
            script.pending.removeAll { $0.enrolment == enrolment }
        }
        queue(for: enrolment).finish()
    }

    public func pendingRequests(for enrolment: EnrolmentID) async throws -> PendingRequests {
        PendingRequests(requests: script.withLock { $0.pending.filter { $0.enrolment == enrolment } })
    }

    /// The pending request whose id is a value of this JSON.
    public func pushed(_ payload: Data) async throws -> ApprovalRequest? {
        let text = String(decoding: payload, as: UTF8.self)
        return script.withLock { $0.pending.first { request in text.contains("\"\(request.id)\"") } }
    }

    public func history(of enrolment: EnrolmentID?) async throws -> [HistoryEntry] {
        script.withLock { $0.past.filter { entry in enrolment == nil || entry.enrolment == enrolment } }
    }

    public func inbox(for enrolment: EnrolmentID) -> Inbox {
        let queue = queue(for: enrolment)
        return Inbox { Inbox.Source(next: { await queue.next() }, close: {}) }
    }

    public func approve(_ request: ApprovalRequest, number: String) async throws {
        try answer(.approved(request.id, number: number), to: request, .approved)
    }

    public func deny(_ request: ApprovalRequest, because reason: DenyReason) async throws {
        try answer(.denied(request.id, reason), to: request, .denied)
    }

    private func answer(_ answer: Answer, to request: ApprovalRequest, _ state: ChallengeState) throws {
        try script.withLock { script throws in
            if let state = script.closed[request.id] { throw CountersignError.requestClosed(state) }
            if !script.failures.isEmpty { throw script.failures.removeFirst() }
            script.answers.append(answer)
            script.close(request.id, state)
        }
    }

    private func queue(for enrolment: EnrolmentID) -> Mailbox<InboxEvent> {
        script.withLock { script in
            let queue = script.queues[enrolment] ?? Mailbox()
            script.queues[enrolment] = queue
            return queue
        }
    }
}
