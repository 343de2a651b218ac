package dev.countersign.android

import dev.countersign.Http
import dev.countersign.HttpException
import dev.countersign.HttpRequest
import dev.countersign.HttpResponse
import java.io.ByteArrayOutputStream
import java.io.IOException
import java.io.InputStream
import java.net.ConnectException
import java.net.HttpURLConnection
import java.net.NoRouteToHostException
import java.net.SocketTimeoutException
import java.net.URL
import java.net.UnknownHostException
import javax.net.ssl.SSLException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.asExecutor
import kotlinx.coroutines.suspendCancellableCoroutine
import kotlinx.coroutines.withTimeoutOrNull

/**
 * The network of Android: its certificates, its proxies, and the pins of the app's network security configuration.
 *
 * The time that a request may take is for all of it. When it is over, or the coroutine is cancelled, the connection is
 * closed.
 *
 * Give it to [dev.countersign.Ports] on Android, where the SDK's own network finds no certificates to trust.
 */
public class PlatformHttp : Http {
    override suspend fun send(request: HttpRequest): HttpResponse =
        withTimeoutOrNull(request.timeout) { exchange(request) } ?: throw HttpException.TimedOut()

    private suspend fun exchange(request: HttpRequest): HttpResponse = suspendCancellableCoroutine { waiting ->
        val connection = URL(request.url).openConnection() as HttpURLConnection
        val threads = Dispatchers.IO.asExecutor()
        // What blocks on the network cannot be interrupted; it ends when its connection does. Closing may block as well.
        waiting.invokeOnCancellation { threads.execute(connection::disconnect) }
        threads.execute {
            if (waiting.isActive) waiting.resumeWith(runCatching { connection.exchange(request) })
        }
    }

    private fun HttpURLConnection.exchange(request: HttpRequest): HttpResponse = try {
        ask(request)
        answer(request.longestAnswer)
    } catch (error: IOException) {
        throw error.named()
    } finally {
        disconnect()
    }

    private fun HttpURLConnection.ask(request: HttpRequest) {
        val timeout = request.timeout.inWholeMilliseconds.toInt()
        connectTimeout = timeout
        readTimeout = timeout
        instanceFollowRedirects = false
        useCaches = false
        requestMethod = request.method
        request.headers.forEach(::setRequestProperty)
        val body = request.body ?: return
        doOutput = true
        // A body of this kind is sent once. Otherwise a lost connection is tried again behind the SDK's back.
        setFixedLengthStreamingMode(body.size)
        outputStream.use { it.write(body) }
    }

    private fun HttpURLConnection.answer(longest: Long): HttpResponse {
        val status = responseCode
        val body = (if (status < FIRST_ERROR) inputStream else errorStream)?.use { it.readAtMost(longest) }
        // The status line is among the headers, without a name.
        val headers = headerFields.filterKeys { it != null }
        return HttpResponse(
            status,
            headers.flatMap { (name, values) -> values.map { name to it } },
            body ?: ByteArray(0),
        )
    }

    private fun InputStream.readAtMost(longest: Long): ByteArray {
        val body = ByteArrayOutputStream()
        val part = ByteArray(8_192)
        while (true) {
            val count = read(part)
            if (count < 0) return body.toByteArray()
            body.write(part, 0, count)
            if (body.size() > longest) throw IOException("the answer is longer than $longest bytes")
        }
    }

    private fun IOException.named(): HttpException {
        val reason = message ?: toString()
        return when (this) {
            is ConnectException, is UnknownHostException, is NoRouteToHostException,
            -> HttpException.Unreachable(reason, this)

            is SocketTimeoutException -> HttpException.TimedOut(this)
            is SSLException -> HttpException.Untrusted(reason, this)
            else -> HttpException.Interrupted(reason, this)
        }
    }

    private companion object {
        const val FIRST_ERROR = 400
    }
}
