package dev.countersign

import java.time.Instant

/**
 * One server, seen from this device. Made by the function of the same name.
 *
 * All suspending functions of the SDK may be called from any thread, the main one included. Cancelling their coroutine
 * ends the call. They fail with a [CountersignException]; a value that is not well formed is
 * [CountersignException.InvalidInput], before anything is sent.
 */
public interface Client {
    /** The address of the server. */
    public val server: String

    /**
     * The server's time, as its answers told it; before the first answer, the device's own. Codes are to be made for
     * this time.
     *
     * @throws CountersignException.UnexpectedAnswer when the clocks are more than ten minutes apart
     */
    public fun serverNow(): Instant

    /**
     * Registers a new organisation with its first user. The answer is the same whether or not the address has an
     * account already; a mail says how to go on.
     */
    public suspend fun signUp(company: String, email: String, name: String, password: String): SignUpAccepted

    /** Opens the account by the token of the activation link. */
    public suspend fun activate(token: String)

    /**
     * Signs in with address and password. The state of the login says what comes next.
     *
     * @throws CountersignException.Refused with the code `INVALID_CREDENTIALS` when address or password is wrong
     */
    public suspend fun login(email: String, password: String): Login

    /**
     * Brings a login back that [Login.save] sealed. Nothing is sent.
     *
     * @throws CountersignException.Damaged when the bytes are not whole, or are of another device, server or version
     */
    public suspend fun restoreLogin(saved: ByteArray): Login

    /**
     * The session that this user left on this device, if there is one. Nothing is sent: whether the server still takes
     * it, the first call tells.
     */
    public suspend fun resumeSession(email: String): Session?

    /** Whether this device may sign this user in without a second factor, as far as it knows. Nothing is sent. */
    public suspend fun isTrusted(email: String): Boolean

    /** Forgets that this device is trusted: the user's next login here takes a second factor. Nothing is sent. */
    public suspend fun forgetTrust(email: String)
}

/**
 * The server or realm at this address, `https` or, on a loopback host, `http`. Nothing is sent yet.
 *
 * @throws CountersignException.InvalidInput when it is no such address
 */
public fun Client(server: String, ports: Ports): Client = NativeClient(server, ports)
