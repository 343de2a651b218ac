package dev.countersign

import kotlin.time.Duration

/**
 * What went wrong, by what the caller can do about it.
 *
 * Nothing was signed, stored or changed unless the class says so. [message] is one English sentence that says what
 * happened and what to do, and never holds a secret.
 */
public sealed class CountersignException(override val message: String) : Exception(message) {
    /** Whether the same call may succeed when it is made again later. */
    public open val isRetryable: Boolean get() = false

    /** What to offer the user. */
    public abstract val userAction: UserAction

    /** A value was refused before anything was done. Show [problem] and [fix] beside the [field]. */
    public class InvalidInput(public val field: String, public val problem: String, public val fix: String) :
        CountersignException("$field: $problem; $fix") {
        override val userAction: UserAction get() = UserAction.CORRECT_INPUT
    }

    /** The server cannot be reached. Say that the device is offline; try again later. */
    public class Offline(public val reason: String) : CountersignException("the server cannot be reached: $reason") {
        override val isRetryable: Boolean get() = true
        override val userAction: UserAction get() = UserAction.TRY_AGAIN
    }

    /** The connection broke or timed out after all retries. The call may be repeated: it has the same effect once. */
    public class Interrupted(public val reason: String) : CountersignException("no answer arrived: $reason") {
        override val isRetryable: Boolean get() = true
        override val userAction: UserAction get() = UserAction.TRY_AGAIN
    }

    /** The server's certificate is not trusted. Do not go on; somebody may be listening. */
    public class Untrusted(public val reason: String) : CountersignException("the server is not trusted: $reason") {
        override val userAction: UserAction get() = UserAction.CONTACT_SUPPORT
    }

    /**
     * The server said no, for a reason that it names (RFC 9457).
     *
     * @property code what went wrong
     * @property detail what happened and what to do, for people
     * @property attemptsLeft attempts before the lock
     * @property retryAfter how long to wait
     * @property fields what the server says about single fields, each by its path in the request, such as
     *   `admin_email`: show each beside its input. Empty where the refusal is about the whole request
     * @property correlationId finds the request in the server's log
     */
    public class Refused(
        public val code: ProblemCode,
        public val detail: String,
        public val attemptsLeft: Int? = null,
        public val retryAfter: Duration? = null,
        public val fields: List<FieldProblem> = emptyList(),
        public val correlationId: String? = null,
    ) : CountersignException(detail) {
        override val isRetryable: Boolean get() = userAction == UserAction.TRY_AGAIN
        override val userAction: UserAction get() = code.userAction
    }

    /** The session is over. Sign in again. [reason] is known where the server told it. */
    public class SessionEnded(public val reason: SessionEnd? = null) :
        CountersignException("the session has ended; sign in again") {
        override val userAction: UserAction get() = UserAction.SIGN_IN
    }

    /** The answer is not what the protocol says. Update the app, or tell whoever runs the server. */
    public class UnexpectedAnswer(public val reason: String, public val correlationId: String? = null) :
        CountersignException("the server's answer cannot be used: $reason") {
        override val userAction: UserAction get() = UserAction.CONTACT_SUPPORT
    }

    /** A signed message is forged, replayed, or for somebody else. It is not shown and not answered. */
    public class NotAuthentic(public val reason: String) : CountersignException("a message was not believed: $reason") {
        override val userAction: UserAction get() = UserAction.CONTACT_SUPPORT
    }

    /** The request was answered, replaced or ran out of time meanwhile: [state] tells which. */
    public class RequestClosed(public val state: ChallengeState) : CountersignException("the request is closed") {
        override val userAction: UserAction get() = UserAction.START_OVER
    }

    /** The [step] is not possible in the present [state], such as a code after the login has finished. */
    public class InvalidTransition(public val state: String, public val step: String) :
        CountersignException("$step is not possible when $state") {
        override val userAction: UserAction get() = UserAction.START_OVER
    }

    /** Secure storage, key store or vault is locked. Ask the user to unlock it. */
    public class Locked(public val reason: String) : CountersignException("locked: $reason") {
        override val userAction: UserAction get() = UserAction.UNLOCK
    }

    /** The passphrase does not open the vault. Ask again. */
    public class WrongPassphrase : CountersignException("the passphrase does not open the vault") {
        override val userAction: UserAction get() = UserAction.CORRECT_INPUT
    }

    /** Stored data is damaged or from a newer version. Nothing was overwritten; restore a backup or update. */
    public class Damaged(public val reason: String) : CountersignException("stored data cannot be used: $reason") {
        override val userAction: UserAction get() = UserAction.CONTACT_SUPPORT
    }

    /** Storage, key store, disk or randomness did not work. */
    public class Device(public val reason: String) : CountersignException("this device could not do it: $reason") {
        override val userAction: UserAction get() = UserAction.CONTACT_SUPPORT
    }

    /** The user was not verified; nothing was signed. [cancelled] says whether they closed the prompt. */
    public class NotVerified(public val reason: String, public val cancelled: Boolean) :
        CountersignException("the user was not verified: $reason") {
        override val userAction: UserAction get() = UserAction.TRY_AGAIN
    }

    /** The call was ended by another call, such as waiting for an answer by another step of the login. */
    public class Cancelled : CountersignException("cancelled") {
        override val userAction: UserAction get() = UserAction.TRY_AGAIN
    }
}

/** The core's own judgement, told here again so that fakes need no native library; a test holds the two together. */
private val ProblemCode.userAction: UserAction
    get() = when (this) {
        ProblemCode.INVALID_REQUEST, ProblemCode.INVALID_CREDENTIALS, ProblemCode.WRONG_CODE,
        -> UserAction.CORRECT_INPUT

        ProblemCode.TOO_MANY_REQUESTS, ProblemCode.ACCOUNT_LOCKED, ProblemCode.UNAVAILABLE, ProblemCode.TIMEOUT,
        -> UserAction.TRY_AGAIN

        ProblemCode.UNAUTHENTICATED, ProblemCode.INVALID_TOKEN, ProblemCode.SESSION_ENDED,
        -> UserAction.SIGN_IN

        ProblemCode.LOGIN_NOT_FOUND, ProblemCode.LOGIN_EXPIRED, ProblemCode.LOGIN_STATE,
        ProblemCode.METHOD_NOT_AVAILABLE, ProblemCode.CHALLENGE_NOT_FOUND, ProblemCode.CHALLENGE_CLOSED,
        ProblemCode.WRONG_NUMBER, ProblemCode.INVALID_LINK,
        -> UserAction.START_OVER

        ProblemCode.INVALID_TICKET, ProblemCode.ENROLMENT_NOT_FOUND,
        -> UserAction.ENROL

        else -> UserAction.CONTACT_SUPPORT
    }
