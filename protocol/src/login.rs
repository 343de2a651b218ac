//! One attempt to sign in, from the password to the session.
//!
//! ```mermaid
//! stateDiagram-v2
//!   [*] --> mfa_required: password good, a factor is enrolled
//!   [*] --> authenticated: password good, no factor or trusted device
//!   [*] --> locked: password good, account locked
//!   mfa_required --> authenticated: code good
//!   mfa_required --> pending: push sent
//!   pending --> authenticated: approved with the number
//!   pending --> denied: denied
//!   pending --> mfa_required: number wrong, not answered in time, or another method chosen
//!   mfa_required --> expired: ten minutes over
//!   pending --> expired: ten minutes over
//! ```
//!
//! A wrong password or code is no outcome but a [`crate::Problem`].

use serde::{Deserialize, Serialize};

use crate::{
    account::{TokenSet, UserProfile},
    device::{DeviceDescription, Fingerprint},
    fields::{Email, MatchNumber, OneTimeCode, OpaqueToken, Password},
    ids::{ChallengeId, EnrolmentId, LoginId, MethodId, TrustId},
    push::DenyReason,
    timestamp::Timestamp,
};

/// `POST /auth/login`. A trust token goes into the header `X-Trust-Token`. Answered by a [`LoginOutcome`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StartLogin {
    /// Address of the account.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub email: Email,
    /// Its password.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub password: Password,
    /// The device that signs in.
    pub device: DeviceDescription,
    /// Its fingerprint; without one the device counts as new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
}

/// Where a login stands. `GET /auth/logins/{id}` answers it too, and hands the tokens out once; with an
/// `Idempotency-Key` the same caller may ask again. Only the answer with the tokens is kept under the key: one that
/// tells of waiting is not repeated.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum LoginOutcome {
    /// Done.
    Authenticated(Box<Authenticated>),
    /// A second factor is to be proven.
    MfaRequired(MfaRequired),
    /// A push request waits for its answer.
    Pending(Pending),
    /// Somebody denied it. The login is over.
    Denied(Denied),
    /// Its ten minutes are over.
    Expired {
        /// The login.
        #[cfg_attr(feature = "openapi", schema(value_type = String))]
        login_id: LoginId,
    },
    /// The password is right, but the account is locked.
    Locked {
        /// Seconds until it opens.
        retry_after: u64,
    },
}

/// A finished login.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Authenticated {
    /// The login that has finished.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub login_id: LoginId,
    /// Tokens of the new session.
    pub tokens: TokenSet,
    /// Who is signed in.
    pub user: UserProfile,
    /// Methods that were proven: `pwd`, `otp`, `push`, `trusted_device`.
    pub amr: Vec<String>,
    /// Assurance: `urn:countersign:acr:1` one factor proven now, `…:2` two.
    pub acr: String,
    /// What the app should tell the user.
    pub notices: Vec<Notice>,
    /// The trust token to keep, when one was asked for or rotated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_token: Option<TrustGrant>,
}

/// Something to tell the user after signing in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Notice {
    /// No second factor is enrolled yet.
    MfaSetupRecommended,
    /// The device was not seen before.
    NewDevice,
}

/// A token that lets this device skip the second factor.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrustGrant {
    /// The family; the same through all rotations.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub trust_id: TrustId,
    /// Replaces any earlier token of the family.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub token: OpaqueToken,
    /// End of the trust.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub expires_at: Timestamp,
}

/// A second factor is to be proven.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MfaRequired {
    /// Names the login. It proves nothing.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub login_id: LoginId,
    /// Carries the login, where it was not begun with a DPoP key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub login_token: Option<OpaqueToken>,
    /// Always true; for clients that read nothing else.
    pub requires_mfa: bool,
    /// What the user may use, best first.
    pub methods: Vec<MethodOffer>,
    /// The first of them.
    pub recommended: MethodKind,
    /// End of the login.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub expires_at: Timestamp,
}

/// One enrolled factor that may be used now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MethodOffer {
    /// The factor.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub method_id: MethodId,
    /// Its kind.
    pub method: MethodKind,
    /// What the user calls it.
    pub label: String,
}

/// Kinds of factors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum MethodKind {
    /// A time-based code, RFC 6238.
    Totp,
    /// Approval on an enrolled device.
    Push,
}

impl MethodKind {
    /// The name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Push => "push",
        }
    }
}

/// `POST /mfa/challenge`: asks for a challenge of a method. Answered by a [`Pending`] (202).
///
/// Methods whose code the user has already (`totp`) need no challenge.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StartChallenge {
    /// The login.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub login_id: LoginId,
    /// The method.
    pub method: MethodKind,
    /// One device of the user; without it, all enrolled devices are asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub enrolment_id: Option<EnrolmentId>,
    /// Whether the device that signs in is to be trusted afterwards.
    #[serde(default)]
    pub trust_device: bool,
}

/// A push request waits for its answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Pending {
    /// The login.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub login_id: LoginId,
    /// The challenge.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub challenge_id: ChallengeId,
    /// To be shown to the user, who types it on the device.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub number: MatchNumber,
    /// End of the challenge.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub expires_at: Timestamp,
}

/// `POST /mfa/verify`: proves a factor by a code. Answered by a [`LoginOutcome`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VerifyCode {
    /// The login.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub login_id: LoginId,
    /// The method.
    pub method: MethodKind,
    /// The code.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub code: OneTimeCode,
    /// Whether the device that signs in is to be trusted afterwards.
    #[serde(default)]
    pub trust_device: bool,
}

/// A login that was denied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Denied {
    /// The login.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub login_id: LoginId,
    /// What the person on the device said.
    pub reason: DenyReason,
}

/// `GET /mfa/methods`: the enrolled factors of the signed-in user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Methods {
    /// Oldest first.
    pub methods: Vec<MethodOffer>,
}

/// One event of `GET /auth/logins/{id}/events` (SSE, event name `login`). It only wakes: the state itself, and
/// the tokens, come from `GET /auth/logins/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoginChanged {
    /// The login.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub login_id: LoginId,
    /// Its `status` now, as in [`LoginOutcome`].
    pub status: String,
}
