import dev.countersign.CountersignException
import dev.countersign.DenyReason
import dev.countersign.Enrolment
import dev.countersign.Outcome
import dev.countersign.Request
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

/** What notifications bring, and what is kept of requests. */
class HistoryTest {
    @Test
    fun `a notification gives the request that it names`() = live {
        val account = Account.withTotp()
        val (phone, enrolment) = account.phone()
        val login = account.pushLogin()
        val waiting = phone.pending(enrolment.id).requests.single()
        val payload = notification(enrolment, waiting)
        val request = checkNotNull(phone.pushed(payload))
        assertEquals(waiting.challengeId, request.challengeId)
        phone.approve(request, login.number)
        assertNull(phone.pushed(payload))
    }

    @Test
    fun `a notification is not believed`() = live {
        val (phone, enrolment) = Account.withTotp().phone()
        val foreign = """{"countersign_enrolment":"01J00000000000000000000000","countersign_challenge":"${enrolment.id}"}"""
        for ((payload, field) in listOf("" to "payload", "{}" to "payload", foreign to "enrolment_id")) {
            val error = assertThrows<CountersignException.InvalidInput> { phone.pushed(payload) }
            assertEquals(field, error.field)
        }
    }

    @Test
    fun `history tells how each request ended`() = live {
        val account = Account.withTotp()
        val (phone, enrolment) = account.phone()
        assertEquals(emptyList<Any>(), phone.history())
        val login = account.pushLogin()
        phone.approve(phone.pending(enrolment.id).requests.single(), login.number)
        account.stub.advance(1)
        account.pushLogin()
        phone.deny(phone.pending(enrolment.id).requests.single(), DenyReason.MISTAKE)
        assertEquals(listOf(Outcome.DENIED, Outcome.APPROVED), phone.history(enrolment.id).map { it.outcome })
    }

    private fun notification(enrolment: Enrolment, request: Request) =
        """{"countersign_enrolment":"${enrolment.id}","countersign_challenge":"${request.challengeId}"}"""
}
