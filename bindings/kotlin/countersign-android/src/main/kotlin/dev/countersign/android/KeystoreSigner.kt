package dev.countersign.android

import android.content.Context
import android.content.pm.PackageManager
import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyPermanentlyInvalidatedException
import android.security.keystore.KeyProperties
import android.security.keystore.StrongBoxUnavailableException
import android.security.keystore.UserNotAuthenticatedException
import dev.countersign.DeviceSigner
import dev.countersign.KeyUse
import dev.countersign.SignerException
import java.security.GeneralSecurityException
import java.security.KeyPairGenerator
import java.security.KeyStore
import java.security.PrivateKey
import java.security.ProviderException
import java.security.Signature
import java.security.interfaces.ECPublicKey
import java.security.spec.ECGenParameterSpec

/**
 * Keys in the Android Keystore: in the StrongBox where there is one, else in the trusted environment of the processor.
 *
 * A key for possession works while the app runs in the background. A key for verification works for fifteen seconds
 * after the user was verified by finger, face or PIN, which [BiometricVerifier] asks for. It is lost when the user
 * removes the screen lock.
 */
public class KeystoreSigner(context: Context) : DeviceSigner {
    private val hasStrongBox =
        context.packageManager.hasSystemFeature(PackageManager.FEATURE_STRONGBOX_KEYSTORE)

    @Synchronized
    override fun create(name: String, usage: KeyUse): ByteArray = guarding {
        if (keystore().containsAlias(alias(name))) throw SignerException.Exists()
        val pair = try {
            generate(name, usage, hasStrongBox)
        } catch (_: StrongBoxUnavailableException) {
            // It is there but full.
            generate(name, usage, strongBox = false)
        }
        (pair.public as ECPublicKey).point()
    }

    override fun publicKey(name: String): ByteArray? = guarding {
        (keystore().getCertificate(alias(name))?.publicKey as ECPublicKey?)?.point()
    }

    override fun sign(name: String, message: ByteArray): ByteArray = guarding {
        val key = keystore().getKey(alias(name), null) as PrivateKey? ?: throw SignerException.Missing()
        val signature = Signature.getInstance("SHA256withECDSA").run {
            initSign(key)
            update(message)
            sign()
        }
        EcdsaSignature.toRaw(signature)
    }

    override fun delete(name: String): Unit = guarding { keystore().deleteEntry(alias(name)) }

    private fun generate(name: String, usage: KeyUse, strongBox: Boolean) =
        KeyPairGenerator.getInstance(KeyProperties.KEY_ALGORITHM_EC, KEYSTORE).run {
            initialize(specification(name, usage, strongBox))
            generateKeyPair()
        }

    private fun specification(name: String, usage: KeyUse, strongBox: Boolean): KeyGenParameterSpec {
        val builder = KeyGenParameterSpec.Builder(alias(name), KeyProperties.PURPOSE_SIGN)
            .setAlgorithmParameterSpec(ECGenParameterSpec("secp256r1"))
            .setDigests(KeyProperties.DIGEST_SHA256)
            .setIsStrongBoxBacked(strongBox)
        if (usage == KeyUse.VERIFICATION) {
            builder.setUserAuthenticationRequired(true).setUserAuthenticationParameters(
                SECONDS_AFTER_VERIFICATION,
                KeyProperties.AUTH_BIOMETRIC_STRONG or KeyProperties.AUTH_DEVICE_CREDENTIAL,
            )
        }
        return builder.build()
    }

    private inline fun <T> guarding(call: () -> T): T = try {
        call()
    } catch (_: KeyPermanentlyInvalidatedException) {
        throw SignerException.Missing()
    } catch (error: UserNotAuthenticatedException) {
        throw SignerException.Locked("the user has to be verified again", error)
    } catch (error: GeneralSecurityException) {
        throw SignerException.Broken("the Android Keystore failed: ${error.message}", error)
    } catch (error: ProviderException) {
        throw SignerException.Broken("the Android Keystore failed: ${error.message}", error)
    }

    private companion object {
        const val SECONDS_AFTER_VERIFICATION = 15

        fun alias(name: String) = "countersign.key.$name"
    }
}

/** The provider of keys that never leave the device. */
internal const val KEYSTORE = "AndroidKeyStore"

internal fun keystore(): KeyStore = KeyStore.getInstance(KEYSTORE).apply { load(null) }
