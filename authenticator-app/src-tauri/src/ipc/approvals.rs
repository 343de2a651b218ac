use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A sign-in that waits for an answer. All of it was signed by the server.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// Names it.
    pub challenge_id: String,
    /// Who asks.
    pub application: String,
    /// What for: `login`.
    pub purpose: String,
    /// Who signs in.
    pub account: String,
    /// From which network address.
    pub address: String,
    /// Where that is, if it is known.
    pub place: Option<String>,
    /// Degrees north, to a tenth.
    pub latitude: Option<f64>,
    /// Degrees east, to a tenth.
    pub longitude: Option<f64>,
    /// On what.
    pub device: SigningInDevice,
    /// When it was asked for, by the server's clock.
    pub requested_at: i64,
    /// To be answered before this moment of the server's clock.
    pub expires_at: i64,
    /// How many digits the number has that the sign-in page shows.
    pub digits: u8,
    /// Whether approving asks for more than the unlocked app.
    pub verifies_user: bool,
    /// The server's clock at this reply, for the countdown.
    pub now: i64,
}

/// The device that signs in, as it describes itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct SigningInDevice {
    /// What it calls itself.
    pub name: String,
    /// Its operating system.
    pub os: String,
    /// The program on it.
    pub app: String,
    /// Whether it has signed in to this account before.
    pub known: bool,
}

/// Lets a sign-in through.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Approve {
    /// Which.
    pub challenge_id: String,
    /// The number that the sign-in page shows.
    pub number: String,
}

/// Stops a sign-in.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Deny {
    /// Which.
    pub challenge_id: String,
    /// Why.
    pub reason: Reason,
}

/// Why a sign-in is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// Somebody else is signing in. The account's approvals are locked for review.
    NotMe,
    /// It was asked for by mistake.
    Mistake,
    /// Anything else.
    Other,
}

/// How a sign-in ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// It was let through here.
    Approved,
    /// It was stopped here.
    Denied,
    /// It was stopped and reported here.
    NotMe,
    /// Another number was typed than the page showed. There is no second try.
    WrongNumber,
    /// Another device was quicker.
    AnsweredElsewhere,
    /// A newer request, or another method, took its place.
    Superseded,
    /// Nobody answered in time.
    Expired,
    /// It was gone when this device looked again, and nobody said how. In the history only.
    Closed,
}

/// One line of the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct HistoryRow {
    /// Names it.
    pub challenge_id: String,
    /// Who asked.
    pub application: String,
    /// Where, if it was known.
    pub place: Option<String>,
    /// On what.
    pub device_name: String,
    /// When it was asked for, by the server's clock.
    pub requested_at: i64,
    /// How it ended.
    pub outcome: Outcome,
}
