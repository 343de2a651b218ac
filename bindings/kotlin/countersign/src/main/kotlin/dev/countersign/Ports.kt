package dev.countersign

import dev.countersign.ffi.HostPorts
import kotlin.time.Duration
import dev.countersign.ffi.Ports as FfiPorts

/**
 * All that an instance of the SDK needs from the world. Make one, and make clients and the authenticator with it.
 *
 * Whatever is left out is the operating system's or the SDK's own. Ports are called from threads of the SDK and may
 * block; an exception that a port does not name counts as a failure too.
 *
 * @param app the app that embeds the SDK
 * @param storage by default the keyring of the operating system; Android has none
 * @param signer by default keys in software, kept in the storage
 * @param verifier by default a device that cannot verify its user
 * @param signals by default what the operating system tells
 * @param log by default nothing is kept
 * @param http by default HTTP/2 over rustls with the platform's trust
 * @param network sets up the SDK's own network
 * @throws CountersignException.Device where the system has no keyring and no storage is given: offer a passphrase
 *   instead, openly
 * @throws CountersignException.InvalidInput for a pin without a backup
 */
public class Ports(
    app: App,
    storage: SecureStorage? = null,
    signer: DeviceSigner? = null,
    verifier: UserVerifier? = null,
    signals: DeviceSignals? = null,
    log: LogSink? = null,
    http: Http? = null,
    network: Network? = null,
) {
    internal val native: FfiPorts = lifting {
        FfiPorts(
            app,
            HostPorts(
                storage?.let(::HostStorage),
                signer?.let(::HostSigner),
                verifier?.let(::HostVerifier),
                signals?.let(::HostSignals),
                log?.let(::HostLog),
                http?.let(::HostHttp),
            ),
            network,
        )
    }
}

/**
 * Small secrets by name, kept by the operating system. Values are single-line ASCII of at most 2,048 bytes. Every
 * function may throw a [StorageException].
 */
public interface SecureStorage {
    /** The value, or `null` if there is none. Never `null` for a value that is there but cannot be read. */
    public fun get(name: String): String?

    /** Stores or replaces the value. It is durable when this returns; when it fails the former value is still there. */
    public fun set(name: String, value: String)

    /** Removes the value; none being there is no error. */
    public fun remove(name: String)
}

/** The storage could not do it. */
public sealed class StorageException(message: String, cause: Throwable?) : Exception(message, cause) {
    /** There is no such storage on this system. Offer the passphrase instead. */
    public class Unsupported(message: String, cause: Throwable? = null) : StorageException(message, cause)

    /** It is there but locked. The user is asked to unlock it. */
    public class Locked(message: String, cause: Throwable? = null) : StorageException(message, cause)

    /** It is there but did not do it. */
    public class Broken(message: String, cause: Throwable? = null) : StorageException(message, cause)

    /** What it holds is not what was put there. Nothing was overwritten. */
    public class Damaged(message: String, cause: Throwable? = null) : StorageException(message, cause)
}

/**
 * P-256 keys that may live in hardware, by name. A key never leaves the signer. Every function may throw a
 * [SignerException].
 *
 * Public keys are uncompressed points (SEC 1 section 2.3.3): `04`, x, y.
 */
public interface DeviceSigner {
    /** Makes a key under a name that is not in use, and returns its public half. It is durable when this returns. */
    public fun create(name: String, usage: KeyUse): ByteArray

    /** The public half of a key, or `null` if there is no key of that name. */
    public fun publicKey(name: String): ByteArray?

    /** ES256 over the message: 64 bytes, `r` then `s` (RFC 7518 section 3.4). */
    public fun sign(name: String, message: ByteArray): ByteArray

    /** Removes a key; none being there is no error. */
    public fun delete(name: String)
}

/** The signer could not do it. */
public sealed class SignerException(message: String, cause: Throwable?) : Exception(message, cause) {
    /** The name is in use. */
    public class Exists : SignerException("there is a key of that name already", null)

    /** There is no key of that name: the device was reset or restored. The user is told to enrol again. */
    public class Missing : SignerException("the key is no longer on this device; enrol it again", null)

    /** The signer's storage is there but locked. The user is asked to unlock it. */
    public class Locked(message: String, cause: Throwable? = null) : SignerException(message, cause)

    /** The signer's storage did not do it. */
    public class Broken(message: String, cause: Throwable? = null) : SignerException(message, cause)
}

/** The person in front of the device, asked by biometric or PIN. */
public interface UserVerifier {
    /** Whether the device can verify its user now. */
    public fun available(): Boolean

    /**
     * Shows the prompt, which says what is being approved, and returns when the person was verified.
     *
     * @throws VerifierException when the person was not
     */
    public suspend fun verify(prompt: VerifyPrompt): Verification
}

/** The person was not verified; nothing is signed. */
public sealed class VerifierException(message: String) : Exception(message) {
    /** The device cannot verify anybody. The user is told to set up a screen lock. */
    public class Unavailable : VerifierException("this device cannot verify its user; set up a screen lock first")

    /** The person closed the prompt. */
    public class Cancelled : VerifierException("verification was cancelled")

    /** Somebody else's finger, or a wrong PIN. */
    public class Rejected(message: String) : VerifierException(message)
}

/** What is known of the device. Raw values stay inside the SDK; only salted hashes of them leave it. */
public fun interface DeviceSignals {
    /** All signals that can be read now. A signal that cannot be read is left out. */
    public fun collect(): List<Signal>
}

/** Where log lines go. They never hold secrets. Called from any thread; return at once. */
public fun interface LogSink {
    /** Takes one line. [target] names the part of the SDK that it comes from. */
    public fun log(level: LogLevel, target: String, line: String)
}

/**
 * The network, for apps that bring their own: one request, one answer. Do not follow redirects, keep no cookies.
 *
 * Answers that arrive over time are not part of it, so a waiting login and an inbox ask every few seconds instead of
 * being told.
 */
public fun interface Http {
    /**
     * Sends the request and reads the whole answer. An answer with an error status is an answer.
     *
     * @throws HttpException when no whole answer arrived
     */
    public suspend fun send(request: HttpRequest): HttpResponse
}

/**
 * A request. Headers and body may hold secrets; do not log them.
 *
 * @property method `GET`, `POST` or `DELETE`
 * @property url absolute URL
 * @property headers all headers, by name; each comes once
 * @property body the body, JSON where there is one
 * @property timeout how long the answer may take
 * @property longestAnswer the longest body to read, in bytes
 */
public class HttpRequest(
    public val method: String,
    public val url: String,
    public val headers: Map<String, String>,
    public val body: ByteArray?,
    public val timeout: Duration,
    public val longestAnswer: Long,
)

/**
 * A whole answer.
 *
 * @property status the status
 * @property headers all headers by name, whose letter case does not matter
 * @property body the body
 */
public class HttpResponse(
    public val status: Int,
    public val headers: List<Pair<String, String>>,
    public val body: ByteArray,
)

/** No whole answer arrived. */
public sealed class HttpException(message: String, cause: Throwable?) : Exception(message, cause) {
    /** No connection: offline, no such host, refused. The server did not see the request. */
    public class Unreachable(message: String, cause: Throwable? = null) : HttpException(message, cause)

    /** The connection broke after the request was on its way. The server may have acted on it. */
    public class Interrupted(message: String, cause: Throwable? = null) : HttpException(message, cause)

    /** No answer in time. The server may have acted on the request. */
    public class TimedOut(cause: Throwable? = null) : HttpException("the server did not answer in time", cause)

    /** The certificate is not trusted, or none of its keys is pinned. */
    public class Untrusted(message: String, cause: Throwable? = null) : HttpException(message, cause)
}
