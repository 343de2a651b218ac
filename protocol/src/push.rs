//! Push approval: enrolling a device, what it is asked, what it answers.

use serde::{Deserialize, Serialize};

use crate::{
    coordinates::{Latitude, Longitude},
    fields::DisplayName,
    ids::{ChallengeId, EnrolmentId},
    timestamp::Timestamp,
};

/// `POST /mfa/push/tickets` answers this (201): one enrolment, ten minutes, one use.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnrolmentTicket {
    /// `countersign://enroll?…`, see [`crate::enroll_uri`].
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub uri: crate::Secret<String>,
    /// The URI as a QR code, an SVG document.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub qr_svg: crate::Secret<String>,
    /// End of the ticket.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub expires_at: Timestamp,
}

/// `POST /mfa/push/register`: enrols a device, under a DPoP proof of its possession key. Answered by an
/// [`Enrolled`] (201).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Register {
    /// From the URI.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub ticket: crate::fields::OpaqueToken,
    /// [`crate::claims::EnrolmentClaims`] signed by the possession key.
    pub enrolment: String,
    /// The same claims signed by the verification key, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification: Option<String>,
}

/// The device is enrolled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Enrolled {
    /// Names the enrolment.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub enrolment_id: EnrolmentId,
    /// The enrolment root. Its thumbprint must be the one in the URI.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub root: crate::jose::Jwk,
    /// [`crate::claims::ReceiptClaims`] signed by the root.
    pub receipt: String,
    /// [`crate::claims::KeySetClaims`] signed by the root.
    pub key_set: String,
}

/// `GET /mfa/push/pending`: what waits for this device, oldest first, under its DPoP proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PendingRequests {
    /// [`crate::claims::RequestClaims`], each signed by a push key.
    pub requests: Vec<String>,
    /// The current [`crate::claims::KeySetClaims`] signed by the root.
    pub key_set: String,
}

/// `POST /mfa/push/respond`: the answer to one request, under a DPoP proof. Answered by a [`Responded`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Respond {
    /// [`crate::claims::ResponseClaims`] signed by a key of the device.
    pub response: String,
}

/// The answer counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Responded {
    /// The challenge.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub challenge_id: ChallengeId,
    /// How it stands now.
    pub state: ChallengeState,
}

/// One event of `GET /mfa/push/events` (SSE, event name `request` or `closed`). Ids only: the request itself is
/// fetched and its signature checked before anything is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PushEvent {
    /// The challenge.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub challenge_id: ChallengeId,
    /// How it stands now.
    pub state: ChallengeState,
}

/// What FCM or APNs carry to a device: the name of a request, and no more. Both members are text at the top level, so
/// that one form fits the data of FCM (text only) and the payload of APNs (beside `aps`); what else is there is ignored.
///
/// It proves nothing: the request is fetched and its signature checked before anything is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushPayload {
    /// The enrolment that is asked.
    #[serde(rename = "countersign_enrolment")]
    pub enrolment_id: EnrolmentId,
    /// The challenge.
    #[serde(rename = "countersign_challenge")]
    pub challenge_id: ChallengeId,
}

/// How a push challenge stands.
///
/// ```mermaid
/// stateDiagram-v2
///   [*] --> open
///   open --> approved: signed answer with the right number
///   open --> denied: signed denial
///   open --> wrong_number: signed approval with another number
///   open --> superseded: the login asked anew, or chose another method
///   open --> expired: not answered in time
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ChallengeState {
    /// Waits for an answer.
    Open,
    /// Approved.
    Approved,
    /// Denied.
    Denied,
    /// Closed by a wrong number; there is no second try.
    WrongNumber,
    /// Replaced by a newer request or another method.
    Superseded,
    /// Not answered in time.
    Expired,
}

/// The two answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Let it in.
    Approve,
    /// Do not.
    Deny,
}

/// Why a request was denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum DenyReason {
    /// Somebody else is signing in. Locks push for the account and raises an alert.
    NotMe,
    /// Asked for by mistake.
    Mistake,
    /// Anything else.
    Other,
}

/// Whether approving needs the user to be verified (biometric or PIN) on the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserVerification {
    /// Not asked for.
    Discouraged,
    /// Where the device can.
    Preferred,
    /// Only an answer signed by the verification key counts.
    Required,
}

/// What kind of device an authenticator runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum DeviceKind {
    /// A phone or tablet.
    Mobile,
    /// A laptop or desktop.
    Desktop,
    /// No screen, such as a test device.
    Headless,
}

/// Something that both sides must be able to do before one of them does it. Names that a reader does not know
/// are dropped on both sides: what counts is the intersection in the receipt.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Capability {
    /// The number is typed, 2 to 6 digits.
    NumberMatching,
    /// Answers may be signed by a verification key.
    UserVerification,
    /// Requests arrive over SSE.
    EventStream,
    /// A name from a newer peer.
    Unknown(String),
}

impl From<String> for Capability {
    fn from(name: String) -> Self {
        match name.as_str() {
            "number_matching" => Self::NumberMatching,
            "user_verification" => Self::UserVerification,
            "event_stream" => Self::EventStream,
            _ => Self::Unknown(name),
        }
    }
}

impl From<Capability> for String {
    fn from(capability: Capability) -> Self {
        match capability {
            Capability::NumberMatching => "number_matching".to_owned(),
            Capability::UserVerification => "user_verification".to_owned(),
            Capability::EventStream => "event_stream".to_owned(),
            Capability::Unknown(name) => name,
        }
    }
}

/// What a request shows, all of it under the server's signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestContext {
    /// Who asks.
    pub application: DisplayName,
    /// What it is for.
    pub purpose: Purpose,
    /// The user, as shown at sign-in.
    pub account: String,
    /// Where the sign-in comes from: address, and place where it is known.
    pub origin: Origin,
    /// The device that signs in, as it describes itself.
    pub device: RequestDevice,
    /// When it was asked for, seconds.
    pub requested_at: i64,
}

/// What an approval is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Signing in.
    Login,
}

/// Where a sign-in comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Network address.
    pub address: String,
    /// Place, such as "Berlin, Germany", where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// North of the equator, to a tenth of a degree, where it is known. Never without [`Origin::longitude`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latitude: Option<Latitude>,
    /// East of Greenwich, to a tenth of a degree, where it is known. Never without [`Origin::latitude`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longitude: Option<Longitude>,
}

/// The device that signs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestDevice {
    /// What it calls itself.
    pub name: DisplayName,
    /// Its operating system.
    pub os: DisplayName,
    /// The application on it.
    pub app: DisplayName,
    /// Whether it has signed in to this account before.
    pub known: bool,
}

/// `GET /mfa/push/devices`: the enrolled devices of the signed-in user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnrolledDevices {
    /// Oldest first.
    pub devices: Vec<EnrolledDevice>,
}

/// One enrolled device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnrolledDevice {
    /// Names the enrolment.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub enrolment_id: EnrolmentId,
    /// What the user calls it.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub name: DisplayName,
    /// What it is.
    pub kind: DeviceKind,
    /// Enrolled at.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub created_at: Timestamp,
}
