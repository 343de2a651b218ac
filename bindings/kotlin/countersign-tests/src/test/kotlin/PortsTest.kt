import dev.countersign.Authenticator
import dev.countersign.Client
import dev.countersign.CountersignException
import dev.countersign.DeviceSignals
import dev.countersign.DeviceSigner
import dev.countersign.KeyUse
import dev.countersign.LoginState
import dev.countersign.SecureStorage
import dev.countersign.Signal
import dev.countersign.SignerException
import dev.countersign.StorageException
import dev.countersign.UserAction
import dev.countersign.UserVerifier
import dev.countersign.Verification
import dev.countersign.VerifierException
import dev.countersign.VerifyPrompt
import dev.countersign.testing.FixedVerifier
import dev.countersign.testing.MemoryLog
import dev.countersign.testing.MemoryStorage
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.async
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import java.security.KeyPair
import java.security.KeyPairGenerator
import java.security.Signature
import java.security.interfaces.ECPublicKey
import java.security.spec.ECGenParameterSpec
import java.util.concurrent.ConcurrentHashMap

/** The host's half of the ports, written in Kotlin. */
class PortsTest {
    @Test
    fun `what is stored in Kotlin outlives the authenticator`() = live {
        val storage = MemoryStorage()
        val account = Account.withTotp()
        val (_, enrolment) = account.phone(device(storage))
        val restarted = Authenticator(device(storage))
        assertEquals(listOf(enrolment), restarted.enrolments())
        val login = account.pushLogin()
        restarted.approve(restarted.pending(enrolment.id).requests.single(), login.number)
        assertInstanceOf(LoginState.Done::class.java, login.awaitAnswer())
    }

    @Test
    fun `a storage that fails says why`() = live {
        val storage = MemoryStorage().apply { locked = true }
        val locked = assertThrows<CountersignException.Locked> { Authenticator(device(storage)).enrolments() }
        assertTrue("the test locked it" in locked.reason)
        assertEquals(UserAction.UNLOCK, locked.userAction)

        val defective = object : SecureStorage by storage {
            override fun get(name: String): String? = error("a defect")
        }
        val broken = assertThrows<CountersignException.Device> { Authenticator(device(defective)).enrolments() }
        assertTrue("a defect" in broken.reason)
        val disk = object : SecureStorage by storage {
            override fun get(name: String): String? = throw StorageException.Broken("the disk is full")
        }
        val full = assertThrows<CountersignException.Device> { Authenticator(device(disk)).enrolments() }
        assertTrue("the disk is full" in full.reason)
    }

    @Test
    fun `the person is asked, and nothing is signed without them`() = live {
        val finger = Finger()
        val account = Account.withTotp()
        finger.answer = { Verification.BIOMETRIC }
        val (phone, enrolment) = account.phone(device(verifier = finger))
        assertTrue(enrolment.verifiesUser)
        val login = account.pushLogin()
        val request = phone.pending(enrolment.id).requests.single()
        val refusals = listOf<Pair<Boolean, suspend () -> Verification>>(
            true to { throw VerifierException.Cancelled() },
            false to { throw VerifierException.Rejected("another finger") },
            false to { error("a defect") },
        )
        for ((cancelled, answer) in refusals) {
            finger.answer = answer
            val error = assertThrows<CountersignException.NotVerified> { phone.approve(request, login.number) }
            assertEquals(cancelled, error.cancelled)
        }
        assertEquals(VerifyPrompt("Approve signing in to Acme", "$EMAIL from 127.0.0.1"), finger.prompts.last())

        // A prompt may take its time.
        val touched = CompletableDeferred<Verification>()
        finger.answer = touched::await
        val approving = async { phone.approve(request, login.number) }
        touched.complete(Verification.DEVICE_CREDENTIAL)
        approving.await()
        assertInstanceOf(LoginState.Done::class.java, login.awaitAnswer())
    }

    @Test
    fun `a device that verifies nobody can approve what does not ask for it`() = live {
        val nobody = FixedVerifier(VerifierException.Unavailable())
        val (_, enrolment) = Account.withTotp().phone(device(verifier = nobody))
        assertFalse(enrolment.verifiesUser)
        assertEquals(emptyList<VerifyPrompt>(), nobody.prompts)
    }

    @Test
    fun `keys may live in Kotlin`() = live {
        val keys = JcaSigner()
        val account = Account.withTotp()
        val (phone, enrolment) = account.phone(device(signer = keys))
        assertEquals(1, keys.names.size)
        val login = account.pushLogin()
        phone.approve(phone.pending(enrolment.id).requests.single(), login.number)
        assertInstanceOf(LoginState.Done::class.java, login.awaitAnswer())
        phone.remove(enrolment.id)
        assertEquals(emptySet<String>(), keys.names)
    }

    @Test
    fun `signals describe the device, and those that fail are left out`() = live {
        val account = Account.withTotp()
        val (phone, enrolment) = account.phone()
        account.pushLogin(device(signals = { listOf(Signal("os_family", "Plan 9"), Signal("os_version", "4")) }))
        assertEquals("Plan 9 4", phone.pending(enrolment.id).requests.single().context.device.os)

        val log = MemoryLog()
        val defective = DeviceSignals { error("a defect") }
        Client(account.stub.url, device(signals = defective, log = log)).login(EMAIL, PASSWORD)
        assertTrue(log.lines.any { "a defect" in it.line })
    }

    @Test
    fun `the log holds no secret`() = live {
        val account = Account.signUp()
        val log = MemoryLog()
        val storage = MemoryStorage()
        Client(account.stub.url, device(storage, log = log)).login(EMAIL, PASSWORD)
        val text = log.lines.joinToString("\n") { it.line }
        assertTrue("/auth/login" in text)
        assertFalse(PASSWORD in text)
        assertTrue(storage.entries.isNotEmpty() && storage.entries.values.none { it in text })
    }

    private class Finger : UserVerifier {
        val prompts = mutableListOf<VerifyPrompt>()

        @Volatile
        lateinit var answer: suspend () -> Verification

        override fun available() = true

        override suspend fun verify(prompt: VerifyPrompt): Verification {
            prompts += prompt
            return answer()
        }
    }

    /** Keys of the JDK. */
    private class JcaSigner : DeviceSigner {
        private val keys = ConcurrentHashMap<String, KeyPair>()
        val names: Set<String> get() = keys.keys.toSet()

        override fun create(name: String, usage: KeyUse): ByteArray {
            val generator = KeyPairGenerator.getInstance("EC").apply { initialize(ECGenParameterSpec("secp256r1")) }
            if (keys.putIfAbsent(name, generator.generateKeyPair()) != null) throw SignerException.Exists()
            return checkNotNull(publicKey(name))
        }

        override fun publicKey(name: String): ByteArray? {
            val point = (keys[name]?.public as? ECPublicKey)?.w ?: return null
            fun ByteArray.to32() = ByteArray(32 - minOf(size, 32)) + takeLast(32)
            return byteArrayOf(4) + point.affineX.toByteArray().to32() + point.affineY.toByteArray().to32()
        }

        override fun sign(name: String, message: ByteArray): ByteArray {
            val key = keys[name] ?: throw SignerException.Missing()
            return Signature.getInstance("SHA256withECDSAinP1363Format").run {
                initSign(key.private)
                update(message)
                sign()
            }
        }

        override fun delete(name: String) {
            keys.remove(name)
        }
    }
}
