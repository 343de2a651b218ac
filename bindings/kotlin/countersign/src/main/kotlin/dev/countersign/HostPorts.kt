package dev.countersign

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlin.time.toKotlinDuration
import dev.countersign.ffi.DeviceSignals as FfiSignals
import dev.countersign.ffi.DeviceSigner as FfiSigner
import dev.countersign.ffi.Http as FfiHttp
import dev.countersign.ffi.HttpException as FfiHttpException
import dev.countersign.ffi.HttpHeader as FfiHttpHeader
import dev.countersign.ffi.HttpRequest as FfiHttpRequest
import dev.countersign.ffi.HttpResponse as FfiHttpResponse
import dev.countersign.ffi.LogSink as FfiLog
import dev.countersign.ffi.SecureStorage as FfiStorage
import dev.countersign.ffi.SignerException as FfiSignerException
import dev.countersign.ffi.StorageException as FfiStorageException
import dev.countersign.ffi.UserVerifier as FfiVerifier
import dev.countersign.ffi.VerificationCompletion as FfiCompletion
import dev.countersign.ffi.VerifierException as FfiVerifierException

// The app's ports as the core calls them, one class each.

internal class HostStorage(private val host: SecureStorage) : FfiStorage {
    override fun get(name: String): String? = lowering { host.get(name) }

    override fun set(name: String, value: String) = lowering { host.set(name, value) }

    override fun remove(name: String) = lowering { host.remove(name) }

    private inline fun <T> lowering(call: () -> T): T = try {
        call()
    } catch (error: StorageException) {
        throw when (error) {
            is StorageException.Unsupported -> FfiStorageException.Unsupported(error.reason)
            is StorageException.Locked -> FfiStorageException.Locked(error.reason)
            is StorageException.Broken -> FfiStorageException.Broken(error.reason)
            is StorageException.Damaged -> FfiStorageException.Damaged(error.reason)
        }
    }
}

internal class HostSigner(private val host: DeviceSigner) : FfiSigner {
    override fun create(name: String, usage: KeyUse): ByteArray = lowering { host.create(name, usage) }

    override fun publicKey(name: String): ByteArray? = lowering { host.publicKey(name) }

    override fun sign(name: String, message: ByteArray): ByteArray = lowering { host.sign(name, message) }

    override fun delete(name: String) = lowering { host.delete(name) }

    private inline fun <T> lowering(call: () -> T): T = try {
        call()
    } catch (error: SignerException) {
        throw when (error) {
            is SignerException.Exists -> FfiSignerException.Exists()
            is SignerException.Missing -> FfiSignerException.Missing()
            is SignerException.Locked -> FfiSignerException.Locked(error.reason)
            is SignerException.Broken -> FfiSignerException.Broken(error.reason)
        }
    }
}

/** A prompt runs in a scope of its own: the core waits for it on a thread, not in a coroutine. */
internal class HostVerifier(private val host: UserVerifier) : FfiVerifier {
    private val prompts = CoroutineScope(SupervisorJob() + Dispatchers.Default)

    override fun available(): Boolean = host.available()

    override fun verify(prompt: VerifyPrompt, completion: FfiCompletion) {
        prompts.launch {
            completion.use {
                try {
                    it.succeed(host.verify(prompt))
                } catch (error: CancellationException) {
                    it.fail(FfiVerifierException.Cancelled())
                    throw error
                } catch (error: VerifierException) {
                    it.fail(error.lowered())
                } catch (error: Exception) {
                    it.fail(FfiVerifierException.Rejected(error.reason))
                }
            }
        }
    }

    private fun VerifierException.lowered() = when (this) {
        is VerifierException.Unavailable -> FfiVerifierException.Unavailable()
        is VerifierException.Cancelled -> FfiVerifierException.Cancelled()
        is VerifierException.Rejected -> FfiVerifierException.Rejected(reason)
    }
}

internal class HostSignals(private val host: DeviceSignals) : FfiSignals {
    override fun collect(): List<Signal> = host.collect()
}

internal class HostLog(private val host: LogSink) : FfiLog {
    override fun log(level: LogLevel, target: String, line: String) = host.log(level, target, line)
}

/** Called from a thread that may block, which waits for the coroutine. */
internal class HostHttp(private val host: Http) : FfiHttp {
    override fun send(request: FfiHttpRequest): FfiHttpResponse = try {
        val answer = runBlocking { host.send(request.use { it.lifted() }) }
        FfiHttpResponse(
            answer.status.toUShort(),
            answer.headers.map { (name, value) -> FfiHttpHeader(name, value) },
            answer.body,
        )
    } catch (error: HttpException) {
        throw when (error) {
            is HttpException.Unreachable -> FfiHttpException.Unreachable(error.reason)
            is HttpException.Interrupted -> FfiHttpException.Interrupted(error.reason)
            is HttpException.TimedOut -> FfiHttpException.TimedOut()
            is HttpException.Untrusted -> FfiHttpException.Untrusted(error.reason)
        }
    }

    private fun FfiHttpRequest.lifted() = HttpRequest(
        method(),
        url(),
        headers().associate { it.name to it.value },
        body(),
        timeout().toKotlinDuration(),
        longestAnswer().toLong(),
    )
}

/** What an exception says of itself. */
private val Throwable.reason: String get() = message ?: toString()
