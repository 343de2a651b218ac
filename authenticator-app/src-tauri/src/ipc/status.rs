use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Connection, Lock};

/// What every page needs to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Whether the app is set up and open.
    pub lock: Lock,
    /// What the person chose.
    pub settings: Settings,
    /// One for each account.
    pub connections: Vec<Connection>,
    /// How many sign-ins wait for an answer.
    pub waiting: usize,
    /// There while the clock of this device is noticeably off.
    pub clock: Option<ClockNotice>,
    /// Of the app.
    pub version: String,
    /// The app is open and nobody has said yet that the recovery code is kept: show a fresh one.
    pub recovery_pending: bool,
    /// An enrolment link that another program handed over, to be recognised once the app is open.
    pub pending_link: Option<String>,
}

/// The clock of this device is off. Codes are corrected by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
pub struct ClockNotice {
    /// By how much; positive when it is ahead of the servers.
    pub seconds: i64,
}

/// What the person chose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Settings {
    /// Light or dark.
    pub theme: Theme,
    /// Minutes without use after which the app locks itself, 1 to 1440; `null` never.
    pub auto_lock_minutes: Option<u32>,
    /// Seconds after which a copied code leaves the clipboard, 5 to 300.
    pub clear_clipboard_seconds: u32,
    /// Whether codes are shown only when they are asked for.
    pub hide_codes: bool,
    /// Whether the app starts in the tray.
    pub start_hidden: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: Theme::System,
            auto_lock_minutes: Some(10),
            clear_clipboard_seconds: 20,
            hide_codes: false,
            start_hidden: false,
        }
    }
}

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Theme {
    /// As the system is set.
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// What has changed: the payload of the one event, `changed`. The page reads that part again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Topic {
    /// [`Status::lock`] and [`Status::recovery_pending`].
    Lock,
    /// The list of codes.
    Codes,
    /// What waits, and the history.
    Approvals,
    /// The enrolled accounts.
    Accounts,
    /// [`Status::connections`] and [`Status::clock`].
    Connection,
    /// [`Status::settings`].
    Settings,
    /// A copied code left the clipboard.
    Clipboard,
    /// [`Status::pending_link`].
    Link,
}
