package dev.countersign.android

import android.content.Context
import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyProperties
import dev.countersign.SecureStorage
import dev.countersign.StorageException
import java.io.File
import java.io.FileOutputStream
import java.io.IOException
import java.nio.channels.FileChannel
import java.nio.file.Files
import java.nio.file.NoSuchFileException
import java.nio.file.Path
import java.nio.file.StandardCopyOption.ATOMIC_MOVE
import java.nio.file.StandardOpenOption.READ
import java.security.GeneralSecurityException
import java.security.ProviderException
import javax.crypto.AEADBadTagException
import javax.crypto.Cipher
import javax.crypto.KeyGenerator
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec

/**
 * Secure storage in files of the app, sealed by a key of the Android Keystore.
 *
 * Each entry is one file, replaced as a whole. The files are left out of backups: on another device they could not be
 * opened. Each is bound to its name, so that one cannot stand in for another.
 *
 * Entries whose key is gone are [StorageException.Damaged], and a new key is made only after all of them were removed.
 */
public class KeystoreStorage(context: Context) : SecureStorage {
    private val folder = File(context.noBackupFilesDir, "countersign").toPath()

    @Synchronized
    override fun get(name: String): String? = guarding {
        val sealed = try {
            Files.readAllBytes(file(name))
        } catch (_: NoSuchFileException) {
            // Only this is an absence: a file that cannot be read is an error.
            return null
        }
        if (sealed.size <= NONCE_BYTES) throw StorageException.Damaged("the entry $name is too short")
        val cipher = Cipher.getInstance(CIPHER)
        cipher.init(Cipher.DECRYPT_MODE, key() ?: throw keyless(), GCMParameterSpec(TAG_BITS, sealed, 0, NONCE_BYTES))
        cipher.updateAAD(name.encodeToByteArray())
        cipher.doFinal(sealed, NONCE_BYTES, sealed.size - NONCE_BYTES).decodeToString()
    }

    @Synchronized
    override fun set(name: String, value: String): Unit = guarding {
        // The nonce is the Keystore's: it takes none from outside.
        val cipher = Cipher.getInstance(CIPHER)
        cipher.init(Cipher.ENCRYPT_MODE, key() ?: if (isEmpty()) generate() else throw keyless())
        cipher.updateAAD(name.encodeToByteArray())
        val sealed = cipher.iv + cipher.doFinal(value.encodeToByteArray())
        if (Files.notExists(folder)) synchronise(Files.createDirectories(folder).parent)
        // Not `AtomicFile`, which tells nobody when it could not write.
        val whole = folder.resolve(UNFINISHED)
        FileOutputStream(whole.toFile()).use {
            it.write(sealed)
            it.fd.sync()
        }
        Files.move(whole, file(name), ATOMIC_MOVE)
        synchronise(folder)
    }

    @Synchronized
    override fun remove(name: String) {
        guarding { if (Files.deleteIfExists(file(name))) synchronise(folder) }
    }

    /** Names may hold what file names may not, so they are written in hexadecimal. */
    private fun file(name: String): Path = folder.resolve(name.encodeToByteArray().toHexString())

    private fun isEmpty() = try {
        Files.newDirectoryStream(folder) { it.fileName.toString() != UNFINISHED }.use { it.none() }
    } catch (_: NoSuchFileException) {
        true
    }

    /** A file that was moved is durable only when its folder is. */
    private fun synchronise(folder: Path) = FileChannel.open(folder, READ).use { it.force(true) }

    private fun key() = keystore().getKey(ALIAS, null) as SecretKey?

    private fun keyless() = StorageException.Damaged("the key of the entries is no longer in the Android Keystore")

    private fun generate(): SecretKey = KeyGenerator.getInstance(KeyProperties.KEY_ALGORITHM_AES, KEYSTORE).run {
        val purposes = KeyProperties.PURPOSE_ENCRYPT or KeyProperties.PURPOSE_DECRYPT
        init(
            KeyGenParameterSpec.Builder(ALIAS, purposes)
                .setKeySize(256)
                .setBlockModes(KeyProperties.BLOCK_MODE_GCM)
                .setEncryptionPaddings(KeyProperties.ENCRYPTION_PADDING_NONE)
                .build(),
        )
        generateKey()
    }

    private inline fun <T> guarding(call: () -> T): T = try {
        call()
    } catch (error: AEADBadTagException) {
        throw StorageException.Damaged("an entry is not what was put there", error)
    } catch (error: GeneralSecurityException) {
        throw StorageException.Broken("the Android Keystore failed: ${error.message}", error)
    } catch (error: ProviderException) {
        throw StorageException.Broken("the Android Keystore failed: ${error.message}", error)
    } catch (error: IOException) {
        throw StorageException.Broken("the file failed: ${error.message}", error)
    }

    private companion object {
        const val ALIAS = "countersign.storage"
        const val UNFINISHED = "unfinished"
        const val CIPHER = "AES/GCM/NoPadding"
        const val NONCE_BYTES = 12
        const val TAG_BITS = 128
    }
}
