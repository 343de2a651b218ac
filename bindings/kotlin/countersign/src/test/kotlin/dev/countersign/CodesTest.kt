package dev.countersign

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.CsvSource
import java.time.Instant
import kotlin.time.Duration.Companion.seconds

/** Codes are those of RFC 6238, Appendix B. */
class CodesTest {
    @ParameterizedTest
    @CsvSource(
        "59, 94287082, 46119246, 90693936",
        "1111111109, 07081804, 68084774, 25091201",
        "1111111111, 14050471, 67062674, 99943326",
        "1234567890, 89005924, 91819424, 93441116",
        "2000000000, 69279037, 90698825, 38618901",
        "20000000000, 65353130, 77737706, 47863826",
    )
    fun `codes are those of the standard`(time: Long, sha1: String, sha256: String, sha512: String) {
        val wanted = mapOf(
            Algorithm.SHA1 to (TEN + TEN to sha1),
            Algorithm.SHA256 to (TEN + TEN + TEN + "GEZA" to sha256),
            Algorithm.SHA512 to (TEN.repeat(6) + "GEZDGNA" to sha512),
        )
        for ((algorithm, case) in wanted) {
            val (secret, code) = case
            TotpEntry(null, "mia", secret, TotpParameters(algorithm, digits = 8)).use { entry ->
                val codes = entry.codesAt(Instant.ofEpochSecond(time))
                assertEquals(code, codes.current)
                assertEquals(code, codes.grouped.replace(" ", ""))
                assertEquals(codes.next, entry.codesAt(codes.validUntil).current)
                assertEquals(codes.validFrom.plusSeconds(30), codes.validUntil)
            }
        }
    }

    @Test
    fun `a URI is read and written`() {
        val uri = "otpauth://totp/Acme%20%26%20Co:mia@example.com?secret=$TEN&issuer=Acme%20%26%20Co&digits=8&period=60"
        TotpEntry.parse(uri).use { entry ->
            assertEquals("Acme & Co", entry.issuer)
            assertEquals("mia@example.com", entry.account)
            assertEquals(TotpParameters(Algorithm.SHA1, 8, 60.seconds), entry.parameters)
            assertEquals(emptyList<OtpUriWarning>(), entry.warnings)
            TotpEntry.parse(entry.toUri()).use { again -> assertEquals(entry.parameters, again.parameters) }
        }
    }

    @Test
    fun `what is odd about a URI is told`() {
        TotpEntry.parse("otpauth://totp/Bank:mia?secret=$TEN&issuer=Acme").use { entry ->
            assertEquals(listOf(OtpUriWarning.IssuerMismatch("Bank", "Acme")), entry.warnings)
        }
    }

    @ParameterizedTest
    @CsvSource(
        "https://acme.example, uri",
        "otpauth://totp/mia, secret",
        "otpauth://totp/mia?secret=018, secret",
        "otpauth://totp/mia?secret=$TEN&digits=11, digits",
        "otpauth://hotp/mia?secret=$TEN&counter=0, type",
    )
    fun `a bad URI names the part and shows no secret`(uri: String, field: String) {
        val error = assertThrows<CountersignException.InvalidInput> { TotpEntry.parse(uri) }
        assertEquals(field, error.field)
        assertFalse(TEN in error.message)
    }

    @ParameterizedTest
    @CsvSource("0", "11", "256", "-1")
    fun `a length that no code has is refused`(digits: Int) {
        val error = assertThrows<CountersignException.InvalidInput> {
            TotpEntry(null, "mia", TEN, TotpParameters(digits = digits))
        }
        assertEquals("digits", error.field)
    }

    @Test
    fun `a time that no server has is refused`() {
        val error = assertThrows<CountersignException.InvalidInput> {
            TotpEntry(null, "mia", TEN).use { it.codesAt(Instant.ofEpochSecond(-1)) }
        }
        assertEquals("time", error.field)
    }

    private companion object {
        /** Ten of the bytes that the standard's secrets consist of, `1234567890`, in Base32. */
        const val TEN = "GEZDGNBVGY3TQOJQ"
    }
}
