package dev.countersign.android

import dev.countersign.StorageException
import java.io.File
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

@RunWith(RobolectricTestRunner::class)
class KeystoreStorageTest {
    @get:Rule
    val keystore = FakeKeystore()

    private val context = RuntimeEnvironment.getApplication()
    private val storage = KeystoreStorage(context)
    private val files: List<File>
        get() = File(context.noBackupFilesDir, "countersign").listFiles().orEmpty().sorted()

    @Test
    fun `entries come back, also after a restart, until they are removed`() {
        assertNull(storage.get("a/../b"))
        storage.set("a/../b", "one")
        storage.set("a/../b", "two")
        storage.set("c", "three")
        val restarted = KeystoreStorage(context)
        assertEquals("two", restarted.get("a/../b"))
        assertEquals("three", restarted.get("c"))
        restarted.remove("c")
        restarted.remove("c")
        assertNull(storage.get("c"))
        assertEquals(1, files.size)
    }

    @Test
    fun `no file shows what it holds`() {
        storage.set("name", "the secret")
        assertFalse("the secret" in files.single().readBytes().decodeToString())
    }

    @Test
    fun `a file that was changed is an error, not an absence`() {
        storage.set("name", "the secret")
        val file = files.single()
        val sealed = file.readBytes()
        val changed = sealed.copyOf().also { it[it.size - 1] = (it.last() + 1).toByte() }
        for (bytes in listOf(changed, sealed.copyOf(12), ByteArray(0))) {
            file.writeBytes(bytes)
            assertThrows(StorageException.Damaged::class.java) { storage.get("name") }
        }
    }

    @Test
    fun `a file that cannot be read is an error, not an absence`() {
        storage.set("name", "the secret")
        val file = files.single()
        assertTrue(file.delete() && file.mkdir())
        assertThrows(StorageException.Broken::class.java) { storage.get("name") }
    }

    @Test
    fun `reading makes no key`() {
        assertNull(storage.get("name"))
        assertTrue(keystore.specifications.isEmpty())
    }

    @Test
    fun `entries whose key is lost are damaged and left as they are, until they are removed`() {
        storage.set("name", "the secret")
        keystore.lose("countersign.storage")
        val sealed = files.single().readBytes()
        assertThrows(StorageException.Damaged::class.java) { storage.get("name") }
        for (name in listOf("name", "another")) {
            assertThrows(StorageException.Damaged::class.java) { storage.set(name, "new") }
        }
        assertArrayEquals(sealed, files.single().readBytes())

        storage.remove("name")
        // What a crash left half-written is no entry.
        File(context.noBackupFilesDir, "countersign/unfinished").writeBytes(sealed)
        storage.set("name", "new")
        assertEquals("new", storage.get("name"))
    }

    @Test
    fun `one entry cannot stand in for another`() {
        storage.set("a", "of a")
        storage.set("b", "of b")
        val (a, b) = files
        a.copyTo(b, overwrite = true)
        assertThrows(StorageException.Damaged::class.java) { storage.get("b") }
    }
}
