package dev.countersign

import java.time.Instant
import kotlinx.coroutines.flow.Flow

/** A signed-in user on this device. It refreshes itself, and outlives the app: [Client.resumeSession] finds it. */
public interface Session {
    /** The session's id, as the server lists it. */
    public val id: String

    /** One element, then the end: why the session is over, or `null` where the server told no reason. */
    public val ended: Flow<SessionEnd?>

    /** Who is signed in. */
    public suspend fun profile(): UserProfile

    /** The user's enrolled factors, oldest first. */
    public suspend fun methods(): List<MethodOffer>

    /** Begins to enrol a code generator. Show the QR code; the factor counts only after [confirmTotp]. */
    public suspend fun startTotp(label: String? = null): TotpSetup

    /**
     * Enables the code generator by its first code.
     *
     * @throws CountersignException.Refused with the code `WRONG_CODE`: ask for the next code
     */
    public suspend fun confirmTotp(methodId: String, code: String)

    /** A ticket for one authenticator. Show its QR code, or hand its link to the authenticator on this device. */
    public suspend fun createEnrolmentTicket(): EnrolmentTicket

    /** The user's authenticators, oldest first. */
    public suspend fun enrolledDevices(): List<EnrolledDevice>

    /** Takes an authenticator off the account, wherever it is. */
    public suspend fun removeEnrolledDevice(enrolmentId: String)

    /** Replaces the access token now. There is no need to: each call does so when it must. */
    public suspend fun refresh()

    /**
     * Signs out: the server ends the session, and this device forgets it.
     *
     * @throws CountersignException.Offline or [CountersignException.Interrupted] when the server cannot be told: try
     *   again, or [forget] it here
     */
    public suspend fun logout()

    /** Removes the session from this device alone. On the server it lives until it expires or is revoked. */
    public suspend fun forget()
}

/** The secret to put into a code generator, given once. Closing it wipes the native copy. */
public interface TotpSetup : AutoCloseable {
    /** The factor, not yet enabled. */
    public val methodId: String

    /** `otpauth://totp/…` with all parameters. Shown to the user once, or read by a code generator on this device. */
    public val otpauthUri: String

    /** The secret alone, Base32 without padding, for typing. */
    public val secret: String

    /** The URI as a QR code, an SVG document. */
    public val qrSvg: String
}

/** One enrolment of one authenticator, good for ten minutes. Closing it wipes the native copy. */
public interface EnrolmentTicket : AutoCloseable {
    /** `countersign://enroll?…`, for [Authenticator.enroll]. */
    public val uri: String

    /** The link as a QR code, an SVG document. */
    public val qrSvg: String

    /** End of the ticket. */
    public val expiresAt: Instant
}
