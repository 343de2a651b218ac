package dev.countersign.testing

import dev.countersign.Client
import dev.countersign.CountersignException
import dev.countersign.Login
import dev.countersign.LoginState
import dev.countersign.MethodKind
import dev.countersign.Session
import dev.countersign.SignUpAccepted
import java.time.Instant
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.first

/**
 * A client without a server. By default everybody is signed in at once; replace what the test is about:
 *
 * ```
 * val client = FakeClient()
 * client.onLogin = { _, _ -> FakeLogin(mfaRequired()) }
 * ```
 */
public class FakeClient(override val server: String = "https://auth.example") : Client {
    /** When set, every call that waits fails with it: a device without a network is `CountersignException.Offline("…")`. */
    public var failure: CountersignException? = null

    /** The server's time. */
    public var now: Instant = NOW

    /** What signing in gives. */
    public var onLogin: suspend (email: String, password: String) -> Login = { email, _ -> FakeLogin(done(email)) }

    /** What bringing a saved login back gives. */
    public var onRestoreLogin: suspend (saved: ByteArray) -> Login = { FakeLogin(mfaRequired()) }

    /** The sessions that are on this device, by address. A [FakeSession] that is over is not found any more. */
    public val sessions: MutableMap<String, Session> = mutableMapOf()

    /** The users whom this device is trusted to sign in without a second factor. */
    public val trusting: MutableSet<String> = mutableSetOf()

    /** The addresses that signed up, in order. */
    public val signedUp: MutableList<String> = mutableListOf()

    /** The activation tokens that were given, in order. */
    public val activated: MutableList<String> = mutableListOf()

    override fun serverNow(): Instant = now

    override suspend fun signUp(company: String, email: String, name: String, password: String): SignUpAccepted {
        failure?.let { throw it }
        signedUp += email
        return SignUpAccepted(email)
    }

    override suspend fun activate(token: String) {
        failure?.let { throw it }
        activated += token
    }

    override suspend fun login(email: String, password: String): Login {
        failure?.let { throw it }
        return onLogin(email, password)
    }

    override suspend fun restoreLogin(saved: ByteArray): Login {
        failure?.let { throw it }
        return onRestoreLogin(saved)
    }

    override suspend fun resumeSession(email: String): Session? {
        failure?.let { throw it }
        return sessions[email]?.takeUnless { it is FakeSession && !it.isStored }
    }

    override suspend fun isTrusted(email: String): Boolean {
        failure?.let { throw it }
        return email in trusting
    }

    override suspend fun forgetTrust(email: String) {
        failure?.let { throw it }
        trusting -= email
    }
}

/**
 * A login that goes where the test says. A step that fails leaves the state as it is.
 *
 * ```
 * val login = FakeLogin(mfaRequired())
 * login.onSubmitCode = { _, code, _ -> if (code == "123456") done() else throw wrongCode(attemptsLeft = 4) }
 * ```
 */
public class FakeLogin(state: LoginState) : Login {
    private val current = MutableStateFlow(state)

    override val state: LoginState get() = current.value

    /** When set, every step fails with it. */
    public var failure: CountersignException? = null

    /** What a code leads to, at once or prepared and sent. */
    public var onSubmitCode: suspend (method: MethodKind, code: String, trustDevice: Boolean) -> LoginState =
        { _, _, _ -> done() }

    /** What a request to an authenticator leads to. */
    public var onRequestPush: suspend (enrolmentId: String?, trustDevice: Boolean) -> LoginState =
        { _, _ -> LoginState.Pending("42", NOW.plusSeconds(60)) }

    private var prepared: suspend () -> LoginState = { done() }

    /** The authenticator's answer, or the end of the time: what [awaitAnswer] waits for. */
    public fun answer(state: LoginState) {
        current.value = state
    }

    override suspend fun submitCode(method: MethodKind, code: String, trustDevice: Boolean): LoginState =
        step<LoginState.MfaRequired>("submit_code") { onSubmitCode(method, code, trustDevice) }

    override suspend fun requestPush(enrolmentId: String?, trustDevice: Boolean): LoginState =
        step<LoginState.MfaRequired>("request_push") { onRequestPush(enrolmentId, trustDevice) }

    override suspend fun prepareCode(method: MethodKind, code: String, trustDevice: Boolean): LoginState =
        step<LoginState.MfaRequired>("prepare_code") {
            prepared = { onSubmitCode(method, code, trustDevice) }
            LoginState.Unanswered
        }

    override suspend fun send(): LoginState = step<LoginState.Unanswered>("send") { prepared() }

    override suspend fun awaitAnswer(): LoginState =
        step<LoginState.Pending>("wait") { current.first { it !is LoginState.Pending } }

    override suspend fun useOtherMethod(): LoginState = step<LoginState.Pending>("use_other_method") { mfaRequired() }

    override suspend fun cancel(): LoginState = step<LoginState>("cancel") { LoginState.Cancelled }

    override suspend fun save(): ByteArray {
        failure?.let { throw it }
        return "a saved login".encodeToByteArray()
    }

    private suspend inline fun <reified From : LoginState> step(
        name: String,
        next: () -> LoginState,
    ): LoginState {
        failure?.let { throw it }
        val state = current.value
        if (state !is From) throw CountersignException.InvalidTransition(state.toString(), name)
        return next().also { current.value = it }
    }
}
