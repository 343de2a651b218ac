package dev.countersign.testing

import dev.countersign.Authenticator
import dev.countersign.ChallengeState
import dev.countersign.CountersignException
import dev.countersign.DenyReason
import dev.countersign.DeviceKind
import dev.countersign.Enrolment
import dev.countersign.HistoryEntry
import dev.countersign.InboxEvent
import dev.countersign.Listing
import dev.countersign.Request
import dev.countersign.RequestContext
import dev.countersign.Resumed
import dev.countersign.UserVerification
import java.time.Instant
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableSharedFlow
import kotlinx.coroutines.flow.filter
import kotlinx.coroutines.flow.mapNotNull
import kotlinx.coroutines.flow.onSubscription
import kotlinx.coroutines.flow.takeWhile

/**
 * An authenticator without a server: the test says which requests [arrive], and looks into [answers].
 *
 * An inbox first gives what is pending when its collection begins.
 */
public class FakeAuthenticator(enrolments: List<Enrolment> = listOf(enrolment())) : Authenticator {
    private val enrolled = enrolments.toMutableList()
    private val open = mutableListOf<FakeRequest>()
    private val given = mutableListOf<Answer>()
    private val told = MutableSharedFlow<Told>(extraBufferCapacity = Int.MAX_VALUE)

    /** When set, every call that waits fails with it. An inbox goes on: tell it that the device is offline. */
    public var failure: CountersignException? = null

    /** What a link gives. Throw to refuse it. */
    public var onEnroll: suspend (uri: String, name: String, kind: DeviceKind) -> Enrolment =
        { _, _, _ -> enrolment(id = "enrolment-${enrolled.size + 1}") }

    /** What is left to be resumed. */
    public val halfDone: MutableList<Resumed> = mutableListOf()

    /** What [history] tells, newest first. */
    public val past: MutableList<HistoryEntry> = mutableListOf()

    /** What was answered, in order. */
    public val answers: List<Answer> get() = given.toList()

    /** A request for one of the enrolments. */
    public fun arrive(request: FakeRequest) {
        open += request
        told.tryEmit(Told(request.enrolmentId, InboxEvent.Arrived(request)))
    }

    /** A request is over: answered elsewhere, replaced or out of time. */
    public fun close(request: FakeRequest, state: ChallengeState?) {
        open -= request
        request.state = state ?: ChallengeState.SUPERSEDED
        told.tryEmit(Told(request.enrolmentId, InboxEvent.Closed(request.challengeId, state)))
    }

    /** Anything else that an inbox tells. */
    public fun tell(enrolmentId: String, event: InboxEvent) {
        told.tryEmit(Told(enrolmentId, event))
    }

    override suspend fun enroll(uri: String, name: String, kind: DeviceKind): Enrolment {
        failure?.let { throw it }
        return onEnroll(uri, name, kind).also { enrolled += it }
    }

    override suspend fun resume(): List<Resumed> {
        failure?.let { throw it }
        val found = halfDone.toList()
        halfDone.clear()
        enrolled += found.filterIsInstance<Resumed.Enrolled>().map { it.enrolment }
        return found
    }

    override suspend fun enrolments(): List<Enrolment> {
        failure?.let { throw it }
        return enrolled.toList()
    }

    override suspend fun remove(enrolmentId: String) {
        failure?.let { throw it }
        enrolled.removeAll { it.id == enrolmentId }
        open.removeAll { it.enrolmentId == enrolmentId }
        told.emit(Told(enrolmentId, null))
    }

    override suspend fun pending(enrolmentId: String): Listing {
        failure?.let { throw it }
        return Listing(open.filter { it.enrolmentId == enrolmentId })
    }

    /** The open request whose id is in the payload. */
    override suspend fun pushed(payload: String): Request? {
        failure?.let { throw it }
        return open.firstOrNull { "\"${it.challengeId}\"" in payload }
    }

    override suspend fun history(enrolmentId: String?): List<HistoryEntry> {
        failure?.let { throw it }
        return past.filter { enrolmentId == null || it.enrolmentId == enrolmentId }
    }

    override fun inbox(enrolmentId: String): Flow<InboxEvent> = told
        .onSubscription { open.toList().forEach { emit(Told(it.enrolmentId, InboxEvent.Arrived(it))) } }
        .filter { it.enrolmentId == enrolmentId }
        .takeWhile { it.event != null }
        .mapNotNull { it.event }

    override suspend fun approve(request: Request, number: String) {
        val asked = asked(request)
        val right = number == asked.number
        asked.state = if (right) ChallengeState.APPROVED else ChallengeState.WRONG_NUMBER
        open -= asked
        if (!right) throw wrongNumber()
        given += Answer.Approved(asked)
    }

    override suspend fun deny(request: Request, reason: DenyReason) {
        val asked = asked(request)
        asked.state = ChallengeState.DENIED
        open -= asked
        given += Answer.Denied(asked, reason)
    }

    private fun asked(request: Request): FakeRequest {
        failure?.let { throw it }
        val asked = requireNotNull(request as? FakeRequest) { "the request is not one of this authenticator" }
        if (asked.state != ChallengeState.OPEN) throw CountersignException.RequestClosed(asked.state)
        return asked
    }

    /** How a request was answered. */
    public sealed interface Answer {
        /** The request. */
        public val request: FakeRequest

        /** With the right number. */
        public data class Approved(override val request: FakeRequest) : Answer

        /** For this reason. */
        public data class Denied(override val request: FakeRequest, val reason: DenyReason) : Answer
    }

    /** What an inbox is told; nothing once its enrolment is removed. */
    private class Told(val enrolmentId: String, val event: InboxEvent?)
}

/** A request that [FakeAuthenticator] takes an answer to. [number] is what the user has to type. */
public class FakeRequest(
    public val number: String = "42",
    override val challengeId: String = "challenge-1",
    override val enrolmentId: String = "enrolment-1",
    override val context: RequestContext = requestContext(),
    override val userVerification: UserVerification = UserVerification.PREFERRED,
    override val issuedAt: Instant = NOW,
    override val expiresAt: Instant = NOW.plusSeconds(60),
) : Request {
    override val numberDigits: Int get() = number.length

    /** How it stands. */
    public var state: ChallengeState = ChallengeState.OPEN
        internal set
}
