import dev.countersign.Authenticator
import dev.countersign.Client
import dev.countersign.CountersignException
import dev.countersign.LoginState
import dev.countersign.MethodKind
import dev.countersign.Network
import dev.countersign.Ports
import dev.countersign.ProblemCode
import dev.countersign.UserAction
import dev.countersign.testing.MemoryStorage
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.MethodSource
import java.net.InetAddress
import java.net.ServerSocket

/** Errors say what happened in fields, and what to do. */
class ErrorsTest {
    @Test
    fun `a wrong code tells how many attempts are left`() = live {
        val account = Account.withTotp()
        val login = account.login()
        val right = account.nextCode()
        val wrong = ((right.toInt() + 1) % 1_000_000).toString().padStart(6, '0')
        val refused = assertThrows<CountersignException.Refused> { login.submitCode(MethodKind.TOTP, wrong) }
        assertEquals(ProblemCode.WRONG_CODE, refused.code)
        assertEquals(4, refused.attemptsLeft)
        assertNotNull(refused.correlationId)
        assertEquals(refused.detail, refused.message)
        assertEquals(UserAction.CORRECT_INPUT, refused.userAction)
        assertFalse(refused.isRetryable)
        assertInstanceOf(LoginState.MfaRequired::class.java, login.state)
        assertInstanceOf(LoginState.Done::class.java, login.submitCode(MethodKind.TOTP, right))
    }

    @Test
    fun `a wrong password is refused`() = live {
        val account = Account.signUp()
        val refused = assertThrows<CountersignException.Refused> { account.client.login(EMAIL, "$PASSWORD!") }
        assertEquals(ProblemCode.INVALID_CREDENTIALS, refused.code)
        assertNull(refused.attemptsLeft)
    }

    @Test
    fun `a refusal names the fields that it is about`() = live {
        val client = Client(Stub().url, device())
        val refused = assertThrows<CountersignException.Refused> { client.signUp("Acme", EMAIL, "Mia", "Password123") }
        assertEquals(ProblemCode.INVALID_REQUEST, refused.code)
        assertEquals(listOf("password"), refused.fields.map { it.field })
    }

    @Test
    fun `a ticket is good once`() = live {
        val link = Account.signUp().session().ticket()
        Authenticator(device()).enroll(link, "One")
        val refused = assertThrows<CountersignException.Refused> { Authenticator(device()).enroll(link, "Two") }
        assertEquals(ProblemCode.INVALID_TICKET, refused.code)
        assertEquals(UserAction.ENROL, refused.userAction)
    }

    @Test
    fun `offline is told apart and may be tried again`() = live {
        val port = ServerSocket(0, 1, InetAddress.getLoopbackAddress()).use { it.localPort }
        val client = Client("http://127.0.0.1:$port", device())
        val offline = assertThrows<CountersignException.Offline> { client.login(EMAIL, PASSWORD) }
        assertTrue(offline.reason.isNotEmpty())
        assertTrue(offline.isRetryable)
        assertEquals(UserAction.TRY_AGAIN, offline.userAction)
    }

    @ParameterizedTest
    @MethodSource("badCalls")
    fun `a value is refused before anything is sent`(field: String, call: Call) = live {
        val client = Client("https://auth.invalid", device())
        val error = assertThrows<CountersignException.InvalidInput> { call(client) }
        assertEquals(field, error.field)
        assertTrue(error.problem in error.message)
    }

    @Test
    fun `what is set up wrong is refused`() {
        assertThrows<CountersignException.InvalidInput> { Client("http://auth.example", device()) }
        val alone = Network(pins = mapOf("auth.example" to listOf("sha256/${"A".repeat(43)}=")))
        val error = assertThrows<CountersignException.InvalidInput> {
            Ports(APP, storage = MemoryStorage(), network = alone)
        }
        assertEquals("pins", error.field)
        val nameless = APP.copy(deviceName = " ")
        assertThrows<CountersignException.InvalidInput> { Ports(nameless, storage = MemoryStorage()) }
    }

    fun interface Call {
        suspend operator fun invoke(client: Client)
    }

    companion object {
        @JvmStatic
        fun badCalls(): List<Array<Any>> = listOf(
            arrayOf("email", Call { it.login("mia", PASSWORD) }),
            arrayOf("password", Call { it.login(EMAIL, "short") }),
            arrayOf("token", Call { it.activate("no token") }),
            arrayOf("name", Call { it.signUp(" ", EMAIL, "Mia", PASSWORD) }),
        )
    }
}
