//! Sign-up, activation, tokens of a session, the profile.

use serde::{Deserialize, Serialize};

use crate::{
    fields::{DisplayName, Email, OpaqueToken, Password},
    ids::{SessionId, TenantId, UserId},
    timestamp::Timestamp,
};

/// `POST /signup`: a new organisation with its first user. Answered by [`SignUpAccepted`] (202), whether or not
/// the address has an account; what differs is the mail that arrives.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignUp {
    /// Name of the organisation.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub company: DisplayName,
    /// Address of the first user, who becomes its administrator.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub admin_email: Email,
    /// Name of that user.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub name: DisplayName,
    /// Password of that user.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub password: Password,
}

/// The sign-up was taken; a mail says how to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignUpAccepted {
    /// The address that the mail went to, masked: `mi***@example.com`.
    pub sent_to: String,
}

/// `POST /auth/activate`: proves the address by the token of the activation link. One use, 24 hours.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Activate {
    /// From the link.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub token: OpaqueToken,
}

/// `GET /user/profile`: who is signed in. Also part of [`crate::login::Authenticated`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserProfile {
    /// The user.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub user_id: UserId,
    /// The user's organisation.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub tenant_id: TenantId,
    /// Address to sign in with.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub email: Email,
    /// Name to show.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub name: DisplayName,
    /// Roles in the organisation: `admin`, `member`.
    pub roles: Vec<String>,
}

/// The tokens of a session. Both are bound to the DPoP key of the login where it had one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenSet {
    /// JWT for the `Authorization` header.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub access_token: crate::Secret<String>,
    /// `DPoP` or `Bearer`.
    pub token_type: TokenType,
    /// End of the access token's life.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub expires_at: Timestamp,
    /// For `POST /auth/refresh`; each use gives a successor.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub refresh_token: OpaqueToken,
    /// The session that the tokens belong to.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub session_id: SessionId,
}

/// How an access token is presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum TokenType {
    /// With a proof of its key, RFC 9449 section 7.1.
    #[serde(rename = "DPoP")]
    Dpop,
    /// Alone, RFC 6750.
    Bearer,
}

/// `POST /auth/refresh`. Answered by a [`TokenSet`] with the successor. A lost answer is repaired by asking
/// again with the same token; a token whose successor was used ends the session.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Refresh {
    /// The latest refresh token.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub refresh_token: OpaqueToken,
}

/// Why a session has ended. Told in problems of code `session_ended` as `reason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum SessionEnd {
    /// The user signed out.
    LoggedOut,
    /// Its time was over.
    Expired,
    /// A retired refresh token was used again: somebody holds a copy.
    TokenReused,
    /// The account was locked or disabled.
    AccountClosed,
    /// The user signed in once more than a user may have sessions, and this was the oldest.
    Evicted,
}
