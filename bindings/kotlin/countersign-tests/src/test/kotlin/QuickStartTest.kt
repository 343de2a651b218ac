import dev.countersign.LoginState
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.nio.file.Path
import kotlin.io.path.readLines

/** The quick start of the README, taken from there, compiled with the tests and run as a program. */
class QuickStartTest {
    @Test
    fun `it is as short as promised`() {
        val lines = Path.of("src/generated/kotlin/QuickStart.kt").readLines()
        assertTrue(lines.size in 1..30, "${lines.size} lines")
    }

    @Test
    fun `it approves a sign-in`() = live {
        val account = Account.withTotp()
        val link = account.session().ticket()
        withContext(Dispatchers.IO) {
            val program = program("QuickStartKt", link).start()
            val said = program.inputReader()
            assertEquals("Waiting for sign-ins of $EMAIL to Acme", said.readLine())
            val login = account.pushLogin()
            program.outputWriter().use { it.write("${login.number}\n") }
            assertEquals("Mia's laptop at 127.0.0.1 signs in.", said.readLine())
            assertEquals(0, program.waitFor())
            assertInstanceOf(LoginState.Done::class.java, login.awaitAnswer())
        }
    }
}
