import dev.countersign.Client
import dev.countersign.CountersignException
import dev.countersign.HttpException
import dev.countersign.HttpRequest
import dev.countersign.HttpResponse
import dev.countersign.LoginState
import dev.countersign.Session
import dev.countersign.SessionEnd
import dev.countersign.testing.FakeClient
import dev.countersign.testing.FakeSession
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.EnumSource

/** How a session ends, for the real one and for the fake that stands in for it in the tests of apps. */
class SessionTest {
    @ParameterizedTest
    @EnumSource
    fun `signing out ends it`(kind: Kind) = ends(kind) { it.logout() }

    @ParameterizedTest
    @EnumSource
    fun `forgetting ends it`(kind: Kind) = ends(kind) { it.forget() }

    @ParameterizedTest
    @EnumSource
    fun `without a server it cannot be signed out but forgotten`(kind: Kind) = live {
        val device = kind.signIn()
        device.goOffline()
        assertThrows<CountersignException.Offline> { device.session.logout() }
        assertNotNull(device.client.resumeSession(EMAIL))
        device.session.forget()
        assertEquals(SessionEnd.LOGGED_OUT, device.session.ended.first())
        assertNull(device.client.resumeSession(EMAIL))
    }

    private fun ends(kind: Kind, end: suspend (Session) -> Unit) = live {
        val device = kind.signIn()
        val session = device.session
        val waiting = async(start = CoroutineStart.UNDISPATCHED) { session.ended.first() }
        end(session)
        assertEquals(SessionEnd.LOGGED_OUT, waiting.await())
        assertEquals(listOf(SessionEnd.LOGGED_OUT), session.ended.toList())
        val error = assertThrows<CountersignException.SessionEnded> { session.profile() }
        assertEquals(SessionEnd.LOGGED_OUT, error.reason)
        assertNull(device.client.resumeSession(EMAIL))
        // Both may be done again.
        session.logout()
        session.forget()
        assertEquals(SessionEnd.LOGGED_OUT, session.ended.first())
    }

    class Device(val client: Client, val session: Session, val goOffline: () -> Unit)

    enum class Kind {
        REAL {
            override suspend fun signIn(): Device {
                val network = object : JavaHttp() {
                    @Volatile
                    var isThere = true

                    override suspend fun send(request: HttpRequest): HttpResponse =
                        if (isThere) super.send(request) else throw HttpException.Unreachable("a tunnel")
                }
                val client = Client(Account.signUp().stub.url, device(http = network))
                val done = client.login(EMAIL, PASSWORD).state as LoginState.Done
                return Device(client, done.session) { network.isThere = false }
            }
        },
        FAKE {
            override suspend fun signIn(): Device {
                val session = FakeSession()
                val client = FakeClient().apply { sessions[EMAIL] = session }
                return Device(client, session) { session.failure = CountersignException.Offline("a tunnel") }
            }
        },
        ;

        abstract suspend fun signIn(): Device
    }
}
