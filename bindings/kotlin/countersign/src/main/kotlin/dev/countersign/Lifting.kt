package dev.countersign

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import kotlin.time.Duration.Companion.seconds
import dev.countersign.ffi.CountersignException as FfiException

/** A call of the core, whose error becomes the one that apps see. */
internal inline fun <T> lifting(call: () -> T): T = try {
    call()
} catch (error: FfiException) {
    throw error.lifted()
}

/** A call of the core that waits. Its work is done off the caller's thread, so that it may be made from the main one. */
internal suspend fun <T> calling(call: suspend () -> T): T =
    withContext(Dispatchers.Default) { lifting { call() } }

internal fun FfiException.lifted(): CountersignException = when (this) {
    is FfiException.InvalidInput -> CountersignException.InvalidInput(`field`, problem, fix)
    is FfiException.Offline -> CountersignException.Offline(reason)
    is FfiException.Interrupted -> CountersignException.Interrupted(reason)
    is FfiException.Untrusted -> CountersignException.Untrusted(reason)
    is FfiException.Refused -> CountersignException.Refused(
        code,
        detail,
        attemptsLeft?.toInt(),
        retryAfter?.toLong()?.seconds,
        fields,
        correlationId,
    )
    is FfiException.SessionEnded -> CountersignException.SessionEnded(reason)
    is FfiException.UnexpectedAnswer -> CountersignException.UnexpectedAnswer(reason, correlationId)
    is FfiException.NotAuthentic -> CountersignException.NotAuthentic(reason)
    is FfiException.RequestClosed -> CountersignException.RequestClosed(state)
    is FfiException.InvalidTransition -> CountersignException.InvalidTransition(state, step)
    is FfiException.Locked -> CountersignException.Locked(reason)
    is FfiException.WrongPassphrase -> CountersignException.WrongPassphrase()
    is FfiException.Damaged -> CountersignException.Damaged(reason)
    is FfiException.Device -> CountersignException.Device(reason)
    is FfiException.NotVerified -> CountersignException.NotVerified(reason, cancelled)
    is FfiException.Cancelled -> CountersignException.Cancelled()
}
