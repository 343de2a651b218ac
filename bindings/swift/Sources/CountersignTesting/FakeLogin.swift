import Countersign
import Foundation

/// A login that goes from state to state as its script says.
///
/// ```swift
/// let login = FakeLogin(.factorRequired(methods: [], recommended: .totp, expiresAt: .distantFuture))
/// login.steps = [.failure(CountersignError.refused(…)), .success(.expired)]
/// ```
///
/// A step that fails leaves the state as it was.
public final class FakeLogin: LoginProtocol {
    /// A step that was taken.
    public enum Step: Hashable, Sendable {
        case submit(code: String, method: MethodKind, trustingDevice: Bool)
        case requestPush(to: EnrolmentID?, trustingDevice: Bool)
        case prepare(code: String, method: MethodKind, trustingDevice: Bool)
        case send
        case waitForAnswer
        case useOtherMethod
        case cancel
        case save
    }

    private struct Script: Sendable {
        var state: LoginState
        var taken: [Step] = []
        var steps: [Result<LoginState, any Error>] = []
        var saved = Data("saved".utf8)
    }

    private let script: Locked<Script>
    private let answers = Mailbox<LoginState>()

    /// A login that stands there.
    public init(_ state: LoginState) {
        script = Locked(Script(state: state))
    }

    public var state: LoginState { script.withLock { $0.state } }

    /// The steps so far, oldest first.
    public var taken: [Step] { script.withLock { $0.taken } }

    /// What the next steps come to, one after the other. Waiting for an answer is not among them.
    public var steps: [Result<LoginState, any Error>] {
        get { script.withLock { $0.steps } }
        set { script.withLock { $0.steps = newValue } }
    }

    /// What `save()` gives.
    public var saved: Data {
        get { script.withLock { $0.saved } }
        set { script.withLock { $0.saved = newValue } }
    }

    /// Answers the push request: whoever waits, now or later, gets this state.
    public func answer(_ state: LoginState) {
        answers.add(state)
    }

    public func submit(_ code: String, for method: MethodKind, trustingDevice: Bool) async throws -> LoginState {
        try step(.submit(code: code, method: method, trustingDevice: trustingDevice))
    }

    public func requestPush(to enrolment: EnrolmentID?, trustingDevice: Bool) async throws -> LoginState {
        try step(.requestPush(to: enrolment, trustingDevice: trustingDevice))
    }

    public func prepare(_ code: String, for method: MethodKind, trustingDevice: Bool) async throws -> LoginState {
        try step(.prepare(code: code, method: method, trustingDevice: trustingDevice))
    }

    public func send() async throws -> LoginState {
        try step(.send)
    }

    public func waitForAnswer() async throws -> LoginState {
        script.withLock { $0.taken.append(.waitForAnswer) }
        guard let answer = await answers.next() else { throw CancellationError() }
        script.withLock { $0.state = answer }
        return answer
    }

    public func useOtherMethod() async throws -> LoginState {
        try step(.useOtherMethod)
    }

    public func cancel() async throws -> LoginState {
        script.withLock { script in
            script.taken.append(.cancel)
            script.state = .cancelled
            return script.state
        }
    }

    public func save() async throws -> Data {
        script.withLock { script in
            script.taken.append(.save)
            return script.saved
        }
    }

    private func step(_ step: Step) throws -> LoginState {
        try script.withLock { script throws in
            script.taken.append(step)
            guard !script.steps.isEmpty else { throw NotScripted(call: "\(step)") }
            script.state = try script.steps.removeFirst().get()
            return script.state
        }
    }
}
