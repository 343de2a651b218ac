package dev.countersign.testing

import dev.countersign.ChallengeState
import dev.countersign.ConnectionState
import dev.countersign.CountersignException
import dev.countersign.DenyReason
import dev.countersign.HistoryEntry
import dev.countersign.InboxEvent
import dev.countersign.LoginState
import dev.countersign.MethodKind
import dev.countersign.Outcome
import dev.countersign.Purpose
import dev.countersign.Resumed
import dev.countersign.SessionEnd
import dev.countersign.StorageException
import dev.countersign.UserAction
import dev.countersign.Verification
import dev.countersign.VerifierException
import dev.countersign.VerifyPrompt
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.produceIn
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.yield
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertSame
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

    /** How it ends otherwise is tested beside the real one. */
    @Test
    fun `a session that the server ends tells why and is no longer found`() = runTest {
        val session = FakeSession()
        val client = FakeClient().apply { sessions["mia@example.com"] = session }
        session.confirmTotp("method-1", "123456")
        assertEquals(listOf(MethodKind.TOTP), session.methods().map { it.method })
        assertSame(session, client.resumeSession("mia@example.com"))
        session.end(SessionEnd.EVICTED)
        session.end(SessionEnd.EXPIRED)
        assertEquals(listOf(SessionEnd.EVICTED), session.ended.toList())
        assertEquals(SessionEnd.EVICTED, assertThrows<CountersignException.SessionEnded> { session.profile() }.reason)
        assertNull(client.resumeSession("mia@example.com"))
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
        assertEquals(emptyList<Any>(), phone.pending("enrolment-1").requests)
    }

    @Test
    fun `requests that come and go while an inbox is opened are told of once`() = runTest {
        val phone = FakeAuthenticator()
        val (first, second, third) = listOf("one", "two", "three").map { FakeRequest(challengeId = it) }
        phone.arrive(first)
        phone.arrive(second)
        val seen = mutableListOf<InboxEvent>()
        phone.inbox("enrolment-1").take(4).collect {
            seen += it
            if (it == InboxEvent.Arrived(first)) {
                phone.approve(first, "42")
                phone.close(second, ChallengeState.EXPIRED)
                phone.arrive(third)
            }
        }
        val closed = InboxEvent.Closed("two", ChallengeState.EXPIRED)
        assertEquals(listOf(InboxEvent.Arrived(first), InboxEvent.Arrived(second), closed, InboxEvent.Arrived(third)), seen)
    }

    @Test
    fun `what is resumed is enrolled`() = runTest {
        val phone = FakeAuthenticator(emptyList())
        val found = listOf(Resumed.Enrolled(enrolment()), Resumed.Failed(CountersignException.Offline("a tunnel")))
        phone.halfDone += found
        assertEquals(found, phone.resume())
        assertEquals(listOf(enrolment()), phone.enrolments())
        assertEquals(emptyList<Any>(), phone.resume())
    }

    @Test
    fun `a notification names an open request`() = runTest {
        val phone = FakeAuthenticator()
        val request = FakeRequest(challengeId = "one")
        assertNull(phone.pushed("""{"countersign_challenge":"one"}"""))
        phone.arrive(request)
        assertSame(request, phone.pushed("""{"countersign_challenge":"one"}"""))
        assertNull(phone.pushed("""{"countersign_challenge":"two"}"""))
        phone.close(request, ChallengeState.EXPIRED)
        assertNull(phone.pushed("""{"countersign_challenge":"one"}"""))
    }

    @Test
    fun `history is that of the enrolment which is asked for`() = runTest {
        val phone = FakeAuthenticator()
        val (here, elsewhere) = listOf("enrolment-1", "enrolment-2").map(::historyEntry)
        phone.past += listOf(here, elsewhere)
        assertEquals(listOf(here, elsewhere), phone.history())
        assertEquals(listOf(elsewhere), phone.history("enrolment-2"))
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
        val request = FakeRequest().also(phone::arrive)
        assertThrows<CountersignException.Offline> { phone.approve(request, "42") }
        phone.failure = null
        phone.approve(request, "42")
    }

    @Test
    fun `the number is not printed`() {
        val state: LoginState = LoginState.Pending("4711", NOW)
        assertFalse("4711" in "$state ${listOf(state)}")
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

    private fun historyEntry(enrolmentId: String) = HistoryEntry(
        enrolmentId = enrolmentId,
        challengeId = "challenge-1",
        application = "Acme",
        account = "mia@example.com",
        purpose = Purpose.LOGIN,
        address = "192.0.2.7",
        place = null,
        device = "Mia's laptop",
        os = "Linux 6",
        app = "Acme 4.2",
        known = true,
        requestedAt = NOW,
        endedAt = null,
        outcome = Outcome.OPEN,
    )
}
