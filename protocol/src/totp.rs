//! Setting up time-based codes.

use serde::{Deserialize, Serialize};

use crate::{
    Secret,
    fields::{DisplayName, OneTimeCode},
    ids::MethodId,
};

/// `POST /mfa/totp/setup`: begins to enrol a code generator. Answered by a [`TotpSetup`] (201).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StartTotp {
    /// What the user calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub label: Option<DisplayName>,
}

/// The secret to put into a code generator, shown once. It counts only after one good code.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TotpSetup {
    /// The factor, not yet enabled.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub method_id: MethodId,
    /// `otpauth://totp/…` with all parameters.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub otpauth_uri: Secret<String>,
    /// The secret alone, Base32 without padding, for typing.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub secret: Secret<String>,
    /// The URI as a QR code, an SVG document.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub qr_svg: Secret<String>,
}

/// `POST /mfa/totp/verify`: enables a factor by its first code. Answered by 204.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConfirmTotp {
    /// The factor.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub method_id: MethodId,
    /// The first code. It counts as used.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub code: OneTimeCode,
}
