package dev.countersign.android

import android.security.keystore.KeyGenParameterSpec
import java.io.InputStream
import java.io.OutputStream
import java.security.Key
import java.security.KeyPair
import java.security.KeyPairGenerator
import java.security.KeyPairGeneratorSpi
import java.security.KeyStoreSpi
import java.security.Provider
import java.security.PublicKey
import java.security.SecureRandom
import java.security.Security
import java.security.cert.Certificate
import java.security.spec.AlgorithmParameterSpec
import java.util.Collections
import java.util.Date
import java.util.Enumeration
import javax.crypto.KeyGenerator
import javax.crypto.KeyGeneratorSpi
import javax.crypto.SecretKey
import org.junit.rules.ExternalResource

/** A Keystore in memory, since Robolectric has none: keys by alias, and the specifications they were made with. */
class FakeKeystore : ExternalResource() {
    val specifications = mutableMapOf<String, KeyGenParameterSpec>()
    private val kept = mutableMapOf<String, Any>()

    /** The public half of a pair of keys. */
    fun publicKey(alias: String): PublicKey = (kept.getValue(alias) as KeyPair).public

    /** Loses a key, as a Keystore may after an update of the system. */
    fun lose(alias: String) {
        kept.remove(alias)
    }

    override fun before() {
        Security.addProvider(object : Provider(KEYSTORE, "1", "a Keystore in memory") {
            init {
                offer("KeyStore", KEYSTORE) { Store(kept) }
                offer("KeyPairGenerator", "EC") { Pairs() }
                offer("KeyGenerator", "AES") { Secrets() }
            }

            private fun offer(type: String, algorithm: String, make: () -> Any) {
                putService(object : Service(this, type, algorithm, "in memory", null, null) {
                    override fun newInstance(parameter: Any?) = make()
                })
            }
        })
    }

    override fun after() = Security.removeProvider(KEYSTORE)

    private fun remember(specification: AlgorithmParameterSpec, key: Any) {
        val asked = specification as KeyGenParameterSpec
        specifications[asked.keystoreAlias] = asked
        kept[asked.keystoreAlias] = key
    }

    private inner class Pairs : KeyPairGeneratorSpi() {
        private lateinit var specification: KeyGenParameterSpec

        override fun initialize(size: Int, random: SecureRandom?) = error("not used")

        override fun initialize(specification: AlgorithmParameterSpec, random: SecureRandom?) {
            this.specification = specification as KeyGenParameterSpec
        }

        override fun generateKeyPair(): KeyPair = KeyPairGenerator.getInstance("EC").run {
            initialize(specification.algorithmParameterSpec)
            generateKeyPair().also { remember(specification, it) }
        }
    }

    private inner class Secrets : KeyGeneratorSpi() {
        private lateinit var specification: KeyGenParameterSpec

        override fun engineInit(random: SecureRandom?) = error("not used")

        override fun engineInit(size: Int, random: SecureRandom?) = error("not used")

        override fun engineInit(specification: AlgorithmParameterSpec, random: SecureRandom?) {
            this.specification = specification as KeyGenParameterSpec
        }

        override fun engineGenerateKey(): SecretKey = KeyGenerator.getInstance("AES").run {
            init(specification.keySize)
            generateKey().also { remember(specification, it) }
        }
    }

    private class Store(private val entries: MutableMap<String, Any>) : KeyStoreSpi() {
        override fun engineGetKey(alias: String, password: CharArray?): Key? = when (val entry = entries[alias]) {
            is KeyPair -> entry.private
            else -> entry as SecretKey?
        }

        override fun engineGetCertificate(alias: String): Certificate? =
            (entries[alias] as? KeyPair)?.let { Bare(it.public) }

        override fun engineContainsAlias(alias: String) = alias in entries

        override fun engineDeleteEntry(alias: String) {
            entries.remove(alias)
        }

        override fun engineAliases(): Enumeration<String> = Collections.enumeration(entries.keys)

        override fun engineSize() = entries.size

        override fun engineLoad(stream: InputStream?, password: CharArray?) = Unit

        override fun engineIsKeyEntry(alias: String) = alias in entries

        override fun engineGetCertificateChain(alias: String): Array<Certificate>? = null

        override fun engineGetCreationDate(alias: String): Date? = null

        override fun engineIsCertificateEntry(alias: String) = false

        override fun engineGetCertificateAlias(certificate: Certificate): String? = null

        override fun engineSetKeyEntry(alias: String, key: Key, password: CharArray?, chain: Array<Certificate>?) =
            error("not used")

        override fun engineSetKeyEntry(alias: String, key: ByteArray, chain: Array<Certificate>?) = error("not used")

        override fun engineSetCertificateEntry(alias: String, certificate: Certificate) = error("not used")

        override fun engineStore(stream: OutputStream?, password: CharArray?) = error("not used")
    }

    /** A certificate that holds a public key and nothing else. */
    private class Bare(private val key: PublicKey) : Certificate("bare") {
        override fun getPublicKey() = key

        override fun getEncoded(): ByteArray = key.encoded

        override fun verify(key: PublicKey) = Unit

        override fun verify(key: PublicKey, provider: String) = Unit

        override fun toString() = "bare"
    }
}
