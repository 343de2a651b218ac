package dev.countersign

import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import java.time.Instant
import dev.countersign.ffi.Authenticator as FfiAuthenticator
import dev.countersign.ffi.InboxEvent as FfiEvent
import dev.countersign.ffi.PushInbox as FfiInbox
import dev.countersign.ffi.Request as FfiRequest
import dev.countersign.ffi.Resumed as FfiResumed

internal class NativeAuthenticator(ports: Ports) : Authenticator {
    private val native = FfiAuthenticator(ports.native)

    override suspend fun enroll(uri: String, name: String, kind: DeviceKind): Enrolment =
        calling { native.enroll(uri, name, kind) }

    override suspend fun resume(): List<Resumed> = calling { native.resume() }.map {
        when (it) {
            is FfiResumed.Enrolled -> Resumed.Enrolled(it.enrolment)
            is FfiResumed.Failed -> Resumed.Failed(it.error.lifted())
        }
    }

    override suspend fun enrolments(): List<Enrolment> = calling { native.enrolments() }

    override suspend fun remove(enrolmentId: String) = calling { native.remove(enrolmentId) }

    override suspend fun pending(enrolmentId: String): Listing {
        val listing = calling { native.pending(enrolmentId) }
        return Listing(listing.requests.map(::NativeRequest), listing.refused.map { it.lifted() })
    }

    override suspend fun pushed(payload: String): Request? =
        calling { native.pushed(payload.encodeToByteArray()) }?.let(::NativeRequest)

    override suspend fun history(enrolmentId: String?): List<HistoryEntry> = calling { native.history(enrolmentId) }

    override fun inbox(enrolmentId: String): Flow<InboxEvent> = flow {
        calling { native.inbox(enrolmentId) }.use { inbox ->
            try {
                while (true) emit(inbox.following() ?: break)
            } finally {
                inbox.stop()
            }
        }
    }

    /** What happens next. What was not believed does not end the inbox, so it is an event here and no exception. */
    private suspend fun FfiInbox.following(): InboxEvent? = try {
        when (val event = calling { next() }) {
            null -> null
            is FfiEvent.Arrived -> InboxEvent.Arrived(NativeRequest(event.request))
            is FfiEvent.Closed -> InboxEvent.Closed(event.challengeId, event.state)
            is FfiEvent.Connection -> InboxEvent.Connection(event.state)
        }
    } catch (error: CountersignException.NotAuthentic) {
        InboxEvent.Refused(error)
    } catch (error: CountersignException.UnexpectedAnswer) {
        InboxEvent.Refused(error)
    }

    override suspend fun approve(request: Request, number: String) =
        calling { native.approve(request.native, number) }

    override suspend fun deny(request: Request, reason: DenyReason) =
        calling { native.deny(request.native, reason) }

    private val Request.native: FfiRequest
        get() = requireNotNull(this as? NativeRequest) { "the request is not one of this authenticator" }.native
}

private class NativeRequest(val native: FfiRequest) : Request {
    override val enrolmentId: String get() = native.enrolmentId()
    override val challengeId: String get() = native.challengeId()
    override val context: RequestContext get() = native.context()
    override val numberDigits: Int get() = native.numberDigits().toInt()
    override val userVerification: UserVerification get() = native.userVerification()
    override val issuedAt: Instant get() = native.issuedAt()
    override val expiresAt: Instant get() = native.expiresAt()
}
