package dev.countersign

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import dev.countersign.ffi.FileStorage as FfiFileStorage
import dev.countersign.ffi.KeyringStatus as FfiKeyringStatus
import dev.countersign.ffi.StorageException as FfiStorageException

/**
 * Secure storage in one sealed file, for devices without a keyring: [Vault.fileStorage] gives it. Closing it wipes its
 * key from memory.
 */
public class FileStorage internal constructor(private val native: FfiFileStorage) : SecureStorage, AutoCloseable {
    override fun get(name: String): String? = lifting { native.get(name) }

    override fun set(name: String, value: String): Unit = lifting { native.set(name, value) }

    override fun remove(name: String): Unit = lifting { native.remove(name) }

    override fun close(): Unit = native.close()

    private inline fun <T> lifting(call: () -> T): T = try {
        call()
    } catch (error: FfiStorageException) {
        throw when (error) {
            is FfiStorageException.Unsupported -> StorageException.Unsupported(error.reason)
            is FfiStorageException.Locked -> StorageException.Locked(error.reason)
            is FfiStorageException.Broken -> StorageException.Broken(error.reason)
            is FfiStorageException.Damaged -> StorageException.Damaged(error.reason)
        }
    }
}

/**
 * No secure storage at all, such as until the vault is unlocked that holds the key of a [FileStorage]. A vault opens
 * without; what needs storage fails.
 */
public object NoStorage : SecureStorage {
    override fun get(name: String): Nothing = refuse()

    override fun set(name: String, value: String): Nothing = refuse()

    override fun remove(name: String): Nothing = refuse()

    private fun refuse(): Nothing = throw StorageException.Unsupported("none was set up")
}

/** Whether the keyring of the operating system can be used. */
public sealed interface KeyringStatus {
    /** It keeps what it is given. */
    public data object Ready : KeyringStatus

    /** It is there but locked, and its user did not unlock it. Ask for that and probe again, or offer a passphrase. */
    public data class Locked(val reason: String) : KeyringStatus

    /** There is none, or it does not work. Offer a passphrase, openly. */
    public data class Absent(val reason: String) : KeyringStatus
}

/**
 * Finds out whether the keyring of the operating system can be used for the app of this id, by writing an entry and
 * removing it. The system may ask its user to unlock it.
 *
 * A process looks for a keyring once. One that was started later is found by the app's next start.
 */
public suspend fun probeKeyring(appId: String): KeyringStatus = withContext(Dispatchers.IO) {
    when (val status = dev.countersign.ffi.probeKeyring(appId)) {
        is FfiKeyringStatus.Ready -> KeyringStatus.Ready
        is FfiKeyringStatus.Locked -> KeyringStatus.Locked(status.reason)
        is FfiKeyringStatus.Absent -> KeyringStatus.Absent(status.reason)
    }
}
