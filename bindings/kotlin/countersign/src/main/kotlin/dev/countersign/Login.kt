package dev.countersign

import java.time.Instant
import kotlin.time.Duration

/**
 * One login, from the password to the session.
 *
 * A step that is not possible now fails with [CountersignException.InvalidTransition]. A step that fails leaves the
 * login where it can go on from: a wrong code leaves the user where they were. Steps run one after the other, and a step
 * that has begun is finished even if its coroutine is cancelled.
 */
public interface Login {
    /** Where the login stands. While a step runs, where it stood before. */
    public val state: LoginState

    /**
     * Proves a factor by a code. With [trustDevice], this device skips the second factor from now on.
     *
     * @throws CountersignException.Refused with the code `WRONG_CODE` and `attemptsLeft`; the state stays
     *   [LoginState.MfaRequired]
     * @throws CountersignException.Interrupted when the answer was lost; the state is [LoginState.Unanswered] then
     */
    public suspend fun submitCode(method: MethodKind, code: String, trustDevice: Boolean = false): LoginState

    /**
     * Sends a request to one authenticator of the user, or to all. With [trustDevice], this device skips the second
     * factor from now on.
     */
    public suspend fun requestPush(enrolmentId: String? = null, trustDevice: Boolean = false): LoginState

    /**
     * The same as [submitCode] up to sending. [save] it, then [send], to survive even the app's end in between.
     */
    public suspend fun prepareCode(method: MethodKind, code: String, trustDevice: Boolean = false): LoginState

    /** Sends what is [LoginState.Unanswered], perhaps again. However often it is sent, it counts once. */
    public suspend fun send(): LoginState

    /**
     * Waits for the answer to a push request. The request goes on if waiting is cancelled, and so may waiting.
     *
     * @throws CountersignException.Cancelled when another step is called meanwhile
     */
    public suspend fun awaitAnswer(): LoginState

    /** Leaves the push request open and goes back to choosing. It is closed when another factor is proven. */
    public suspend fun useOtherMethod(): LoginState

    /** Ends the login, and a request with it. */
    public suspend fun cancel(): LoginState

    /** The login as sealed bytes, for [Client.restoreLogin], so that it survives the app's end. */
    public suspend fun save(): ByteArray
}

/** Where a login stands, and so what can be done next. */
public sealed interface LoginState {
    /**
     * A second factor is to be proven: [Login.submitCode] or [Login.requestPush].
     *
     * @property methods what the user may use, best first
     * @property recommended what to offer first
     * @property expiresAt when the login runs out, in the server's time
     */
    public data class MfaRequired(
        val methods: List<MethodOffer>,
        val recommended: MethodKind,
        val expiresAt: Instant,
    ) : LoginState

    /** A call is prepared or was sent, and its answer is not known: [Login.send]. */
    public data object Unanswered : LoginState

    /**
     * A push request waits for its answer: show the number, and [Login.awaitAnswer].
     *
     * @property number the user types it on the device that approves
     * @property expiresAt when the request runs out, in the server's time
     */
    public data class Pending(val number: String, val expiresAt: Instant) : LoginState {
        /** Without the number, so that no log has it. */
        override fun toString(): String = "Pending(expiresAt=$expiresAt)"
    }

    /**
     * Signed in.
     *
     * @property session the session, stored on this device
     * @property user who is signed in
     * @property amr methods that were proven: `pwd`, `otp`, `push`, `trusted_device`
     * @property acr the assurance that they add up to
     * @property notices what to tell the user
     */
    public data class Done(
        val session: Session,
        val user: UserProfile,
        val amr: List<String>,
        val acr: String,
        val notices: List<Notice>,
    ) : LoginState

    /** Somebody denied it on a device, and said why. The login is over. */
    public data class Denied(val reason: DenyReason) : LoginState

    /** Its ten minutes are over. Begin again. */
    public data object Expired : LoginState

    /** The password is right, but the account is locked until [retryAfter] is over. */
    public data class Locked(val retryAfter: Duration) : LoginState

    /** The app cancelled it. */
    public data object Cancelled : LoginState
}
