import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import java.io.Closeable
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.nio.file.Path
import java.time.Duration
import java.util.concurrent.atomic.AtomicInteger

/** A realm of the running server, one for each test, and its control plane. */
class Stub {
    val url: String = "${server.url}/r/kotlin-${numbers.incrementAndGet()}"

    /** The token of the link that was mailed to the address. */
    fun activationToken(email: String): String {
        val mail = call("GET", "/outbox?to=$email&wait=20s").getValue("messages").jsonArray.first().jsonObject
        val link = mail.getValue("links").jsonArray.first().jsonPrimitive.content
        return link.substringAfter("token=").substringBefore('&')
    }

    /** Moves the realm's clock. */
    fun advance(seconds: Int) {
        call("POST", "/clock/advance", """{"seconds":$seconds}""")
    }

    private fun call(method: String, path: String, body: String? = null): JsonObject {
        val publisher = body?.let(HttpRequest.BodyPublishers::ofString) ?: HttpRequest.BodyPublishers.noBody()
        val request = HttpRequest.newBuilder(URI("$url/_stub$path"))
            .method(method, publisher)
            .header("authorization", "Bearer ${server.bearer}")
            .header("content-type", "application/json")
            .timeout(Duration.ofSeconds(30))
            .build()
        val answer = network.send(request, HttpResponse.BodyHandlers.ofString())
        check(answer.statusCode() < 300) { "$method $path: ${answer.statusCode()} ${answer.body()}" }
        return if (answer.body().isBlank()) JsonObject(emptyMap()) else Json.parseToJsonElement(answer.body()).jsonObject
    }

    private companion object {
        val numbers = AtomicInteger()
        val network: HttpClient = HttpClient.newHttpClient()

        /** One program for all tests of the run; it ends with them. */
        val server: Server by lazy {
            Server().also { Runtime.getRuntime().addShutdownHook(Thread(it::close)) }
        }
    }
}

/** The program under `COUNTERSIGN_SERVER`, and the line that it prints when it is ready. */
private class Server : Closeable {
    private val process = ProcessBuilder(setting("COUNTERSIGN_SERVER"), "--port", "0", "--ready-json")
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start()
    private val ready = Json.parseToJsonElement(process.inputReader().readLine()).jsonObject

    val url: String = ready.getValue("url").jsonPrimitive.content
    val bearer: String = ready.getValue("stub_bearer").jsonPrimitive.content

    override fun close() = process.destroy()
}

/** A program of the tests, in a process of its own. */
fun program(main: String, vararg arguments: String): ProcessBuilder {
    val java = Path.of(System.getProperty("java.home"), "bin", "java").toString()
    // Surefire's own class path is one jar that names the others.
    val classpath = System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path")
    return ProcessBuilder(java, "-cp", classpath, main, *arguments).redirectError(ProcessBuilder.Redirect.INHERIT)
}

/** What the tests are told by `cargo xtask test`. */
fun setting(name: String): String =
    checkNotNull(System.getenv(name)) { "$name is not set; `cargo xtask test` sets it" }
