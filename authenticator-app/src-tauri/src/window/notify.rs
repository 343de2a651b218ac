//! Tells the pages, the tray and the desktop.

use tauri::{AppHandle, Emitter as _, Manager as _, UserAttentionType};
use tauri_plugin_notification::NotificationExt as _;

use super::{MAIN, show, tray::Tray};
use crate::{
    desk::{Desk, Notify},
    ipc::{Approval, Topic},
};

/// The one event that the pages listen to.
const CHANGED: &str = "changed";

pub(super) struct Pages(pub(super) AppHandle);

impl Notify for Pages {
    fn changed(&self, topic: Topic) {
        // A window that is gone reads everything when it comes back.
        let _ = self.0.emit(CHANGED, topic);
        if topic == Topic::Approvals
            && let (Some(tray), Some(desk)) = (self.0.try_state::<Tray>(), self.0.try_state::<Desk>())
        {
            tray.tell(desk.waiting());
        }
    }

    /// A request takes the screen: the window comes to the front from wherever it was.
    fn arrived(&self, approval: &Approval) {
        let from = approval.place.as_ref().unwrap_or(&approval.address);
        let body = format!("{} signs in from {from}. Is this you?", approval.account);
        // A desktop without notifications still has the window and the tray.
        let _ = self.0.notification().builder().title(&approval.application).body(body).show();
        show(&self.0);
        if let Some(window) = self.0.get_webview_window(MAIN) {
            // Where the desktop does not let a window come to the front by itself.
            let _ = window.request_user_attention(Some(UserAttentionType::Critical));
        }
    }
}
