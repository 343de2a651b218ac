package dev.countersign.android

import com.sun.net.httpserver.HttpExchange
import com.sun.net.httpserver.HttpServer
import dev.countersign.HttpException
import dev.countersign.HttpRequest
import dev.countersign.HttpResponse
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.ServerSocket
import java.net.SocketException
import kotlin.concurrent.thread
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.test.runTest
import org.junit.After
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test

class PlatformHttpTest {
    private val loopback = InetAddress.getLoopbackAddress()
    private val server = HttpServer.create(InetSocketAddress(loopback, 0), 0)
    private val url = "http://${loopback.hostAddress}:${server.address.port}/"

    @After
    fun stop() = server.stop(0)

    private fun serve(answer: (HttpExchange) -> Unit) {
        server.createContext("/") { exchange -> exchange.use(answer) }
        server.start()
    }

    private fun HttpExchange.use(answer: (HttpExchange) -> Unit) = try {
        answer(this)
    } finally {
        close()
    }

    private fun send(url: String, method: String = "GET", body: ByteArray? = null, longest: Long = 1_000) = runBlocking {
        PlatformHttp().send(HttpRequest(method, url, mapOf("dpop" to "a proof"), body, 30.seconds, longest))
    }

    @Test
    fun `a request and its answer arrive whole, an error too`() {
        serve { exchange ->
            val said = "${exchange.requestMethod} ${exchange.requestHeaders.getFirst("dpop")} "
            val answer = said.encodeToByteArray() + exchange.requestBody.readBytes()
            exchange.responseHeaders.add("dpop-nonce", "a nonce")
            // Not 401: unlike Android's, the JDK's own connection gives no body for it.
            exchange.sendResponseHeaders(403, answer.size.toLong())
            exchange.responseBody.write(answer)
        }
        val answer = send(url, "POST", "a body".encodeToByteArray())
        assertEquals(403, answer.status)
        assertEquals("POST a proof a body", answer.body.decodeToString())
        assertTrue(answer.headers.any { (name, value) -> name.equals("dpop-nonce", true) && value == "a nonce" })
    }

    @Test
    fun `an answer without a body is empty, and a redirect is not followed`() {
        serve { exchange ->
            exchange.responseHeaders.add("location", "https://elsewhere.invalid/")
            exchange.sendResponseHeaders(302, -1)
        }
        val answer = send(url, "DELETE")
        assertEquals(302, answer.status)
        assertArrayEquals(ByteArray(0), answer.body)
    }

    @Test
    fun `an answer that is too long is not read`() {
        serve { exchange ->
            exchange.sendResponseHeaders(200, 0)
            exchange.responseBody.write(ByteArray(11))
        }
        assertThrows(HttpException.Interrupted::class.java) { send(url, longest = 10) }
        assertEquals(11, send(url, longest = 11).body.size)
    }

    @Test
    fun `the connection is closed when the time is over`() = unanswered { call ->
        // In virtual time, which passes at once where all wait.
        val error = call.await().exceptionOrNull()
        assertTrue("$error", error is HttpException.TimedOut)
    }

    @Test
    fun `the connection is closed when the coroutine is cancelled`() = unanswered { call -> call.cancelAndJoin() }

    /** A request that is on its way and gets no answer. [end] ends it. */
    private fun unanswered(end: suspend (Deferred<Result<HttpResponse>>) -> Unit) = runTest {
        ServerSocket(0, 1, loopback).use { silent ->
            val url = "http://${loopback.hostAddress}:${silent.localPort}/"
            val request = HttpRequest("POST", url, emptyMap(), byteArrayOf(1), 1.hours, 1_000)
            val call = async(start = CoroutineStart.UNDISPATCHED) { runCatching { PlatformHttp().send(request) } }
            silent.accept().use { connection ->
                connection.soTimeout = 60_000
                val asked = connection.getInputStream()
                assertTrue(asked.read() >= 0)
                end(call)
                try {
                    asked.readBytes()
                } catch (_: SocketException) {
                    // Closed with something unread.
                }
            }
        }
    }

    @Test
    fun `no connection and a broken one are told apart`() {
        val free = ServerSocket(0, 1, loopback).use { it.localPort }
        assertThrows(HttpException.Unreachable::class.java) { send("http://${loopback.hostAddress}:$free/") }

        ServerSocket(0, 1, loopback).use { breaking ->
            val once = thread { breaking.accept().use { it.getInputStream().read() } }
            val error = assertThrows(HttpException::class.java) {
                send("http://${loopback.hostAddress}:${breaking.localPort}/", "POST", byteArrayOf(1))
            }
            assertTrue("$error", error is HttpException.Interrupted)
            once.join()
        }
    }
}
