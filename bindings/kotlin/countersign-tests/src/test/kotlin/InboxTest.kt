import dev.countersign.ChallengeState
import dev.countersign.ConnectionState
import dev.countersign.InboxEvent
import kotlinx.coroutines.flow.consumeAsFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.produceIn
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

/** The inbox: a flow that is open as long as somebody collects it. */
class InboxTest {
    @Test
    fun `requests come and go`() = live {
        val account = Account.withTotp()
        val (phone, enrolment) = account.phone()
        val inbox = phone.inbox(enrolment.id).produceIn(this)
        assertEquals(InboxEvent.Connection(ConnectionState.LIVE), inbox.receive())
        val login = account.pushLogin()
        val request = inbox.request()
        login.cancel()
        assertEquals(InboxEvent.Closed(request.challengeId, ChallengeState.SUPERSEDED), inbox.receive())
        inbox.cancel()
    }

    @Test
    fun `each collection is an inbox of its own`() = live {
        val account = Account.withTotp()
        val (phone, enrolment) = account.phone()
        val inbox = phone.inbox(enrolment.id)
        assertEquals(InboxEvent.Connection(ConnectionState.LIVE), inbox.first())
        val login = account.pushLogin()
        repeat(2) {
            val open = inbox.produceIn(this)
            assertEquals(login.number.length, open.request().numberDigits)
            open.cancel()
        }
    }

    @Test
    fun `removing the enrolment ends the flow`() = live {
        val account = Account.withTotp()
        val (phone, enrolment) = account.phone()
        val events = phone.inbox(enrolment.id).produceIn(this)
        events.receive()
        val removing = launch { phone.remove(enrolment.id) }
        assertEquals(emptyList<InboxEvent>(), events.consumeAsFlow().toList().filterIsInstance<InboxEvent.Arrived>())
        removing.join()
        assertEquals(emptyList<Any>(), phone.enrolments())
    }
}
