package dev.countersign

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.MethodSource
import dev.countersign.ffi.CountersignException as Core

/** What an exception says of itself is what the core says of it. */
class JudgementTest {
    @ParameterizedTest
    @MethodSource("each")
    fun `it is judged as the core judges it`(core: Core) {
        val seen = core.lifted()
        assertEquals(core.describe(), seen.message)
        assertEquals(core.retryable(), seen.isRetryable)
        assertEquals(core.userAction(), seen.userAction)
    }

    companion object {
        @JvmStatic
        fun each(): List<Core> = ProblemCode.entries.map { Core.Refused(it, "Try the next code.", 4u, 7uL, emptyList(), null) } +
            listOf(
                Core.InvalidInput("email", "is empty", "type one"),
                Core.Offline("it rained"),
                Core.Interrupted("it rained"),
                Core.Untrusted("it rained"),
                Core.SessionEnded(SessionEnd.TOKEN_REUSED),
                Core.SessionEnded(null),
                Core.UnexpectedAnswer("it rained", null),
                Core.NotAuthentic("it rained"),
                Core.RequestClosed(ChallengeState.SUPERSEDED),
                Core.InvalidTransition("the login is done", "send"),
                Core.Locked("it rained"),
                Core.WrongPassphrase(),
                Core.Damaged("it rained"),
                Core.Device("it rained"),
                Core.NotVerified("it rained", true),
                Core.Cancelled(),
            )
    }
}
