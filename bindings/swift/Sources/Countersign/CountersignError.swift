import CountersignBindings
import Foundation

/// What went wrong, by what the caller can do about it.
///
/// Nothing was signed, stored or changed unless the case says so. `errorDescription` says what happened and what to
/// do, in one sentence without secrets; ``isRetryable`` and ``userAction`` tell what to offer.
///
/// A task that is cancelled while it waits gets a `CancellationError` instead.
public enum CountersignError: Error, Hashable, Sendable {
    /// A value was refused before anything was done. Show `problem` and `fix` beside the field.
    case invalidInput(field: String, problem: String, fix: String)
    /// The server cannot be reached. Say that the device is offline; try again later.
    case offline(reason: String)
    /// The connection broke or timed out after all retries. The call may be repeated: it has the same effect once.
    case interrupted(reason: String)
    /// The server's certificate is not trusted. Do not go on; somebody may be listening.
    case untrusted(reason: String)
    /// The server said no, for a reason that it names.
    case refused(Refusal)
    /// The session is over. Sign in again. The reason is there where the server told it.
    case sessionEnded(SessionEnd?)
    /// The answer is not what the protocol says. Update the app, or tell whoever runs the server.
    case unexpectedAnswer(reason: String, correlationID: String?)
    /// A signed message is forged, replayed, or for somebody else. It is not shown and not answered.
    case notAuthentic(reason: String)
    /// The request was answered, replaced or ran out of time meanwhile.
    case requestClosed(ChallengeState)
    /// The step is not possible in the present state, such as a code after the login has finished.
    case invalidTransition(state: String, step: String)
    /// Secure storage, key store or vault is locked. Ask the user to unlock it.
    case locked(reason: String)
    /// The passphrase does not open the vault. Ask again.
    case wrongPassphrase
    /// Stored data is damaged or from a newer version. Nothing was overwritten; restore a backup or update.
    case damaged(reason: String)
    /// Storage, key store, disk or randomness did not work.
    case device(reason: String)
    /// The user was not verified; nothing was signed.
    case notVerified(reason: String, cancelledByUser: Bool)
    /// The call was ended by another one.
    case cancelled
}

/// A refusal of the server (RFC 9457).
public struct Refusal: Hashable, Sendable {
    /// What went wrong.
    public let code: ProblemCode
    /// What happened and what to do, for people.
    public let detail: String
    /// Attempts before the lock.
    public let attemptsLeft: Int?
    /// How long to wait.
    public let retryAfter: Duration?
    /// What the server says about single fields. Show each beside its input; empty where the refusal is about the whole
    /// request.
    public let fields: [FieldProblem]
    /// Finds the request in the server's log.
    public let correlationID: String?

    /// A refusal, as a fake gives it.
    public init(
        _ code: ProblemCode,
        detail: String,
        attemptsLeft: Int? = nil,
        retryAfter: Duration? = nil,
        fields: [FieldProblem] = [],
        correlationID: String? = nil
    ) {
        self.code = code
        self.detail = detail
        self.attemptsLeft = attemptsLeft
        self.retryAfter = retryAfter
        self.fields = fields
        self.correlationID = correlationID
    }
}

extension CountersignError {
    /// Whether the same call may succeed when it is made again later.
    public var isRetryable: Bool { native.retryable() }

    /// What to offer the user.
    public var userAction: UserAction { native.userAction() }
}

extension CountersignError: LocalizedError, CustomStringConvertible {
    /// What happened and what to do. Never holds a secret.
    public var errorDescription: String? { description }

    /// What to give instead, for a value that was refused.
    public var recoverySuggestion: String? {
        if case .invalidInput(_, _, let fix) = self { fix } else { nil }
    }

    public var description: String { native.describe() }
}
