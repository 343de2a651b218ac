package dev.countersign

import java.time.Instant
import kotlinx.coroutines.flow.Flow

/**
 * Approves and denies sign-ins for any number of accounts on any number of servers. Made by the function of the same
 * name.
 *
 * There should be one for one storage at a time. Call [resume] when the app starts.
 */
public interface Authenticator {
    /**
     * Enrols this device with the server that the link names. [name] is what the user calls the device.
     *
     * The user is verified where the device can. If the answer is lost, call it again with the same link, or [resume]:
     * the device is enrolled once.
     *
     * @throws CountersignException.Refused for a ticket that is no longer good
     * @throws CountersignException.NotAuthentic if the server is not the one that made the link
     */
    public suspend fun enroll(uri: String, name: String, kind: DeviceKind = DeviceKind.MOBILE): Enrolment

    /** Finishes what a crash or a lost connection left half-done, and clears away what cannot be finished. */
    public suspend fun resume(): List<Resumed>

    /** Every enrolment that the server has confirmed, oldest first. */
    public suspend fun enrolments(): List<Enrolment>

    /** Removes an enrolment on the server and here. */
    public suspend fun remove(enrolmentId: String)

    /** What waits for an answer now. Asks nobody to verify themselves. */
    public suspend fun pending(enrolmentId: String): Listing

    /**
     * The request that a notification told of; `null` where it does not wait any more. [payload] is the notification's
     * data as JSON, with whatever else it carries. Works in the short time that a phone gives to a notification, and
     * asks nobody to verify themselves.
     *
     * An inbox that is collected meanwhile tells of the request as well, once. The same notification gives the same
     * request again: name what is shown by its [Request.challengeId].
     *
     * @throws CountersignException.InvalidInput for what is no such notification (`payload`) or of an enrolment that is
     *   not on this device (`enrolment_id`)
     * @throws CountersignException.NotAuthentic for a request that is not believed
     */
    public suspend fun pushed(payload: String): Request?

    /**
     * What was asked of one enrolment, or of all of them, newest first: the last requests of each that this device has
     * seen, with how they ended. At most 200 of each are told; where their texts are very long, fewer, but not under 40.
     */
    public suspend fun history(enrolmentId: String? = null): List<HistoryEntry>

    /**
     * All that happens to an enrolment's requests, as long as it is collected. Each collection has a connection of its
     * own, which ends with it. The flow ends when the enrolment is removed. Being offline is an event, no error.
     */
    public fun inbox(enrolmentId: String): Flow<InboxEvent>

    /**
     * Approves a request with the number that the user typed from the sign-in page. The user is verified as far as the
     * request asks.
     *
     * May be called again after an error that [CountersignException.isRetryable]: the same answer counts once.
     *
     * @throws CountersignException.NotVerified when the user was not verified
     * @throws CountersignException.RequestClosed when it was answered meanwhile, or ran out of time
     * @throws CountersignException.Refused with the code `WRONG_NUMBER`, which closes the request
     */
    public suspend fun approve(request: Request, number: String)

    /**
     * Denies a request. `NOT_ME` locks approvals for the account and raises an alert. Nobody has to verify themselves
     * for it.
     */
    public suspend fun deny(request: Request, reason: DenyReason)
}

/** The authenticator whose enrolments are kept behind these ports. Nothing is read or sent yet. */
public fun Authenticator(ports: Ports): Authenticator = NativeAuthenticator(ports)

/** A request for approval whose signature was checked under the keys that the enrolment pinned. */
public interface Request {
    /** The enrolment that is asked. */
    public val enrolmentId: String

    /** Names the request. */
    public val challengeId: String

    /** Who asks, for whom, from where, on which device, when and what for. */
    public val context: RequestContext

    /** How many digits the number has that sign-in shows, 2 to 6. Let it be typed, not picked. */
    public val numberDigits: Int

    /** Whether approving asks the user for finger, face or PIN. */
    public val userVerification: UserVerification

    /** When it was made, by the server's clock. */
    public val issuedAt: Instant

    /** To be answered before this moment of the server's clock. */
    public val expiresAt: Instant
}

/** What became of an enrolment that was left half-done. */
public sealed interface Resumed {
    /** It is finished. */
    public data class Enrolled(val enrolment: Enrolment) : Resumed

    /** It is not. After an error that is retryable it is still there to be resumed. */
    public data class Failed(val error: CountersignException) : Resumed
}

/**
 * What waits for an answer on one enrolment.
 *
 * @property requests requests that were verified, oldest first
 * @property refused why others were not believed; they are never shown
 */
public data class Listing(val requests: List<Request>, val refused: List<CountersignException> = emptyList())

/** What an inbox gives. */
public sealed interface InboxEvent {
    /** A new request: show it. Each comes once. */
    public data class Arrived(val request: Request) : InboxEvent

    /**
     * A request that was shown is closed: take it away.
     *
     * @property challengeId which
     * @property state how it was closed; `null` if it was answered elsewhere or replaced while there was no connection
     */
    public data class Closed(val challengeId: String, val state: ChallengeState?) : InboxEvent

    /** How new requests are learned of has changed. */
    public data class Connection(val state: ConnectionState) : InboxEvent

    /** The server sent something that was not believed. It is not shown; the inbox goes on. */
    public data class Refused(val error: CountersignException) : InboxEvent
}
