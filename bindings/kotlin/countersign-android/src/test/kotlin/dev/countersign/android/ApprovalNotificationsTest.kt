package dev.countersign.android

import android.app.Activity
import android.app.Notification
import android.app.NotificationManager
import android.content.Intent
import org.json.JSONObject
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf

@RunWith(RobolectricTestRunner::class)
class ApprovalNotificationsTest {
    class Approvals : Activity()

    private val context = RuntimeEnvironment.getApplication()
    private val system = context.getSystemService(NotificationManager::class.java)
    private val texts = ApprovalNotifications.Texts("Sign-ins", "Are you signing in?", "Look and answer.", 17)
    private val notifications = ApprovalNotifications(context, Approvals::class.java, texts)
    private val payload = mapOf("countersign_enrolment" to "enrolment-1", "countersign_challenge" to "challenge-1")

    private val shown: List<Notification> get() = shadowOf(system).allNotifications

    @Test
    fun `the payload reaches the activity, and nothing of it is shown`() {
        assertTrue(notifications.show(payload))
        val notification = shown.single()
        val text = notification.extras.toString()
        assertTrue("Are you signing in?" in text)
        assertFalse("challenge-1" in text)

        val opening = shadowOf(notification.contentIntent)
        assertTrue(opening.isImmutable)
        assertEquals(Approvals::class.java.name, opening.savedIntent.component?.className)
        val handed = JSONObject(ApprovalNotifications.payload(opening.savedIntent).orEmpty())
        assertEquals(payload, handed.keys().asSequence().associateWith(handed::getString))
    }

    @Test
    fun `a newer request takes the place of the one before, and an answer takes it away`() {
        notifications.show(payload)
        notifications.show(payload + ("countersign_challenge" to "challenge-2"))
        val opened = ApprovalNotifications.payload(shadowOf(shown.single().contentIntent).savedIntent)
        assertTrue("challenge-2" in opened.orEmpty())
        notifications.cancel()
        assertTrue(shown.isEmpty())
    }

    @Test
    fun `it is told when notifications are switched off`() {
        shadowOf(system).setNotificationsEnabled(false)
        assertFalse(notifications.show(payload))
    }

    @Test
    fun `an activity that was opened otherwise has no payload`() {
        assertNull(ApprovalNotifications.payload(Intent(Intent.ACTION_MAIN)))
    }
}
