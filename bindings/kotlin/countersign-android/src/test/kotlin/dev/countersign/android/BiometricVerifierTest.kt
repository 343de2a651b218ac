package dev.countersign.android

import android.hardware.biometrics.BiometricManager
import android.hardware.biometrics.BiometricPrompt
import android.os.CancellationSignal
import dev.countersign.Verification
import dev.countersign.VerifierException
import dev.countersign.VerifyPrompt
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.shadow.api.Shadow
import org.robolectric.shadows.ShadowBiometricManager

@RunWith(RobolectricTestRunner::class)
class BiometricVerifierTest {
    private val shown = mutableListOf<VerifyPrompt>()

    /** A device that can, and whose user does this. */
    private fun user(act: (BiometricPrompt.AuthenticationCallback) -> Unit) =
        BiometricVerifier({ BiometricManager.BIOMETRIC_SUCCESS }) { prompt, _, callback ->
            shown += prompt
            act(callback)
        }

    @Test
    fun `a finger or the screen lock verifies`() = runBlocking {
        val prompt = VerifyPrompt("Approve signing in to Acme", "mia@example.com from Berlin")
        val finger = user { it.onAuthenticationSucceeded(FINGER) }
        assertEquals(Verification.BIOMETRIC, finger.verify(prompt))
        val pin = user { it.onAuthenticationSucceeded(PIN) }
        assertEquals(Verification.DEVICE_CREDENTIAL, pin.verify(prompt))
        assertEquals(listOf(prompt, prompt), shown)
    }

    @Test
    fun `each refusal is told apart`() {
        val refusals = mapOf(
            BiometricPrompt.BIOMETRIC_ERROR_USER_CANCELED to VerifierException.Cancelled::class.java,
            BiometricPrompt.BIOMETRIC_ERROR_CANCELED to VerifierException.Cancelled::class.java,
            BiometricPrompt.BIOMETRIC_ERROR_NO_DEVICE_CREDENTIAL to VerifierException.Unavailable::class.java,
            BiometricPrompt.BIOMETRIC_ERROR_LOCKOUT to VerifierException.Rejected::class.java,
        )
        for ((code, expected) in refusals) {
            val user = user { it.onAuthenticationError(code, "as the system says") }
            val error = assertThrows(expected) { runBlocking { user.verify(VerifyPrompt("", "")) } }
            if (error is VerifierException.Rejected) assertEquals("as the system says", error.message)
        }
    }

    @Test
    fun `a wrong finger is not the end`() = runBlocking {
        val user = user {
            it.onAuthenticationFailed()
            it.onAuthenticationSucceeded(FINGER)
        }
        assertEquals(Verification.BIOMETRIC, user.verify(VerifyPrompt("", "")))
    }

    @Test
    fun `cancelling takes the prompt away`() = runBlocking {
        var signal = CancellationSignal()
        val waiting = BiometricVerifier({ BiometricManager.BIOMETRIC_SUCCESS }) { _, given, _ -> signal = given }
        val asking = launch(Dispatchers.Unconfined, CoroutineStart.UNDISPATCHED) {
            waiting.verify(VerifyPrompt("", ""))
        }
        assertFalse(signal.isCanceled)
        asking.cancelAndJoin()
        assertTrue(signal.isCanceled)
    }

    @Test
    fun `a device without a screen lock verifies nobody`() {
        val context = RuntimeEnvironment.getApplication()
        val bare = BiometricVerifier(context)
        assertTrue(bare.available())
        val system = context.getSystemService(BiometricManager::class.java)
        Shadow.extract<ShadowBiometricManager>(system).setCanAuthenticate(false)
        assertFalse(bare.available())
        assertThrows(VerifierException.Unavailable::class.java) {
            runBlocking { bare.verify(VerifyPrompt("", "")) }
        }
    }

    private companion object {
        val FINGER = BiometricPrompt.AuthenticationResult(null, BiometricPrompt.AUTHENTICATION_RESULT_TYPE_BIOMETRIC)
        val PIN =
            BiometricPrompt.AuthenticationResult(null, BiometricPrompt.AUTHENTICATION_RESULT_TYPE_DEVICE_CREDENTIAL)
    }
}
