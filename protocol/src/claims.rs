//! Headers and claims of every signed message. All are ES256 in compact form (RFC 7515).
//!
//! | `typ` | signed by | says |
//! |---|---|---|
//! | [`typ::DPOP`] | the key it carries | this request comes from the holder of the key (RFC 9449) |
//! | [`typ::ACCESS`] | access key of the server | who is signed in, how, until when (RFC 9068) |
//! | [`typ::ENROLMENT`] | each new key of a device | these keys ask to be enrolled with this ticket |
//! | [`typ::RECEIPT`] | enrolment root of the server | they are enrolled, with these capabilities |
//! | [`typ::KEY_SET`] | enrolment root of the server | these keys sign requests, as of this version |
//! | [`typ::REQUEST`] | push key of the server | approve or deny this, shown like this |
//! | [`typ::RESPONSE`] | a key of the device | the decision over exactly that request |
//!
//! Each `typ` separates its domain: a verifier asks for one and refuses all others. Times are `NumericDate`
//! seconds. Messages that a device or server keeps state by (`request`, `receipt`, `key set`, `response`,
//! `enrolment`) carry the header parameter `ver` and name it in `crit`, so that a reader that does not know a
//! version refuses it (RFC 7515 section 4.1.11).

use serde::{Deserialize, Serialize};

use crate::{
    fields::{DisplayName, MatchNumber, ServerUrl},
    ids::{ChallengeId, EnrolmentId, SessionId, TenantId, UserId},
    jose::Jwk,
    push::{Capability, Decision, DenyReason, DeviceKind, RequestContext, UserVerification},
};

/// Values of the `typ` header parameter.
pub mod typ {
    /// RFC 9449 section 4.2.
    pub const DPOP: &str = "dpop+jwt";
    /// RFC 9068 section 2.1.
    pub const ACCESS: &str = "at+jwt";
    /// A device asks to be enrolled.
    pub const ENROLMENT: &str = "countersign-enrolment+jwt";
    /// The server confirms an enrolment.
    pub const RECEIPT: &str = "countersign-receipt+jwt";
    /// The server's push keys.
    pub const KEY_SET: &str = "countersign-key-set+jwt";
    /// A request for approval.
    pub const REQUEST: &str = "countersign-request+jwt";
    /// The answer to a request.
    pub const RESPONSE: &str = "countersign-response+jwt";
}

/// The version of the messages with a `ver` header parameter.
pub const VERSION: u32 = 1;

/// The protected header (RFC 7515 section 4). `crit` is always `["ver"]` when `ver` is there, else absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Always `ES256`.
    pub alg: String,
    /// One of [`typ`].
    pub typ: String,
    /// RFC 7638 thumbprint of the signing key, where the verifier knows the key already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// The public key, where the message introduces it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwk: Option<Jwk>,
    /// Version of the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ver: Option<u32>,
    /// Parameters that a reader must understand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crit: Option<Vec<String>>,
}

impl Header {
    /// A header with `typ` alone; the caller adds `kid` or `jwk`.
    pub fn new(typ: &str) -> Self {
        Self { alg: "ES256".to_owned(), typ: typ.to_owned(), kid: None, jwk: None, ver: None, crit: None }
    }

    /// The same with `ver` set to [`VERSION`] and named in `crit`.
    #[must_use]
    pub fn versioned(mut self) -> Self {
        self.ver = Some(VERSION);
        self.crit = Some(vec!["ver".to_owned()]);
        self
    }

    /// The same with a key id.
    #[must_use]
    pub fn with_kid(mut self, kid: impl Into<String>) -> Self {
        self.kid = Some(kid.into());
        self
    }

    /// The same with the public key itself.
    #[must_use]
    pub fn with_jwk(mut self, jwk: Jwk) -> Self {
        self.jwk = Some(jwk);
        self
    }
}

/// Claims of a DPoP proof, RFC 9449 section 4.2, and the hash of the body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DpopClaims {
    /// Unique among the proofs under one nonce.
    pub jti: String,
    /// HTTP method, upper case.
    pub htm: String,
    /// The request's URL without query and fragment: issuer, then path.
    pub htu: String,
    /// When the proof was made. Freshness comes from `nonce`, not from here.
    pub iat: i64,
    /// The server's latest nonce, once one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// SHA-256 of the access token, base64url; present exactly when one is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ath: Option<String>,
    /// SHA-256 of the request's body, base64url; present exactly when there is a body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_hash: Option<String>,
}

/// Claims of an access token (RFC 9068), bound to a key by `cnf` (RFC 9449 section 6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    /// Issuer.
    pub iss: ServerUrl,
    /// Audience: the issuer itself.
    pub aud: ServerUrl,
    /// The user.
    pub sub: UserId,
    /// The user's tenant.
    pub tenant_id: TenantId,
    /// Roles in the tenant.
    pub roles: Vec<String>,
    /// The session.
    pub sid: SessionId,
    /// Unique id of the token.
    pub jti: String,
    /// Methods that were proven (RFC 8176 names where they exist).
    pub amr: Vec<String>,
    /// Assurance that they add up to.
    pub acr: String,
    /// When the user proved them.
    pub auth_time: i64,
    /// Issued at.
    pub iat: i64,
    /// Expires at.
    pub exp: i64,
    /// The key that must accompany the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
}

/// Proof-of-possession key of a token, RFC 7800.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// RFC 7638 thumbprint of the DPoP key.
    pub jkt: String,
}

/// Claims with which a device asks to be enrolled. The possession key signs them, its JWK in the header; where
/// there is a verification key, it signs the same claims in a second JWS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolmentClaims {
    /// The server.
    pub aud: ServerUrl,
    /// Made at.
    pub iat: i64,
    /// Good until.
    pub exp: i64,
    /// SHA-256 of the ticket, base64url.
    pub ticket_hash: String,
    /// The key that proves possession of the device.
    pub possession_key: Jwk,
    /// The key that is usable only after the user was verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification_key: Option<Jwk>,
    /// What the user calls the device.
    pub name: DisplayName,
    /// What it is.
    pub kind: DeviceKind,
    /// What the authenticator can do.
    pub capabilities: Vec<Capability>,
}

/// Claims with which the server confirms an enrolment, signed by the root that the ticket named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptClaims {
    /// The server.
    pub iss: ServerUrl,
    /// The enrolment that it is for.
    pub aud: EnrolmentId,
    /// Enrolled at.
    pub iat: i64,
    /// SHA-256 of the ticket, base64url.
    pub ticket_hash: String,
    /// Thumbprint of the possession key.
    pub possession_jkt: String,
    /// Thumbprint of the verification key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification_jkt: Option<String>,
    /// What both sides can do.
    pub capabilities: Vec<Capability>,
    /// Name of the application that asks for approvals.
    pub application: DisplayName,
    /// The user, as it is shown.
    pub account: String,
}

/// The server's push keys, signed by the enrolment root. A device keeps the highest version it has seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySetClaims {
    /// The server.
    pub iss: ServerUrl,
    /// Rises with every change; never goes back.
    pub version: u64,
    /// Made at.
    pub iat: i64,
    /// The keys that may sign requests.
    pub keys: Vec<Jwk>,
}

/// A request for approval, for one enrolment. It never holds the number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestClaims {
    /// The server.
    pub iss: ServerUrl,
    /// The enrolment that may answer.
    pub aud: EnrolmentId,
    /// The challenge.
    pub jti: ChallengeId,
    /// Made at.
    pub iat: i64,
    /// To be answered before.
    pub exp: i64,
    /// How many digits the number has, 2 to 6.
    pub number_digits: u8,
    /// Whether approving needs the user to be verified.
    pub user_verification: UserVerification,
    /// What is shown.
    pub context: RequestContext,
}

/// The answer to a request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ResponseClaims {
    /// The enrolment that answers.
    pub iss: EnrolmentId,
    /// The server.
    pub aud: ServerUrl,
    /// The challenge that is answered.
    pub challenge_id: ChallengeId,
    /// SHA-256 of the request's signing input (`header.payload` as received), base64url.
    pub request_hash: String,
    /// Approve or deny.
    pub decision: Decision,
    /// The number that was typed; on approval only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<MatchNumber>,
    /// Why; on denial only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<DenyReason>,
    /// Made at.
    pub iat: i64,
    /// Good until.
    pub exp: i64,
}
