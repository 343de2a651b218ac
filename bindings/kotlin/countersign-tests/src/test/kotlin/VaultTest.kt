import dev.countersign.Client
import dev.countersign.CountersignException
import dev.countersign.KeyringStatus
import dev.countersign.LoginState
import dev.countersign.NoStorage
import dev.countersign.PassphraseCost
import dev.countersign.Ports
import dev.countersign.RecoveryCode
import dev.countersign.SlotKind
import dev.countersign.StorageException
import dev.countersign.TotpEntry
import dev.countersign.UserAction
import dev.countersign.Vault
import dev.countersign.probeKeyring
import dev.countersign.testing.MemoryStorage
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.api.condition.EnabledOnOs
import org.junit.jupiter.api.condition.OS
import org.junit.jupiter.api.io.TempDir
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.CsvSource
import java.nio.file.Path
import java.time.Instant
import kotlin.io.path.readBytes
import kotlin.io.path.readText
import kotlin.io.path.writeBytes
import kotlin.io.path.writeText
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days

/** The vault: codes come back, each key opens it, and nothing else does. */
class VaultTest {
    @TempDir
    private lateinit var folder: Path
    private val file get() = folder.resolve("codes.vault")

    @Test
    fun `codes come back after locking and reopening`() = live {
        val ports = device()
        val vault = create(ports)
        val added = vault.addCode(acme())
        var locked = vault.lock()
        assertThrows<CountersignException.InvalidTransition> { vault.codes() }

        locked.unlock(PASSPHRASE).lock().close()
        locked = Vault.open(file, ports)
        assertEquals(listOf(SlotKind.PASSPHRASE), locked.ways)
        val code = locked.unlock(PASSPHRASE).codes().single()
        assertEquals(added.id to added.created, code.id to code.created)
        val now = Instant.now()
        assertEquals(acme().codesAt(now).current, code.entry.codesAt(now).current)
        assertThrows<CountersignException.InvalidTransition> { locked.unlock(PASSPHRASE) }
    }

    @Test
    fun `codes are in the order in which they are shown`() = live {
        val vault = create(device())
        val (first, second, third) = listOf("first", "second", "third").map { vault.addCode(acme(it)) }
        vault.saveCodes(listOf(first.copy(position = 2), second.copy(position = 1, isHidden = true), third))
        assertEquals(listOf("third", "second", "first"), vault.names())
        vault.saveCode(first.copy(entry = acme("renamed"), isPinned = true))
        assertEquals(listOf("renamed", "third", "second"), vault.names())
        val (pinned, plain, hidden) = vault.codes().map { Triple(it.isPinned, it.isHidden, it.position) }
        assertEquals(Triple(true, false, 0), pinned)
        assertEquals(Triple(false, false, 0), plain)
        assertEquals(Triple(false, true, 1), hidden)
        assertEquals("second", vault.code(second.id)?.entry?.issuer)
        val error = assertThrows<CountersignException.InvalidInput> { vault.code("not an id") }
        assertEquals("item_id", error.field)
    }

    @Test
    fun `what was thrown away can be brought back until it is purged`() = live {
        val vault = create(device())
        val code = vault.addCode(acme())
        assertTrue(vault.trash(code.id))
        assertFalse(vault.trash(code.id))
        assertNull(vault.code(code.id))
        val trashed = vault.trashedCodes().single()
        assertEquals(code.id, trashed.code.id)
        assertFalse(trashed.since < code.created)
        assertTrue(vault.restore(code.id))
        assertEquals(listOf("Acme"), vault.names())

        vault.trash(code.id)
        assertEquals(0, vault.purgeOlderThan(30.days))
        assertEquals(1, vault.purgeOlderThan(Duration.ZERO))
        assertFalse(vault.restore(code.id))
    }

    @Test
    fun `each key opens the vault, and the last one stays`() = live {
        val ports = device()
        var vault = Vault.createWithSecureStorage(file, ports)
        val code = RecoveryCode.generate(ports)
        assertEquals(List(8) { 4 }, code.groups.map { it.length })
        assertFalse(code.groups.any { it in "$code" })
        vault.setRecoveryCode(code)
        val stored = vault.slots().single { it.kind == SlotKind.SECURE_STORAGE }
        val error = assertThrows<CountersignException.InvalidInput> { vault.removeSlot(stored.id) }
        assertEquals("slot", error.field)
        vault.setPassphrase(PASSPHRASE, CHEAP)

        val typed = RecoveryCode.parse(code.groups.joinToString(" ").lowercase())
        var locked = vault.lock()
        assertEquals(listOf(SlotKind.PASSPHRASE, SlotKind.SECURE_STORAGE, SlotKind.RECOVERY_CODE), locked.ways)
        locked = locked.unlock(typed).lock()
        locked = locked.unlockWithSecureStorage().lock()
        vault = locked.unlock(PASSPHRASE)
        assertTrue(vault.removeSlot(stored.id))
        assertFalse(vault.removeSlot(stored.id))
        locked = vault.lock()
        assertThrows<CountersignException.InvalidInput> { locked.unlockWithSecureStorage() }
    }

    @Test
    fun `a wrong key says what to do and leaves the vault to be tried again`() = live {
        val storage = MemoryStorage()
        val ports = device(storage)
        val vault = create(ports)
        vault.useSecureStorage()
        vault.setRecoveryCode(RecoveryCode.generate(ports))
        val locked = vault.lock()

        assertThrows<CountersignException.WrongPassphrase> { locked.unlock("another passphrase") }
        val wrong = assertThrows<CountersignException.InvalidInput> { locked.unlock(RecoveryCode.generate(ports)) }
        assertEquals("recovery_code", wrong.field)
        storage.locked = true
        assertThrows<CountersignException.Locked> { locked.unlockWithSecureStorage() }
        storage.locked = false
        storage.entries.keys.forEach(storage::remove)
        val lost = assertThrows<CountersignException.Locked> { locked.unlockWithSecureStorage() }
        assertTrue("add the key again" in lost.message)
        assertEquals(UserAction.UNLOCK, lost.userAction)
        assertNotNull(locked.unlock(PASSPHRASE))
    }

    @ParameterizedTest
    @CsvSource(
        "0000-0000, has fewer than 32 letters",
        "0000 0000 0000 0000 0000 0000 0000 0000, has a letter that is not the one on paper",
        "UUUU UUUU UUUU UUUU UUUU UUUU UUUU UUUU, has a letter that recovery codes do not have",
    )
    fun `a slip in a recovery code is named`(typed: String, problem: String) {
        val error = assertThrows<CountersignException.InvalidInput> { RecoveryCode.parse(typed) }
        assertEquals("recovery_code" to problem, error.field to error.problem)
    }

    @Test
    fun `files that are no vault are left alone`() = live {
        val ports = device()
        val missing = assertThrows<CountersignException.InvalidInput> { Vault.open(file, ports) }
        assertEquals("path", missing.field)
        file.writeText("Dear grandmother")
        assertThrows<CountersignException.Damaged> { Vault.open(file, ports) }
        assertThrows<CountersignException.InvalidInput> { create(ports) }
        assertEquals("Dear grandmother", file.readText())
    }

    @Test
    fun `a vault is open once`() = live {
        val ports = device()
        val vault = create(ports)
        val error = assertThrows<CountersignException.Device> { Vault.open(file, ports) }
        assertTrue("open elsewhere" in error.reason)
        vault.lock().close()
        Vault.open(file, ports).close()
    }

    @Test
    fun `an older copy is taken when the user says so`() = live {
        val ports = device()
        val vault = create(ports)
        vault.lock().close()
        val copy = file.readBytes()
        Vault.open(file, ports).unlock(PASSPHRASE).run {
            addCode(acme())
            lock().close()
        }
        file.writeBytes(copy)

        val locked = Vault.open(file, ports)
        assertThrows<CountersignException.Damaged> { locked.unlock(PASSPHRASE) }
        locked.acceptOlderCopy()
        assertEquals(emptyList<String?>(), locked.unlock(PASSPHRASE).names())
    }

    @Test
    fun `a cost that no passphrase has is refused`() = live {
        for (cost in listOf(CHEAP.copy(memoryKib = -1), CHEAP.copy(passes = 0), CHEAP.copy(lanes = 17))) {
            assertThrows<CountersignException> { Vault.create(file, PASSPHRASE, device(), cost) }
        }
        create(device())
    }

    @Test
    fun `a device without a keyring keeps its secrets beside the vault`() = live {
        val account = Account.signUp()
        val sealed = folder.resolve("storage.sealed")
        var vault = create(device(NoStorage))
        vault.fileStorage(sealed).use { storage ->
            val login = Client(account.stub.url, device(storage)).login(EMAIL, PASSWORD)
            assertInstanceOf(LoginState.Done::class.java, login.state)
            assertThrows<StorageException.Broken> { storage.set("name", "two\nlines") }
        }
        vault = vault.lock().unlock(PASSPHRASE)
        vault.fileStorage(sealed).use { storage ->
            val session = Client(account.stub.url, device(storage)).resumeSession(EMAIL)
            assertEquals("Mia Meyer", session?.profile()?.name)
        }

        val changed = sealed.readBytes().also { it[it.lastIndex] = (it.last() + 1).toByte() }
        sealed.writeBytes(changed)
        assertThrows<CountersignException.Damaged> { vault.fileStorage(sealed) }
        assertArrayEquals(changed, sealed.readBytes())
    }

    @Test
    @EnabledOnOs(OS.LINUX, disabledReason = "elsewhere the keyring is no program that could be missing")
    fun `a system without a keyring says so`() {
        val probing = program("KeyringProbe")
        probing.environment()["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=$folder/nothing"
        assertEquals("absent", probing.start().inputReader().readLine())
    }

    private suspend fun create(ports: Ports) = Vault.create(file, PASSPHRASE, ports, CHEAP)

    private fun acme(name: String = "Acme") = TotpEntry(name, EMAIL, "JBSWY3DPEHPK3PXP")

    private suspend fun Vault.names() = codes().map { it.entry.issuer }

    private companion object {
        const val PASSPHRASE = "correct horse battery staple"
        val CHEAP = PassphraseCost(memoryKib = 8, passes = 1, lanes = 1)
    }
}

/** What [probeKeyring] finds, on a line. */
object KeyringProbe {
    @JvmStatic
    fun main(arguments: Array<String>): Unit = runBlocking {
        val found = when (val status = probeKeyring("com.example.tests")) {
            KeyringStatus.Ready -> "ready"
            is KeyringStatus.Locked -> "locked: ${status.reason}"
            is KeyringStatus.Absent -> if (status.reason.isEmpty()) "absent without a reason" else "absent"
        }
        println(found)
    }
}
