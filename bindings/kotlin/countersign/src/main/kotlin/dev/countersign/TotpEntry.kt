package dev.countersign

import java.time.Instant
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import dev.countersign.ffi.OtpUriWarning as FfiWarning
import dev.countersign.ffi.TotpEntry as FfiTotpEntry
import dev.countersign.ffi.TotpParameters as FfiParameters

/**
 * A generator of time-based codes (RFC 6238) with the names that its site gave it. Closing it wipes the secret.
 *
 * Codes depend on the time of the server that checks them: make them for [Client.serverNow] where there is one.
 */
public class TotpEntry internal constructor(internal val native: FfiTotpEntry) : AutoCloseable {
    /**
     * An entry made by hand. [secret] is Base32, in any case, with or without spaces.
     *
     * @throws CountersignException.InvalidInput which names what is wrong and what to do
     */
    public constructor(
        issuer: String?,
        account: String,
        secret: String,
        parameters: TotpParameters = TotpParameters(),
    ) : this(lifting { FfiTotpEntry(issuer, account, secret, parameters.lowered()) })

    /** Who gave the secret out, such as "Acme". */
    public val issuer: String? = native.issuer()

    /** The account there, such as "mia@example.com". May be empty. */
    public val account: String = native.account()

    /** How codes are made. */
    public val parameters: TotpParameters = native.parameters().run {
        TotpParameters(algorithm, digits.toInt(), period.toLong().seconds)
    }

    /** What was odd about the URI, to be told to the user before the entry is saved. Mostly nothing. */
    public val warnings: List<OtpUriWarning> = native.warnings().map {
        when (it) {
            is FfiWarning.IssuerMismatch -> OtpUriWarning.IssuerMismatch(it.label, it.parameter)
            is FfiWarning.NoName -> OtpUriWarning.NoName
        }
    }

    /** The URI with all parameters. It holds the secret. */
    public fun toUri(): String = native.toUri()

    /**
     * The code at this time, and the next one.
     *
     * @throws CountersignException.InvalidInput for a time that is not between 1970 and 9999
     */
    public fun codesAt(time: Instant): Codes = lifting { native.codesAt(time) }.use { codes ->
        Codes(codes.current(), codes.grouped(), codes.next(), codes.validFrom(), codes.validUntil())
    }

    override fun close(): Unit = native.close()

    public companion object {
        /**
         * Reads an `otpauth://totp/…` URI, leniently: look at the [warnings].
         *
         * @throws CountersignException.InvalidInput which names what is wrong and what to do
         */
        public fun parse(uri: String): TotpEntry = TotpEntry(lifting { FfiTotpEntry.parse(uri) })
    }
}

/**
 * How codes are made; by default as almost every site has it.
 *
 * @property algorithm the hash
 * @property digits the length of a code, 1 to 10
 * @property period how long a code is shown, in whole seconds
 */
public data class TotpParameters(
    val algorithm: Algorithm = Algorithm.SHA1,
    val digits: Int = 6,
    val period: Duration = 30.seconds,
) {
    // What does not fit becomes the nearest that does, which the core refuses with the field's name.
    internal fun lowered() = FfiParameters(
        algorithm,
        digits.coerceIn(0, 255).toUByte(),
        period.inWholeSeconds.coerceAtLeast(0).toULong(),
    )
}

/**
 * A code and its successor.
 *
 * @property current the code now
 * @property grouped the code now in groups that are easy to read, such as `123 456`
 * @property next the code from [validUntil] on
 * @property validFrom begin of the present step
 * @property validUntil end of the present step: the first moment at which [next] counts
 */
public class Codes internal constructor(
    public val current: String,
    public val grouped: String,
    public val next: String,
    public val validFrom: Instant,
    public val validUntil: Instant,
)

/** Something about a URI that was taken nevertheless. */
public sealed interface OtpUriWarning {
    /** The label names another issuer than the parameter, which counts. It may be a mix-up, or a disguise. */
    public data class IssuerMismatch(val label: String, val parameter: String) : OtpUriWarning

    /** Neither issuer nor account is named; ask the user for a name. */
    public data object NoName : OtpUriWarning
}
