package dev.countersign.android

import android.content.pm.PackageManager
import android.security.keystore.KeyProperties
import dev.countersign.KeyUse
import dev.countersign.SignerException
import java.math.BigInteger
import java.security.KeyFactory
import java.security.Signature
import java.security.SignatureException
import java.security.interfaces.ECPublicKey
import java.security.spec.ECPoint
import java.security.spec.ECPublicKeySpec
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf

@RunWith(RobolectricTestRunner::class)
class KeystoreSignerTest {
    @get:Rule
    val keystore = FakeKeystore()

    private val context = RuntimeEnvironment.getApplication()
    private val signer by lazy { KeystoreSigner(context) }

    @Test
    fun `a signature is r and s, and fits the public key`() {
        val point = signer.create("one", KeyUse.POSSESSION)
        assertEquals(65, point.size)
        assertArrayEquals(point, signer.publicKey("one"))
        // Now and then a number is shorter than 32 bytes, or its first bit is set.
        repeat(64) { round ->
            val message = "message $round".encodeToByteArray()
            val signature = signer.sign("one", message)
            assertEquals(64, signature.size)
            assertTrue(verifies(point, message, signature))
        }
    }

    @Test
    fun `a key for verification asks for finger, face or screen lock first`() {
        signer.create("one", KeyUse.VERIFICATION)
        signer.create("two", KeyUse.POSSESSION)
        val verification = keystore.specifications.getValue("countersign.key.one")
        assertTrue(verification.isUserAuthenticationRequired)
        assertEquals(15, verification.userAuthenticationValidityDurationSeconds)
        assertEquals(
            KeyProperties.AUTH_BIOMETRIC_STRONG or KeyProperties.AUTH_DEVICE_CREDENTIAL,
            verification.userAuthenticationType,
        )
        assertFalse(keystore.specifications.getValue("countersign.key.two").isUserAuthenticationRequired)
    }

    @Test
    fun `keys are in the StrongBox where there is one`() {
        signer.create("one", KeyUse.POSSESSION)
        assertFalse(keystore.specifications.getValue("countersign.key.one").isStrongBoxBacked)
        shadowOf(context.packageManager).setSystemFeature(PackageManager.FEATURE_STRONGBOX_KEYSTORE, true)
        KeystoreSigner(context).create("two", KeyUse.POSSESSION)
        assertTrue(keystore.specifications.getValue("countersign.key.two").isStrongBoxBacked)
    }

    @Test
    fun `a name is given once, and a key that is gone is missing`() {
        signer.create("one", KeyUse.POSSESSION)
        assertThrows(SignerException.Exists::class.java) { signer.create("one", KeyUse.POSSESSION) }
        signer.delete("one")
        signer.delete("one")
        assertNull(signer.publicKey("one"))
        assertThrows(SignerException.Missing::class.java) { signer.sign("one", byteArrayOf(1)) }
    }

    @Test
    fun `what is no signature is refused`() {
        val broken = listOf("", "30", "3006020101020101ff", "30060201010201", "300602010102010100", "3006020101030101")
        for (text in broken) {
            val der = text.chunked(2).map { it.toInt(16).toByte() }.toByteArray()
            assertThrows(text, SignatureException::class.java) { EcdsaSignature.toRaw(der) }
        }
    }

    private fun verifies(point: ByteArray, message: ByteArray, signature: ByteArray): Boolean {
        val parameters = (keystore.publicKey("countersign.key.one") as ECPublicKey).params
        val coordinates = ECPoint(
            BigInteger(1, point.copyOfRange(1, 33)),
            BigInteger(1, point.copyOfRange(33, 65)),
        )
        val key = KeyFactory.getInstance("EC").generatePublic(ECPublicKeySpec(coordinates, parameters))
        return Signature.getInstance("SHA256withECDSA").run {
            initVerify(key)
            update(message)
            verify(der(signature))
        }
    }

    /** `r` then `s`, written again as the JDK wants them. */
    private fun der(signature: ByteArray): ByteArray {
        val numbers = listOf(0..31, 32..63)
            .map { BigInteger(1, signature.sliceArray(it)).toByteArray() }
            .map { byteArrayOf(2, it.size.toByte()) + it }
        val body = numbers[0] + numbers[1]
        return byteArrayOf(0x30, body.size.toByte()) + body
    }
}
