package dev.countersign.android

import android.content.Context
import android.hardware.biometrics.BiometricManager
import android.hardware.biometrics.BiometricManager.Authenticators.BIOMETRIC_STRONG
import android.hardware.biometrics.BiometricManager.Authenticators.DEVICE_CREDENTIAL
import android.hardware.biometrics.BiometricPrompt
import android.os.CancellationSignal
import dev.countersign.UserVerifier
import dev.countersign.Verification
import dev.countersign.VerifierException
import dev.countersign.VerifyPrompt
import java.util.concurrent.Executor
import kotlin.coroutines.resume
import kotlin.coroutines.resumeWithException
import kotlinx.coroutines.suspendCancellableCoroutine

/**
 * Asks for finger, face or the screen lock by the system's own prompt. The app has to be in the foreground, and needs
 * the permission `USE_BIOMETRIC`, which is given with the installation.
 */
public class BiometricVerifier internal constructor(
    private val availability: () -> Int,
    private val prompt: SystemPrompt,
) : UserVerifier {
    /** With the prompt of this device. */
    public constructor(context: Context) : this(
        { context.getSystemService(BiometricManager::class.java).canAuthenticate(ALLOWED) },
        FrameworkPrompt(context),
    )

    override fun available(): Boolean = availability() == BiometricManager.BIOMETRIC_SUCCESS

    override suspend fun verify(prompt: VerifyPrompt): Verification {
        if (!available()) throw VerifierException.Unavailable()
        return suspendCancellableCoroutine { waiting ->
            val signal = CancellationSignal()
            waiting.invokeOnCancellation { signal.cancel() }
            this.prompt.show(prompt, signal, object : BiometricPrompt.AuthenticationCallback() {
                override fun onAuthenticationSucceeded(result: BiometricPrompt.AuthenticationResult) {
                    waiting.resume(verification(result.authenticationType))
                }

                override fun onAuthenticationError(code: Int, message: CharSequence) {
                    if (waiting.isActive) waiting.resumeWithException(refusal(code, message))
                }
            })
        }
    }

    private fun verification(type: Int) = when (type) {
        BiometricPrompt.AUTHENTICATION_RESULT_TYPE_BIOMETRIC -> Verification.BIOMETRIC
        else -> Verification.DEVICE_CREDENTIAL
    }

    private fun refusal(code: Int, message: CharSequence) = when (code) {
        BiometricPrompt.BIOMETRIC_ERROR_USER_CANCELED, BiometricPrompt.BIOMETRIC_ERROR_CANCELED,
        -> VerifierException.Cancelled()

        BiometricPrompt.BIOMETRIC_ERROR_NO_DEVICE_CREDENTIAL, BiometricPrompt.BIOMETRIC_ERROR_NO_BIOMETRICS,
        BiometricPrompt.BIOMETRIC_ERROR_HW_NOT_PRESENT, BiometricPrompt.BIOMETRIC_ERROR_HW_UNAVAILABLE,
        -> VerifierException.Unavailable()

        else -> VerifierException.Rejected(message.toString())
    }

    internal companion object {
        const val ALLOWED: Int = BIOMETRIC_STRONG or DEVICE_CREDENTIAL
    }
}

/** What shows the prompt. */
internal fun interface SystemPrompt {
    fun show(prompt: VerifyPrompt, signal: CancellationSignal, callback: BiometricPrompt.AuthenticationCallback)
}

private class FrameworkPrompt(private val context: Context) : SystemPrompt {
    override fun show(
        prompt: VerifyPrompt,
        signal: CancellationSignal,
        callback: BiometricPrompt.AuthenticationCallback,
    ) {
        val executor: Executor = context.mainExecutor
        executor.execute {
            BiometricPrompt.Builder(context)
                .setTitle(prompt.title)
                .setDescription(prompt.detail)
                .setAllowedAuthenticators(BiometricVerifier.ALLOWED)
                .build()
                .authenticate(signal, executor, callback)
        }
    }
}
