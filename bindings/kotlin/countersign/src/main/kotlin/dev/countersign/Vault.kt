package dev.countersign

import java.nio.file.Path
import java.time.Instant
import kotlin.time.Duration
import kotlin.time.toJavaDuration
import dev.countersign.ffi.LockedVault as FfiLockedVault
import dev.countersign.ffi.Vault as FfiVault

/**
 * An unlocked vault: a file of one-time codes, each sealed. Nobody else can open the file meanwhile.
 *
 * Each change is durable when its call returns, and made whole or not at all. After [lock], every call fails with
 * [CountersignException.InvalidTransition].
 */
public class Vault internal constructor(private val native: FfiVault) {
    /** Wipes the key from memory and keeps the file. Calls that are under way are finished first. */
    public suspend fun lock(): LockedVault = LockedVault(calling { native.lock() })

    /** What opens the vault, at most one key of each kind. */
    public suspend fun slots(): List<Slot> = calling { native.slots() }

    /** Gives the vault a passphrase, in place of a former one. */
    public suspend fun setPassphrase(passphrase: String, cost: PassphraseCost? = null): Unit =
        calling { native.setPassphrase(passphrase, cost?.lowered()) }

    /**
     * Lets a new random key open the vault, which the [SecureStorage] keeps, in place of a former one.
     *
     * @throws CountersignException.Locked or [CountersignException.Device] when the storage does not take the key; the
     *   vault has not changed then
     */
    public suspend fun useSecureStorage(): Unit = calling { native.useSecureStorage() }

    /**
     * Lets a recovery code open the vault, in place of a former one. Show the code first, and call this once the user
     * has it on paper.
     */
    public suspend fun setRecoveryCode(code: RecoveryCode): Unit = calling { native.setRecoveryCode(code.native) }

    /**
     * Lets a key open the vault no longer; says whether there was such a slot.
     *
     * @throws CountersignException.InvalidInput for `slot` if no passphrase and no key in secure storage would be left
     */
    public suspend fun removeSlot(slotId: String): Boolean = calling { native.removeSlot(slotId) }

    /** Puts a new code into the vault. */
    public suspend fun addCode(entry: TotpEntry): CodeItem = CodeItem(calling { native.addCode(entry.native) })

    /** Stores a changed code in place of the one of the same id. */
    public suspend fun saveCode(code: CodeItem): Unit = calling { native.saveCode(code.native) }

    /** Stores several changed codes, all or none, such as after the user has put them into another order. */
    public suspend fun saveCodes(codes: List<CodeItem>): Unit =
        calling { native.saveCodes(codes.map(CodeItem::native)) }

    /** The code of this id, if there is one and it does not lie in the trash. */
    public suspend fun code(codeId: String): CodeItem? = calling { native.code(codeId) }?.let(::CodeItem)

    /** All codes in the order in which they are shown: pinned ones first, then by position, then by age. */
    public suspend fun codes(): List<CodeItem> = calling { native.codes() }.map(::CodeItem)

    /** Puts a code into the trash; says whether there was one outside of it. */
    public suspend fun trash(codeId: String): Boolean = calling { native.trash(codeId) }

    /** Brings a code back from the trash; says whether it was there. */
    public suspend fun restore(codeId: String): Boolean = calling { native.restore(codeId) }

    /** The codes in the trash, the latest first. */
    public suspend fun trashedCodes(): List<TrashedCode> =
        calling { native.trashedCodes() }.map { TrashedCode(CodeItem(it.code), it.since) }

    /** Removes for good what has been in the trash for so long; says how many. Thirty days is what people expect. */
    public suspend fun purgeOlderThan(age: Duration): Long =
        calling { native.purgeOlderThan(age.coerceAtLeast(Duration.ZERO).toJavaDuration()) }.toLong()

    /**
     * Secure storage in a sealed file, whose key is kept in the vault: for [Ports] on a device without a keyring. One
     * object at a time should have the file. It can be used after the vault was locked, until it is closed.
     *
     * @throws CountersignException.Damaged if the file does not belong to this vault or was changed; it is not touched
     */
    public suspend fun fileStorage(file: Path): FileStorage = FileStorage(calling { native.fileStorage("$file") })

    public companion object {
        /**
         * Creates a vault under a passphrase in a new file. Deriving its key takes about a second by design; [cost] is
         * for tests that cannot wait.
         *
         * @throws CountersignException.InvalidInput for `path` if there is a file already, which is not touched
         */
        public suspend fun create(
            file: Path,
            passphrase: String,
            ports: Ports,
            cost: PassphraseCost? = null,
        ): Vault = Vault(calling { FfiVault.create("$file", passphrase, ports.native, cost?.lowered()) })

        /**
         * Creates a vault in a new file under a random key that the [SecureStorage] of these ports keeps. It is lost
         * with that: give it a recovery code or a passphrase too.
         *
         * @throws CountersignException.InvalidInput for `path` if there is a file already, which is not touched
         * @throws CountersignException.Locked or [CountersignException.Device] when the storage does not take the key:
         *   offer a passphrase
         */
        public suspend fun createWithSecureStorage(file: Path, ports: Ports): Vault =
            Vault(calling { FfiVault.createWithSecureStorage("$file", ports.native) })

        /**
         * Opens the file of a vault, which is not changed by it.
         *
         * @throws CountersignException.InvalidInput for `path` if there is no vault
         * @throws CountersignException.Damaged if it is none, or a newer one
         * @throws CountersignException.Device while it is open elsewhere
         */
        public suspend fun open(file: Path, ports: Ports): LockedVault =
            LockedVault(calling { FfiLockedVault.open("$file", ports.native) })
    }
}

/**
 * A vault whose key is not in memory. It holds its file, so that nobody else changes it meanwhile.
 *
 * A wrong key leaves it as it is, to be tried again. Unlocking and closing spend it. An unlocking whose coroutine is
 * cancelled closes it: open the file again then.
 */
public class LockedVault internal constructor(private val native: FfiLockedVault) {
    /** What opens it: what to offer the user. */
    public val ways: List<SlotKind> = native.ways()

    /**
     * Unlocks by passphrase.
     *
     * @throws CountersignException.WrongPassphrase for another one
     * @throws CountersignException.InvalidInput where the vault has no passphrase
     * @throws CountersignException.Damaged if the vault was changed, or is an older copy
     */
    public suspend fun unlock(passphrase: String): Vault = Vault(calling { native.unlock(passphrase) })

    /**
     * Unlocks by a recovery code.
     *
     * @throws CountersignException.InvalidInput for `recovery_code` if it is not that of this vault
     */
    public suspend fun unlock(code: RecoveryCode): Vault =
        Vault(calling { native.unlockWithRecoveryCode(code.native) })

    /**
     * Unlocks by the key in secure storage.
     *
     * @throws CountersignException.Locked when the storage is locked or has lost the key; the message says what to do
     */
    public suspend fun unlockWithSecureStorage(): Vault = Vault(calling { native.unlockWithSecureStorage() })

    /**
     * Takes the next unlocking as the newest state, even of a copy that is older than what this device has seen. For
     * use when the user has restored a backup and said so.
     */
    public suspend fun acceptOlderCopy(): Unit = calling { native.acceptOlderCopy() }

    /** Gives the file free. */
    public suspend fun close(): Unit = calling { native.stop() }
}

/**
 * A code in the trash.
 *
 * @property code the code as it was
 * @property since when it was put there
 */
public data class TrashedCode(val code: CodeItem, val since: Instant)
