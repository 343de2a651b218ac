use countersign::protocol::Secret;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One line of the list of codes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CodeRow {
    /// Names the entry.
    pub id: String,
    /// Who checks the codes, such as "GitHub". May be empty.
    pub issuer: String,
    /// The account there. May be empty.
    pub account: String,
    /// The code now, in groups such as "482 913"; `null` where it is hidden.
    pub code: Option<String>,
    /// The code after it.
    pub next: Option<String>,
    /// End of the present step, by the clock of this device.
    pub valid_until: i64,
    /// Length of a step, in seconds.
    pub period: u64,
    /// Whether it stands first.
    pub pinned: bool,
    /// Whether it is shown only when it is asked for.
    pub hidden: bool,
}

/// It is on the clipboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Copied {
    /// When it leaves it, by the clock of this device, unless something else was copied by then.
    pub clears_at: i64,
}

/// What the page shows, and the person wants elsewhere: a recovery code.
#[derive(Deserialize, TS)]
pub struct CopyText {
    /// As it is copied.
    #[ts(type = "string")]
    pub text: Secret<String>,
}

/// An entry in the trash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TrashedCode {
    /// Names the entry.
    pub id: String,
    /// Who checks the codes. May be empty.
    pub issuer: String,
    /// The account there. May be empty.
    pub account: String,
    /// When it was thrown away, by the clock of this device.
    pub since: i64,
    /// Until when it can be taken out again, by the clock of this device. It goes with the first unlocking after that.
    pub until: i64,
}

/// Names an entry.
#[derive(Debug, Clone, Deserialize, TS)]
pub struct EntryId {
    /// As in [`CodeRow::id`].
    pub id: String,
}

/// What to change about an entry; what is left out stays.
#[derive(Debug, Clone, Default, Deserialize, TS)]
#[ts(optional_fields)]
pub struct EditCode {
    /// As in [`CodeRow::id`].
    pub id: String,
    /// Whether it stands first.
    pub pinned: Option<bool>,
    /// Whether it is shown only when it is asked for.
    pub hidden: Option<bool>,
    /// Who checks the codes.
    pub issuer: Option<String>,
    /// The account there.
    pub account: Option<String>,
}
