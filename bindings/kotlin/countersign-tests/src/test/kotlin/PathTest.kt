import dev.countersign.Authenticator
import dev.countersign.Client
import dev.countersign.CountersignException
import dev.countersign.DenyReason
import dev.countersign.HttpException
import dev.countersign.HttpRequest
import dev.countersign.HttpResponse
import dev.countersign.LoginState
import dev.countersign.MethodKind
import dev.countersign.Notice
import dev.countersign.ProblemCode
import dev.countersign.Resumed
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.produceIn
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.ValueSource

/** From sign-up to a denied request, on the running server. */
class PathTest {
    @Test
    fun `the whole path`() = live {
        val account = Account.withTotp()
        val login = account.login()
        val required = login.state as LoginState.MfaRequired
        assertEquals(listOf(MethodKind.TOTP), required.methods.map { it.method })

        val done = login.submitCode(MethodKind.TOTP, account.nextCode(), trustDevice = true) as LoginState.Done
        assertEquals(listOf("pwd", "otp"), done.amr)
        val trusted = account.login().state as LoginState.Done
        assertEquals(listOf("pwd", "trusted_device"), trusted.amr)
        assertTrue(account.client.isTrusted(EMAIL))

        val (phone, enrolment) = account.phone(session = done.session)
        assertEquals("Acme" to EMAIL, enrolment.application to enrolment.account)
        assertEquals(listOf("Mia's phone"), trusted.session.enrolledDevices().map { it.name })

        val inbox = phone.inbox(enrolment.id).produceIn(this)
        val approved = account.pushLogin()
        val request = inbox.request()
        assertEquals(EMAIL, request.context.account)
        assertEquals("127.0.0.1", request.context.address)
        assertEquals("Acme 4.2", request.context.device.app)
        assertEquals(request.numberDigits, approved.number.length)
        val waiting = async { approved.awaitAnswer() }
        phone.approve(request, approved.number)
        val answered = waiting.await() as LoginState.Done
        assertEquals(listOf("pwd", "push"), answered.amr)
        assertEquals("Mia Meyer", answered.session.profile().name)

        val denied = account.pushLogin()
        phone.deny(inbox.request(), DenyReason.NOT_ME)
        assertEquals(LoginState.Denied(DenyReason.NOT_ME), denied.awaitAnswer())
        inbox.cancel()

        account.client.forgetTrust(EMAIL)
        assertInstanceOf(LoginState.MfaRequired::class.java, account.login().state)
    }

    @Test
    fun `a password alone signs in, and the app is told to recommend more`() = live {
        val done = Account.signUp().login().state as LoginState.Done
        assertEquals(listOf("pwd"), done.amr)
        assertEquals(EMAIL, done.user.email)
        assertTrue(Notice.MFA_SETUP_RECOMMENDED in done.notices)
    }

    @Test
    fun `a saved login survives a restart`() = live {
        val account = Account.withTotp()
        val login = account.login()
        assertEquals(LoginState.Unanswered, login.prepareCode(MethodKind.TOTP, account.nextCode()))
        val saved = login.save()

        val restarted = Client(account.stub.url, account.ports).restoreLogin(saved)
        assertEquals(LoginState.Unanswered, restarted.state)
        val done = restarted.send() as LoginState.Done
        val again = login.send() as LoginState.Done
        assertEquals(done.session.id, again.session.id, "the two calls are one")

        val found = Client(account.stub.url, account.ports).resumeSession(EMAIL)
        assertEquals(EMAIL, found?.profile()?.email)
        val broken = saved.copyOf(saved.size - 1)
        assertThrows<CountersignException.Damaged> { account.client.restoreLogin(broken) }
    }

    @Test
    fun `a step that is not possible changes nothing`() = live {
        val login = Account.withTotp().login()
        val error = assertThrows<CountersignException.InvalidTransition> { login.awaitAnswer() }
        assertEquals("wait", error.step)
        assertInstanceOf(LoginState.MfaRequired::class.java, login.state)
        assertEquals(LoginState.Cancelled, login.cancel())
        assertThrows<CountersignException.InvalidTransition> { login.submitCode(MethodKind.TOTP, "123456") }
    }

    @Test
    fun `another step ends waiting, and the login goes on`() = live {
        val account = Account.withTotp()
        account.phone()
        val login = account.pushLogin()
        val waiting = async { runCatching { login.awaitAnswer() } }
        assertInstanceOf(LoginState.MfaRequired::class.java, login.useOtherMethod())
        assertTrue(waiting.await().exceptionOrNull() is CountersignException)
        assertInstanceOf(LoginState.Done::class.java, login.submitCode(MethodKind.TOTP, account.nextCode()))
    }

    @Test
    fun `a wrong number closes the request`() = live {
        val account = Account.withTotp()
        val (phone, enrolment) = account.phone()
        val login = account.pushLogin()
        val number = login.number
        val wrong = (number.first().digitToInt() + 1).mod(10).toString() + number.drop(1)
        val request = phone.pending(enrolment.id).requests.single()
        val error = assertThrows<CountersignException.Refused> { phone.approve(request, wrong) }
        assertEquals(ProblemCode.WRONG_NUMBER, error.code)
        assertThrows<CountersignException.RequestClosed> { phone.approve(request, number) }
        assertInstanceOf(LoginState.MfaRequired::class.java, login.awaitAnswer())
    }

    @ParameterizedTest
    @ValueSource(ints = [61, 601])
    fun `waiting ends when the time is over`(seconds: Int) = live {
        val account = Account.withTotp()
        account.phone()
        val login = account.pushLogin()
        account.stub.advance(seconds)
        val over = if (seconds > 600) LoginState.Expired::class.java else LoginState.MfaRequired::class.java
        assertInstanceOf(over, login.awaitAnswer())
    }

    @Test
    fun `an enrolment whose answer was lost is resumed`() = live {
        val network = object : JavaHttp() {
            @Volatile
            var losing = true

            override suspend fun send(request: HttpRequest): HttpResponse {
                val answer = super.send(request)
                if (losing && request.url.endsWith("/mfa/push/register")) {
                    throw HttpException.Interrupted("the answer was lost")
                }
                return answer
            }
        }
        val account = Account.signUp()
        val phone = Authenticator(device(http = network))
        val session = account.session()
        val link = session.ticket()
        val error = assertThrows<CountersignException.Interrupted> { phone.enroll(link, "Mia's phone") }
        assertTrue(error.isRetryable)
        assertTrue(phone.enrolments().isEmpty())

        network.losing = false
        val resumed = phone.resume().single() as Resumed.Enrolled
        assertEquals(listOf(resumed.enrolment), phone.enrolments())
        assertEquals(1, session.enrolledDevices().size)
    }
}
