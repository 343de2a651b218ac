package dev.countersign.android

import java.math.BigInteger
import java.security.SignatureException
import java.security.interfaces.ECPublicKey

/** Turns what Java's ECDSA gives (DER, X.690) into what JWS wants: `r` then `s`, 32 bytes each (RFC 7518 section 3.4). */
internal object EcdsaSignature {
    private const val SEQUENCE: Byte = 0x30
    private const val INTEGER: Byte = 0x02

    fun toRaw(der: ByteArray): ByteArray {
        // SEQUENCE, its length, then two INTEGERs. A signature under P-256 is always shorter than 128 bytes.
        if (der.size < 2 || der[0] != SEQUENCE || der[1].toInt() != der.size - 2) malformed()
        val (r, afterR) = integer(der, 2)
        val (s, end) = integer(der, afterR)
        if (end != der.size) malformed()
        return r.fixed() + s.fixed()
    }

    private fun integer(der: ByteArray, at: Int): Pair<BigInteger, Int> {
        if (at + 2 > der.size || der[at] != INTEGER) malformed()
        val end = at + 2 + der[at + 1]
        if (der[at + 1] < 1 || end > der.size) malformed()
        return BigInteger(der.copyOfRange(at + 2, end)) to end
    }

    private fun malformed(): Nothing = throw SignatureException("the signature is not two integers in DER")
}

/** The uncompressed point, SEC 1 section 2.3.3: `04`, x, y. */
internal fun ECPublicKey.point(): ByteArray = byteArrayOf(4) + w.affineX.fixed() + w.affineY.fixed()

/** Big-endian, in 32 bytes. */
private fun BigInteger.fixed(): ByteArray {
    val bytes = toByteArray()
    if (signum() < 0 || bitLength() > 256) throw SignatureException("a number does not fit P-256")
    val digits = bytes.copyOfRange(maxOf(0, bytes.size - 32), bytes.size)
    return ByteArray(32 - digits.size) + digits
}
