package dev.countersign.testing

import dev.countersign.CountersignException
import dev.countersign.EnrolledDevice
import dev.countersign.EnrolmentTicket
import dev.countersign.MethodKind
import dev.countersign.MethodOffer
import dev.countersign.Session
import dev.countersign.SessionEnd
import dev.countersign.TotpSetup
import dev.countersign.UserProfile
import java.time.Instant
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow

/**
 * A signed-in user without a server. Once it is over, by [end], [logout] or [forget], it refuses every call but those two
 * with [CountersignException.SessionEnded] and the first reason.
 */
public class FakeSession(
    override val id: String = "session-1",
    /** Who is signed in. */
    public var profile: UserProfile = userProfile(),
) : Session {
    private val over = CompletableDeferred<SessionEnd?>()

    /** When set, every call fails with it but [forget], which needs no server. */
    public var failure: CountersignException? = null

    /** The enrolled factors. */
    public val methods: MutableList<MethodOffer> = mutableListOf()

    /** The enrolled authenticators. */
    public val devices: MutableList<EnrolledDevice> = mutableListOf()

    /** What the first code of a generator leads to: by default it is right. Throw to refuse it. */
    public var onConfirmTotp: suspend (methodId: String, code: String) -> Unit = { _, _ -> }

    override val ended: Flow<SessionEnd?> = flow { emit(over.await()) }

    /** The server ends the session. The first reason stays. */
    public fun end(reason: SessionEnd?) {
        over.complete(reason)
    }

    /** Whether it is still on the device. */
    internal val isStored: Boolean get() = !over.isCompleted

    override suspend fun profile(): UserProfile = going { profile }

    override suspend fun methods(): List<MethodOffer> = going { methods.toList() }

    override suspend fun startTotp(label: String?): TotpSetup = going { FakeTotpSetup() }

    override suspend fun confirmTotp(methodId: String, code: String): Unit = going {
        onConfirmTotp(methodId, code)
        methods += MethodOffer(methodId, MethodKind.TOTP, "Codes")
    }

    override suspend fun createEnrolmentTicket(): EnrolmentTicket = going { FakeEnrolmentTicket() }

    override suspend fun enrolledDevices(): List<EnrolledDevice> = going { devices.toList() }

    override suspend fun removeEnrolledDevice(enrolmentId: String): Unit = going {
        devices.removeAll { it.enrolmentId == enrolmentId }
    }

    override suspend fun refresh(): Unit = going { }

    override suspend fun logout() {
        failure?.let { throw it }
        end(SessionEnd.LOGGED_OUT)
    }

    override suspend fun forget(): Unit = end(SessionEnd.LOGGED_OUT)

    private suspend inline fun <T> going(call: () -> T): T {
        failure?.let { throw it }
        if (over.isCompleted) throw CountersignException.SessionEnded(over.await())
        return call()
    }
}

/** A code generator to be enrolled. */
public class FakeTotpSetup(
    override val methodId: String = "method-1",
    override val secret: String = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
    override val otpauthUri: String = "otpauth://totp/Acme:mia@example.com?secret=$secret&issuer=Acme",
    override val qrSvg: String = "<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
) : TotpSetup {
    override fun close() {}
}

/** A ticket for an authenticator. */
public class FakeEnrolmentTicket(
    override val uri: String = "countersign://enroll?v=1",
    override val qrSvg: String = "<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
    override val expiresAt: Instant = NOW.plusSeconds(600),
) : EnrolmentTicket {
    override fun close() {}
}
