use serde::Serialize;
use ts_rs::TS;

/// Why a command was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct IpcError {
    /// Names the kind, for the page to tell apart, such as `locked` or `wrong_passphrase`.
    pub code: String,
    /// What happened, in a few words.
    pub title: String,
    /// What happened, what was kept, what to do.
    pub detail: String,
    /// Whether the same may work later.
    pub retryable: bool,
    /// Seconds to wait before.
    pub retry_after: Option<u64>,
    /// Attempts before a lock.
    pub attempts_left: Option<u32>,
    /// Which field of the form it is about.
    pub field: Option<String>,
}
