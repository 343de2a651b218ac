//! One-time codes: computing them ([`Totp`]), taking them in and out as `otpauth://` URIs ([`TotpEntry`]), and reading
//! the QR codes that show these (`qr`, with the feature of that name).
//!
//! ```
//! use countersign::{otp::TotpEntry, protocol::Timestamp};
//!
//! let parsed = TotpEntry::parse("otpauth://totp/Acme:mia?secret=JBSWY3DPEHPK3PXP&issuer=Acme")?;
//! let codes = parsed.entry.totp().codes_at(Timestamp::from_seconds(1_700_000_000));
//! assert_eq!(codes.current.grouped().expose(), "324 550");
//! # Ok::<(), countersign::otp::OtpUriError>(())
//! ```
//!
//! Codes depend on the time of the server that checks them. Where its offset is known, pass the corrected time.

pub mod base32;
mod parameters;
#[cfg(feature = "qr")]
pub mod qr;
mod totp;
mod uri;
mod uri_error;

pub use parameters::{Algorithm, Digits, Period};
pub use totp::{Code, Codes, Totp};
pub use uri::{ParsedEntry, TotpEntry};
pub use uri_error::{OtpUriError, OtpUriWarning};
