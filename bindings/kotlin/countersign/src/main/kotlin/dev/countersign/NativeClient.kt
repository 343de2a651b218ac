package dev.countersign

import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import java.time.Instant
import kotlin.time.Duration.Companion.seconds
import dev.countersign.ffi.Client as FfiClient
import dev.countersign.ffi.EnrolmentTicket as FfiTicket
import dev.countersign.ffi.LoginFlow as FfiLogin
import dev.countersign.ffi.LoginState as FfiState
import dev.countersign.ffi.Session as FfiSession
import dev.countersign.ffi.TotpSetup as FfiSetup

internal class NativeClient(server: String, ports: Ports) : Client {
    private val native = lifting { FfiClient(server, ports.native) }

    override val server: String = native.server()

    override fun serverNow(): Instant = lifting { native.serverNow() }

    override suspend fun signUp(company: String, email: String, name: String, password: String): SignUpAccepted =
        calling { native.signUp(company, email, name, password) }

    override suspend fun activate(token: String) = calling { native.activate(token) }

    override suspend fun login(email: String, password: String): Login =
        NativeLogin(calling { native.login(email, password) })

    override suspend fun restoreLogin(saved: ByteArray): Login =
        NativeLogin(calling { native.restoreLogin(saved) })

    override suspend fun resumeSession(email: String): Session? =
        calling { native.resumeSession(email) }?.let(::NativeSession)

    override suspend fun isTrusted(email: String): Boolean = calling { native.isTrusted(email) }

    override suspend fun forgetTrust(email: String) = calling { native.forgetTrust(email) }
}

private class NativeLogin(private val native: FfiLogin) : Login {
    override val state: LoginState get() = lifted(native.state())

    override suspend fun submitCode(method: MethodKind, code: String, trustDevice: Boolean): LoginState =
        lifted(calling { native.submitCode(method, code, trustDevice) })

    override suspend fun requestPush(enrolmentId: String?, trustDevice: Boolean): LoginState =
        lifted(calling { native.requestPush(enrolmentId, trustDevice) })

    override suspend fun prepareCode(method: MethodKind, code: String, trustDevice: Boolean): LoginState =
        lifted(calling { native.prepareCode(method, code, trustDevice) })

    override suspend fun send(): LoginState = lifted(calling { native.send() })

    override suspend fun awaitAnswer(): LoginState = lifted(calling { native.wait() })

    override suspend fun useOtherMethod(): LoginState = lifted(calling { native.useOtherMethod() })

    override suspend fun cancel(): LoginState = lifted(calling { native.cancel() })

    override suspend fun save(): ByteArray = calling { native.save() }

    private fun lifted(told: FfiState): LoginState = when (told) {
        is FfiState.MfaRequired -> LoginState.MfaRequired(told.methods, told.recommended, told.expiresAt)
        is FfiState.Unanswered -> LoginState.Unanswered
        // Without a number, another step was faster: the login is no longer there.
        is FfiState.Pending -> native.number()?.let { LoginState.Pending(it, told.expiresAt) } ?: state
        is FfiState.Done ->
            LoginState.Done(NativeSession(told.session), told.user, told.amr, told.acr, told.notices)
        is FfiState.Denied -> LoginState.Denied(told.reason)
        is FfiState.Expired -> LoginState.Expired
        is FfiState.Locked -> LoginState.Locked(told.retryAfter.toLong().seconds)
        is FfiState.Cancelled -> LoginState.Cancelled
    }
}

private class NativeSession(private val native: FfiSession) : Session {
    override val id: String = native.id()

    override val ended: Flow<SessionEnd?> = flow { emit(calling { native.ended() }) }

    override suspend fun profile(): UserProfile = calling { native.profile() }

    override suspend fun methods(): List<MethodOffer> = calling { native.methods() }

    override suspend fun startTotp(label: String?): TotpSetup = NativeSetup(calling { native.startTotp(label) })

    override suspend fun confirmTotp(methodId: String, code: String) = calling { native.confirmTotp(methodId, code) }

    override suspend fun createEnrolmentTicket(): EnrolmentTicket =
        NativeTicket(calling { native.createEnrolmentTicket() })

    override suspend fun enrolledDevices(): List<EnrolledDevice> = calling { native.enrolledDevices() }

    override suspend fun removeEnrolledDevice(enrolmentId: String) =
        calling { native.removeEnrolledDevice(enrolmentId) }

    override suspend fun refresh() = calling { native.refresh() }

    override suspend fun logout() = calling { native.logout() }

    override suspend fun forget() = calling { native.forget() }
}

private class NativeSetup(private val native: FfiSetup) : TotpSetup, AutoCloseable by native {
    override val methodId: String get() = native.methodId()
    override val otpauthUri: String get() = native.otpauthUri()
    override val secret: String get() = native.secret()
    override val qrSvg: String get() = native.qrSvg()
}

private class NativeTicket(private val native: FfiTicket) : EnrolmentTicket, AutoCloseable by native {
    override val uri: String get() = native.uri()
    override val qrSvg: String get() = native.qrSvg()
    override val expiresAt: Instant get() = native.expiresAt()
}
