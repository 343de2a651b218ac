use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// An account whose sign-ins this device approves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// Names it, here and on the server.
    pub id: String,
    /// Who asks.
    pub application: String,
    /// Address of the server.
    pub server: String,
    /// The user there.
    pub account: String,
    /// When it was enrolled, by the server's clock.
    pub enrolled_at: i64,
    /// How requests arrive.
    pub connection: ConnectionState,
}

/// Names an account.
#[derive(Debug, Clone, Deserialize, TS)]
pub struct AccountId {
    /// As in [`Account::id`].
    pub id: String,
}

/// How requests of one account arrive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// Who asks.
    pub application: String,
    /// How.
    pub state: ConnectionState,
    /// When the server was last known to answer, by the clock of this device.
    pub last_heard: Option<i64>,
}

/// How requests arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum ConnectionState {
    /// The server tells at once.
    Live,
    /// The server is asked every few seconds.
    Polling,
    /// The server does not answer; it is tried again.
    Offline,
}
