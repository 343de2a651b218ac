package dev.countersign.testing

import dev.countersign.ChallengeState
import dev.countersign.ConnectionState
import dev.countersign.CountersignException
import dev.countersign.DenyReason
import dev.countersign.InboxEvent
import dev.countersign.LoginState
import dev.countersign.MethodKind
import dev.countersign.SessionEnd
import dev.countersign.StorageException
import dev.countersign.UserAction
import dev.countersign.Verification
import dev.countersign.VerifierException
import dev.countersign.VerifyPrompt
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.produceIn
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.yield
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

/** The fakes behave as the real ones do, as far as an app sees. No native library is there to help them. */
class FakesTest {
    @Test
    fun `everybody is signed in unless the test says otherwise`() = runTest {
        val done = FakeClient().login("mia@example.com", "any password").state as LoginState.Done
        assertEquals("mia@example.com", done.session.profile().email)
    }

    @Test
    fun `a code that is refused leaves the login where it was`() = runTest {
        val login = FakeLogin(mfaRequired(MethodKind.TOTP))
        login.onSubmitCode = { _, code, _ -> if (code == "123456") done() else throw wrongCode(attemptsLeft = 4) }
        val refused = assertThrows<CountersignException.Refused> { login.submitCode(MethodKind.TOTP, "000000") }
        assertEquals(4, refused.attemptsLeft)
        assertEquals(UserAction.CORRECT_INPUT, refused.userAction)
        assertInstanceOf(LoginState.MfaRequired::class.java, login.state)
        assertInstanceOf(LoginState.Done::class.java, login.submitCode(MethodKind.TOTP, "123456"))
        assertThrows<CountersignException.InvalidTransition> { login.submitCode(MethodKind.TOTP, "123456") }
    }

    @Test
    fun `a push waits until the test answers`() = runTest {
        val login = FakeLogin(mfaRequired())
        assertEquals("42", (login.requestPush() as LoginState.Pending).number)
        val waiting = async { login.awaitAnswer() }
        yield()
        assertFalse(waiting.isCompleted)
        login.answer(LoginState.Denied(DenyReason.MISTAKE))
        assertEquals(LoginState.Denied(DenyReason.MISTAKE), waiting.await())
    }

    @Test
    fun `what is prepared is sent later`() = runTest {
        val login = FakeLogin(mfaRequired())
        login.prepareCode(MethodKind.TOTP, "123456")
        assertEquals(LoginState.Unanswered, login.state)
        login.failure = CountersignException.Offline("a tunnel")
        assertThrows<CountersignException.Offline> { login.send() }
        assertEquals(LoginState.Unanswered, login.state)
        login.failure = null
        assertInstanceOf(LoginState.Done::class.java, login.send())
    }

    @Test
    fun `a session that ends tells so and refuses everything`() = runTest {
        val session = FakeSession()
        session.confirmTotp("method-1", "123456")
        assertEquals(listOf(MethodKind.TOTP), session.methods().map { it.method })
        session.end(SessionEnd.EVICTED)
        assertEquals(listOf(SessionEnd.EVICTED), session.ended.toList())
        assertThrows<CountersignException.SessionEnded> { session.profile() }
    }

    @Test
    fun `an inbox gives what is pending and what comes, until the enrolment is removed`() = runTest {
        val phone = FakeAuthenticator()
        val (first, second) = listOf(FakeRequest(challengeId = "one"), FakeRequest(challengeId = "two"))
        phone.arrive(first)
        val inbox = phone.inbox("enrolment-1").produceIn(this)
        assertEquals(InboxEvent.Arrived(first), inbox.receive())
        phone.arrive(second)
        phone.arrive(FakeRequest(enrolmentId = "enrolment-2"))
        phone.close(second, ChallengeState.SUPERSEDED)
        phone.tell("enrolment-1", InboxEvent.Connection(ConnectionState.OFFLINE))
        assertEquals(InboxEvent.Arrived(second), inbox.receive())
        assertEquals(InboxEvent.Closed("two", ChallengeState.SUPERSEDED), inbox.receive())
        assertEquals(InboxEvent.Connection(ConnectionState.OFFLINE), inbox.receive())
        phone.remove("enrolment-1")
        assertTrue(inbox.receiveCatching().isClosed)
        assertEquals(emptyList<Any>(), phone.enrolments())
    }

    @Test
    fun `a notification names an open request`() = runTest {
        val phone = FakeAuthenticator()
        val request = FakeRequest(challengeId = "one")
        assertNull(phone.pushed("""{"countersign_challenge":"one"}"""))
        phone.arrive(request)
        assertEquals(request, phone.pushed("""{"countersign_challenge":"one"}"""))
        assertEquals(emptyList<Any>(), phone.history())
    }

    @Test
    fun `an answer is kept, and closes the request`() = runTest {
        val phone = FakeAuthenticator()
        val (approved, denied, mistyped) = List(3) { FakeRequest(number = "73", challengeId = "challenge-$it") }
        listOf(approved, denied, mistyped).forEach(phone::arrive)
        phone.approve(approved, "73")
        phone.deny(denied, DenyReason.NOT_ME)
        assertThrows<CountersignException.Refused> { phone.approve(mistyped, "37") }
        val closed = assertThrows<CountersignException.RequestClosed> { phone.approve(mistyped, "73") }
        assertEquals(ChallengeState.WRONG_NUMBER, closed.state)
        assertEquals(
            listOf(
                FakeAuthenticator.Answer.Approved(approved),
                FakeAuthenticator.Answer.Denied(denied, DenyReason.NOT_ME),
            ),
            phone.answers,
        )
        assertEquals(emptyList<Any>(), phone.pending("enrolment-1").requests)
    }

    @Test
    fun `without a network everything fails in the same way`() = runTest {
        val offline = CountersignException.Offline("a tunnel")
        val client = FakeClient().apply { failure = offline }
        val phone = FakeAuthenticator().apply { failure = offline }
        assertTrue(assertThrows<CountersignException> { client.login("mia@example.com", "") }.isRetryable)
        assertThrows<CountersignException.Offline> { phone.enroll("countersign://enroll?v=1", "My phone") }
        assertThrows<CountersignException.Offline> { phone.approve(FakeRequest(), "42") }
    }

    @Test
    fun `the ports keep to their contract`() = runTest {
        val storage = MemoryStorage()
        storage.set("name", "value")
        assertThrows<IllegalArgumentException> { storage.set("name", "two\nlines") }
        assertEquals(mapOf("name" to "value"), storage.entries)
        storage.locked = true
        assertThrows<StorageException.Locked> { storage.get("name") }

        val prompt = VerifyPrompt("Approve", "mia@example.com")
        val willing = FixedVerifier()
        assertEquals(Verification.BIOMETRIC, willing.verify(prompt))
        assertEquals(listOf(prompt), willing.prompts)
        assertFalse(FixedVerifier(VerifierException.Unavailable()).available())
        assertThrows<VerifierException.Cancelled> { FixedVerifier(VerifierException.Cancelled()).verify(prompt) }
    }
}
