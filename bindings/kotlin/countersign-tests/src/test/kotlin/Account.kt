import dev.countersign.App
import dev.countersign.Authenticator
import dev.countersign.Client
import dev.countersign.DeviceSigner
import dev.countersign.DeviceSignals
import dev.countersign.Enrolment
import dev.countersign.Http
import dev.countersign.HttpException
import dev.countersign.HttpRequest
import dev.countersign.HttpResponse
import dev.countersign.InboxEvent
import dev.countersign.Login
import dev.countersign.LoginState
import dev.countersign.LogSink
import dev.countersign.MethodKind
import dev.countersign.Ports
import dev.countersign.Request
import dev.countersign.SecureStorage
import dev.countersign.Session
import dev.countersign.TotpEntry
import dev.countersign.UserVerifier
import dev.countersign.testing.MemoryStorage
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.channels.ReceiveChannel
import kotlinx.coroutines.future.await
import kotlinx.coroutines.runBlocking
import java.io.IOException
import java.net.ConnectException
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse.BodyHandlers
import kotlin.time.toJavaDuration
import java.net.http.HttpRequest as JavaRequest

val APP = App(id = "com.example.tests", name = "Acme", version = "4.2", deviceName = "Mia's laptop")
const val EMAIL = "mia@example.com"
const val PASSWORD = "correct horse battery"

/** Runs a test that talks to the server, in real time. */
fun live(test: suspend CoroutineScope.() -> Unit): Unit = runBlocking(Dispatchers.Default, test)

/** A device with nothing on it but what the test brings. */
fun device(
    storage: SecureStorage = MemoryStorage(),
    signer: DeviceSigner? = null,
    verifier: UserVerifier? = null,
    signals: DeviceSignals? = null,
    log: LogSink? = null,
    http: Http? = null,
) = Ports(APP, storage, signer, verifier, signals, log, http)

/** A user whose address is proven, on the laptop that signed up. */
class Account private constructor(val stub: Stub, val ports: Ports) {
    val client = Client(stub.url, ports)
    lateinit var totp: TotpEntry

    suspend fun login(): Login = client.login(EMAIL, PASSWORD)

    /** Signs in with all that is needed. */
    suspend fun session(): Session {
        val login = login()
        if (login.state is LoginState.MfaRequired) login.submitCode(MethodKind.TOTP, nextCode())
        return (login.state as LoginState.Done).session
    }

    fun code(): String = totp.codesAt(client.serverNow()).current

    /** The code of a step that was not used yet. */
    fun nextCode(): String {
        stub.advance(30)
        return totp.codesAt(client.serverNow()).next
    }

    /** An authenticator of the account, enrolled by this session or a new one. */
    suspend fun phone(ports: Ports = device(), session: Session? = null): Pair<Authenticator, Enrolment> {
        val authenticator = Authenticator(ports)
        return authenticator to authenticator.enroll((session ?: session()).ticket(), "Mia's phone")
    }

    /** A login on another device, which waits for an answer. */
    suspend fun pushLogin(ports: Ports = device()): Login =
        Client(stub.url, ports).login(EMAIL, PASSWORD).also { it.requestPush() }

    companion object {
        /** With a password alone. */
        suspend fun signUp(): Account {
            val stub = Stub()
            val account = Account(stub, device())
            account.client.signUp("Acme", EMAIL, "Mia Meyer", PASSWORD)
            account.client.activate(stub.activationToken(EMAIL))
            return account
        }

        /** With a code generator, confirmed. */
        suspend fun withTotp(): Account = signUp().also { account ->
            val session = account.session()
            session.startTotp("My codes").use { setup ->
                account.totp = TotpEntry.parse(setup.otpauthUri)
                session.confirmTotp(setup.methodId, account.code())
            }
        }
    }
}

/** A link for an authenticator. */
suspend fun Session.ticket(): String = createEnrolmentTicket().use { it.uri }

/** The number that sign-in shows. */
val Login.number: String get() = (state as LoginState.Pending).number

/** The next request, past what is told of the connection. */
suspend fun ReceiveChannel<InboxEvent>.request(): Request {
    while (true) (receive() as? InboxEvent.Arrived)?.let { return it.request }
}

/** The network of the JDK. */
open class JavaHttp : Http {
    private val client = HttpClient.newHttpClient()

    override suspend fun send(request: HttpRequest): HttpResponse {
        val body = request.body?.let(BodyPublishers::ofByteArray) ?: BodyPublishers.noBody()
        val asked = JavaRequest.newBuilder(URI(request.url))
            .method(request.method, body)
            .timeout(request.timeout.toJavaDuration())
        request.headers.filterKeys { it !in SET_BY_THE_JDK }.forEach(asked::header)
        val answer = try {
            client.sendAsync(asked.build(), BodyHandlers.ofByteArray()).await()
        } catch (error: ConnectException) {
            throw HttpException.Unreachable("no connection", error)
        } catch (error: IOException) {
            throw HttpException.Interrupted("the connection broke", error)
        }
        val headers = answer.headers().map().flatMap { (name, values) -> values.map { name to it } }
        return HttpResponse(answer.statusCode(), headers, answer.body())
    }

    private companion object {
        val SET_BY_THE_JDK = setOf("host", "content-length", "connection")
    }
}
