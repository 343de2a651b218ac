package dev.countersign.android

import android.app.Activity
import android.app.Notification
import android.app.NotificationChannel
import android.app.NotificationManager
import android.app.PendingIntent
import android.content.Context
import android.content.Intent
import org.json.JSONObject

/**
 * Hands a pushed payload over to the app: a notification that opens an activity, which finds the payload in its intent.
 *
 * A payload says only that something waits. Nothing of it is shown: the app fetches the request by
 * [dev.countersign.Authenticator.pushed], which checks its signature, and shows that. Nobody is asked to verify
 * themselves for it.
 *
 * From Android 13 on the app needs the permission `POST_NOTIFICATIONS`.
 *
 * @param activity what the notification opens; it takes the payload by [payload]
 * @param texts what the user sees, in their language
 */
public class ApprovalNotifications(
    private val context: Context,
    private val activity: Class<out Activity>,
    private val texts: Texts,
) {
    private val system = context.getSystemService(NotificationManager::class.java)

    /**
     * What the user sees.
     *
     * @property channel the name of the channel in the system's settings, such as "Sign-ins"
     * @property title such as "Are you signing in?"
     * @property text such as "Look at it and answer."
     * @property icon a drawable of the app, for the status bar
     */
    public data class Texts(val channel: String, val title: String, val text: String, val icon: Int)

    /**
     * Shows that a sign-in waits. Call it from the handler of pushed messages with the `data` of the message; it
     * replaces the notification before.
     *
     * @return whether the user lets the app show notifications
     */
    public fun show(payload: Map<String, String>): Boolean {
        val channel = NotificationChannel(CHANNEL, texts.channel, NotificationManager.IMPORTANCE_HIGH)
        system.createNotificationChannel(channel)
        val notification = Notification.Builder(context, CHANNEL)
            .setSmallIcon(texts.icon)
            .setContentTitle(texts.title)
            .setContentText(texts.text)
            .setVisibility(Notification.VISIBILITY_PRIVATE)
            .setContentIntent(opening(payload))
            .setAutoCancel(true)
            .build()
        system.notify(ID, notification)
        return system.areNotificationsEnabled()
    }

    /** Takes the notification away, once the request was answered or is over. */
    public fun cancel() {
        system.cancel(ID)
    }

    private fun opening(payload: Map<String, String>): PendingIntent {
        val intent = Intent(context, activity)
            .setAction(ACTION)
            .setFlags(Intent.FLAG_ACTIVITY_NEW_TASK or Intent.FLAG_ACTIVITY_SINGLE_TOP)
            .putExtra(EXTRA, JSONObject(payload).toString())
        return PendingIntent.getActivity(
            context,
            ID,
            intent,
            PendingIntent.FLAG_UPDATE_CURRENT or PendingIntent.FLAG_IMMUTABLE,
        )
    }

    public companion object {
        private const val CHANNEL = "dev.countersign.approvals"
        private const val ACTION = "dev.countersign.APPROVE"
        private const val EXTRA = "dev.countersign.payload"
        private const val ID = 0x43_53

        /** The payload that an activity was opened with, as [dev.countersign.Authenticator.pushed] takes it; `null` when it was opened for another reason. */
        public fun payload(intent: Intent): String? =
            if (intent.action == ACTION) intent.getStringExtra(EXTRA) else null
    }
}
