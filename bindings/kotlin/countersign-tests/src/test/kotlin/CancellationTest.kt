import dev.countersign.Client
import dev.countersign.CountersignException
import dev.countersign.HttpRequest
import dev.countersign.HttpResponse
import dev.countersign.LoginState
import dev.countersign.MethodKind
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import java.io.IOException
import java.io.InputStream
import java.net.InetAddress
import java.net.ServerSocket

/** What becomes of the core's call when the coroutine that waits for it is cancelled. */
class CancellationTest {
    @Test
    fun `cancelling ends the call in the core`() = live {
        ServerSocket(0, 1, InetAddress.getLoopbackAddress()).use { silent ->
            val client = Client("http://127.0.0.1:${silent.localPort}", device())
            val call = launch { client.login(EMAIL, PASSWORD) }
            withContext(Dispatchers.IO) {
                silent.accept().use { connection ->
                    val request = connection.getInputStream()
                    assertTrue(request.read() >= 0, "the request is on its way")
                    call.cancelAndJoin()
                    // Nobody answers and nobody times out here: only the end of the call closes the connection.
                    request.readToItsEnd()
                }
            }
            assertTrue(call.isCancelled)
        }
    }

    @Test
    fun `waiting may be cancelled and taken up again`() = live {
        val account = Account.withTotp()
        val (phone, enrolment) = account.phone()
        val login = account.pushLogin()
        val waiting = launch(start = CoroutineStart.UNDISPATCHED) { login.awaitAnswer() }
        waiting.cancelAndJoin()
        val request = phone.pending(enrolment.id).requests.single()
        phone.approve(request, login.number)
        assertInstanceOf(LoginState.Done::class.java, login.awaitAnswer())
    }

    @Test
    fun `a step that has begun is finished even if nobody waits for it`() = live {
        val begun = CompletableDeferred<Unit>()
        val network = object : JavaHttp() {
            override suspend fun send(request: HttpRequest): HttpResponse {
                if (request.url.endsWith("/mfa/verify")) begun.complete(Unit)
                return super.send(request)
            }
        }
        val account = Account.withTotp()
        val login = Client(account.stub.url, device(http = network)).login(EMAIL, PASSWORD)
        val step = launch { login.submitCode(MethodKind.TOTP, account.nextCode()) }
        begun.await()
        step.cancelAndJoin()
        val error = assertThrows<CountersignException.InvalidTransition> { login.save() }
        assertEquals("the login is done", error.state)
        assertInstanceOf(LoginState.Done::class.java, login.state)
    }

    @Test
    fun `a network that is lost half-way is told apart from one that is not there`() = live {
        ServerSocket(0, 8, InetAddress.getLoopbackAddress()).use { hanging ->
            val client = Client("http://127.0.0.1:${hanging.localPort}", device())
            val breaking = launch(Dispatchers.IO) {
                while (true) {
                    val connection = runCatching { hanging.accept() }.getOrNull() ?: break
                    connection.use { it.getInputStream().read() }
                }
            }
            val error = assertThrows<CountersignException> { client.login(EMAIL, PASSWORD) }
            assertTrue(error.isRetryable, error.message)
            hanging.close()
            breaking.join()
            assertThrows<CountersignException.Offline> { client.login(EMAIL, PASSWORD) }
        }
    }

    private fun InputStream.readToItsEnd() {
        try {
            while (read() >= 0) Unit
        } catch (_: IOException) {
            // A connection that was reset is closed as well.
        }
    }
}
