use countersign_protocol::InvalidField;

use crate::Error;

/// Why an `otpauth://` URI was not taken. No text of the URI is in it, as any part may be the secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.explain())]
pub enum OtpUriError {
    /// Longer than any real URI.
    TooLong {
        /// The limit, in bytes.
        limit: usize,
    },
    /// Some other text.
    NotOtpauth,
    /// Codes of a kind that is not made here.
    Unsupported {
        /// The kind, such as `hotp`.
        kind: &'static str,
    },
    /// A type that is not known.
    UnknownType,
    /// A parameter that must be there is not, or is empty.
    Missing {
        /// Its name.
        parameter: &'static str,
    },
    /// A parameter is there twice, so that it is unclear which one counts.
    Duplicate {
        /// Its name.
        parameter: &'static str,
    },
    /// A value cannot be used.
    Invalid(#[from] InvalidField),
}

impl OtpUriError {
    /// Which part is wrong, what is wrong with it, and what to do.
    pub fn explain(&self) -> InvalidField {
        let (field, problem, fix) = match *self {
            Self::TooLong { .. } => ("uri", "is too long", "check that the right text or image was chosen"),
            Self::NotOtpauth => {
                ("uri", "is not an otpauth:// URI", "copy the link or scan the QR code of the site again")
            }
            Self::Unsupported { kind: "hotp" } => {
                ("type", "is hotp (codes by counter), which is not supported here", ASK_FOR_TOTP)
            }
            Self::Unsupported { .. } => {
                ("type", "is a kind of code that is not supported here", ASK_FOR_TOTP)
            }
            Self::UnknownType => ("type", "is not known", "use a URI that begins with otpauth://totp/"),
            Self::Missing { parameter } => (parameter, "is missing", "copy the whole URI from the site"),
            Self::Duplicate { parameter } => {
                (parameter, "is given more than once", "remove all but the right one")
            }
            Self::Invalid(ref field) => return field.clone(),
        };
        InvalidField::new(field, problem, fix)
    }
}

const ASK_FOR_TOTP: &str = "ask the site for time-based codes (totp)";

impl From<OtpUriError> for Error {
    fn from(error: OtpUriError) -> Self {
        error.explain().into()
    }
}

/// Something about a URI that was taken nevertheless, to be shown before it is saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OtpUriWarning {
    /// The label names another issuer than the parameter, which counts. It may be a mix-up, or a disguise.
    IssuerMismatch {
        /// The issuer of the label.
        label: String,
        /// The issuer of the parameter.
        parameter: String,
    },
    /// Neither issuer nor account is named; ask the user for a name.
    NoName,
}
