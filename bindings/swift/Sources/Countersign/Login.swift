import CountersignBindings
import Foundation

/// One login, from the password to the session: that of a ``Client``, or a fake of it in tests.
///
/// A step that is not possible now throws ``CountersignError/invalidTransition(state:step:)``. A step that fails leaves
/// the login where it can go on from: a wrong code leaves the user where they were. Steps run one after the other, and
/// a step that has begun is finished even if its task is cancelled.
public protocol LoginProtocol: Sendable {
    /// Where the login stands. While a step runs, where it stood before.
    var state: LoginState { get }

    /// Proves a factor by a code. With `trustingDevice`, this device skips the second factor from now on.
    ///
    /// - Throws: ``CountersignError/refused(_:)`` with the code `wrongCode` and the attempts that are left. After a lost
    ///   answer the login is ``LoginState/unanswered``.
    @discardableResult
    func submit(_ code: String, for method: MethodKind, trustingDevice: Bool) async throws -> LoginState

    /// Sends a request to one authenticator of the user, or to all. With `trustingDevice`, this device skips the second
    /// factor from now on.
    @discardableResult
    func requestPush(to enrolment: EnrolmentID?, trustingDevice: Bool) async throws -> LoginState

    /// The same as `submit` up to sending. `save()` it, then `send()`, to survive even the app's end in between.
    @discardableResult
    func prepare(_ code: String, for method: MethodKind, trustingDevice: Bool) async throws -> LoginState

    /// Sends what is ``LoginState/unanswered``, perhaps again. However often it is sent, it counts once.
    @discardableResult
    func send() async throws -> LoginState

    /// Waits for the answer to a push request.
    ///
    /// Cancelling the task ends waiting at once with a `CancellationError`. The request goes on, and so may waiting.
    ///
    /// - Throws: ``CountersignError/cancelled`` when another step is called meanwhile.
    @discardableResult
    func waitForAnswer() async throws -> LoginState

    /// Leaves the push request open and goes back to choosing. It is closed when another factor is proven.
    @discardableResult
    func useOtherMethod() async throws -> LoginState

    /// Ends the login, and a request with it.
    @discardableResult
    func cancel() async throws -> LoginState

    /// The login as sealed bytes, for `restoreLogin(from:)`, so that it survives the app's end.
    func save() async throws -> Data
}

extension LoginProtocol {
    /// Proves a factor by a code, on a device that is not trusted for it.
    @discardableResult
    public func submit(_ code: String, for method: MethodKind) async throws -> LoginState {
        try await submit(code, for: method, trustingDevice: false)
    }

    /// Sends a request to all authenticators of the user.
    @discardableResult
    public func requestPush(trustingDevice: Bool = false) async throws -> LoginState {
        try await requestPush(to: nil, trustingDevice: trustingDevice)
    }

    /// The same as `submit` up to sending, on a device that is not trusted for it.
    @discardableResult
    public func prepare(_ code: String, for method: MethodKind) async throws -> LoginState {
        try await prepare(code, for: method, trustingDevice: false)
    }
}

/// Where a login stands, and so what can be done next.
public enum LoginState: Sendable {
    /// A second factor is to be proven, by a code or a push request. The user may use these methods, best first.
    case factorRequired(methods: [MethodOffer], recommended: MethodKind, expiresAt: Date)
    /// A call is prepared or was sent, and its answer is not known: `send()`.
    case unanswered
    /// A push request waits for its answer: show the number, which the user types on the device that approves, and
    /// `waitForAnswer()`.
    case pending(number: String, expiresAt: Date)
    /// Signed in.
    case done(SignedIn)
    /// Somebody denied it on a device. The login is over.
    case denied(DenyReason)
    /// Its ten minutes are over. Begin again.
    case expired
    /// The password is right, but the account is locked.
    case locked(retryAfter: Duration)
    /// The app cancelled it.
    case cancelled
}

extension LoginState: Redacted {
    /// Without the number, so that no log has it.
    public var description: String {
        switch self {
        case .factorRequired(let methods, _, let expiresAt):
            "factorRequired(methods: \(methods.map(\.kind)), expiresAt: \(expiresAt))"
        case .unanswered: "unanswered"
        case .pending(_, let expiresAt): "pending(expiresAt: \(expiresAt))"
        case .done(let signedIn): "done(\(signedIn.user.email), methods: \(signedIn.methods))"
        case .denied(let reason): "denied(\(reason))"
        case .expired: "expired"
        case .locked(let retryAfter): "locked(retryAfter: \(retryAfter))"
        case .cancelled: "cancelled"
        }
    }
}

extension LoginState {
    /// The number to show while a push request waits for its answer.
    public var number: String? {
        if case .pending(let number, _) = self { number } else { nil }
    }

    /// What the login came to, once it is done.
    public var signedIn: SignedIn? {
        if case .done(let signedIn) = self { signedIn } else { nil }
    }
}

/// What a login came to.
public struct SignedIn: Sendable {
    /// The session, stored on this device.
    public let session: any SessionProtocol
    /// Who is signed in.
    public let user: UserProfile
    /// Methods that were proven: `pwd`, `otp`, `push`, `trusted_device`.
    public let methods: [String]
    /// The assurance that they add up to.
    public let assurance: String
    /// What to tell the user.
    public let notices: [Notice]

    /// A finished login, as a fake gives it.
    public init(
        session: any SessionProtocol,
        user: UserProfile,
        methods: [String] = ["pwd"],
        assurance: String = "",
        notices: [Notice] = []
    ) {
        self.session = session
        self.user = user
        self.methods = methods
        self.assurance = assurance
        self.notices = notices
    }
}

/// One login on a server.
final class Login: LoginProtocol {
    private let native: LoginFlow

    init(_ native: LoginFlow) {
        self.native = native
    }

    var state: LoginState { read(native.state()) }

    func submit(_ code: String, for method: MethodKind, trustingDevice: Bool) async throws -> LoginState {
        try await step { try await native.submitCode(method: method, code: code, trustDevice: trustingDevice) }
    }

    func requestPush(to enrolment: EnrolmentID?, trustingDevice: Bool) async throws -> LoginState {
        try await step { try await native.requestPush(enrolment: enrolment, trustDevice: trustingDevice) }
    }

    func prepare(_ code: String, for method: MethodKind, trustingDevice: Bool) async throws -> LoginState {
        try await step { try await native.prepareCode(method: method, code: code, trustDevice: trustingDevice) }
    }

    func send() async throws -> LoginState {
        try await step { try await native.send() }
    }

    func waitForAnswer() async throws -> LoginState {
        let cancellation = Cancellation()
        return try await withTaskCancellationHandler {
            do {
                return try await step { try await native.wait(cancellation: cancellation) }
            } catch CountersignError.cancelled where Task.isCancelled {
                throw CancellationError()
            }
        } onCancel: {
            cancellation.cancel()
        }
    }

    func useOtherMethod() async throws -> LoginState {
        try await step { try await native.useOtherMethod() }
    }

    func cancel() async throws -> LoginState {
        try await step { try await native.cancel() }
    }

    func save() async throws -> Data {
        try await calling { try await native.save() }
    }

    private func step(_ call: () async throws -> CountersignBindings.LoginState) async throws -> LoginState {
        read(try await calling(call))
    }

    private func read(_ state: CountersignBindings.LoginState) -> LoginState {
        switch state {
        case .mfaRequired(let methods, let recommended, let expiresAt):
            .factorRequired(methods: methods, recommended: recommended, expiresAt: expiresAt)
        case .unanswered: .unanswered
        // Without a number, another step was faster: the login is no longer there.
        case .pending(let expiresAt):
            if let number = native.number() { .pending(number: number, expiresAt: expiresAt) } else { self.state }
        case .done(let session, let user, let amr, let acr, let notices):
            .done(
                SignedIn(
                    session: Session(session), user: user, methods: amr, assurance: acr, notices: notices))
        case .denied(let reason): .denied(reason)
        case .expired: .expired
        case .locked(let retryAfter): .locked(retryAfter: .seconds(retryAfter))
        case .cancelled: .cancelled
        }
    }
}
