//! Newtypes of single values, and the error that all of them share.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// A value that was refused: which field, what is wrong with it, and what to send instead.
///
/// The value itself is not kept, as it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}; {fix}")]
pub struct InvalidField {
    /// Name of the field, as in JSON.
    pub field: &'static str,
    /// What is wrong, such as "longer than 128 characters".
    pub problem: &'static str,
    /// What the caller should do.
    pub fix: &'static str,
}

impl InvalidField {
    /// Builds the error from its three parts.
    pub fn new(field: &'static str, problem: &'static str, fix: &'static str) -> Self {
        Self { field, problem, fix }
    }
}

macro_rules! text_newtype {
    ($(#[$doc:meta])* $name:ident, $check:path) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidField;

            fn from_str(text: &str) -> Result<Self, InvalidField> {
                $check(text).map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidField;

            fn try_from(text: String) -> Result<Self, InvalidField> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }
    };
}

macro_rules! secret_newtype {
    ($(#[$doc:meta])* $name:ident, $check:path) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Serialize, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(Secret<String>);

        impl $name {
            /// The text. Say at the call site why it is needed.
            pub fn expose(&self) -> &str {
                self.0.expose()
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidField;

            fn from_str(text: &str) -> Result<Self, InvalidField> {
                $check(text).map(|text| Self(Secret::new(text)))
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidField;

            fn try_from(text: String) -> Result<Self, InvalidField> {
                // The incoming string is wiped with this wrapper; the checked copy lives on.
                Secret::new(text).expose().parse()
            }
        }
    };
}

text_newtype!(
    /// An e-mail address: one `@`, something on both sides, at most 254 characters, no spaces or controls.
    ///
    /// Whether it can receive mail is proven by mail, not by a pattern.
    Email,
    email
);

impl Email {
    /// The form in which two spellings of one address are equal: lower case.
    pub fn canonical(&self) -> String {
        self.0.to_lowercase()
    }
}

text_newtype!(
    /// A name that people read: 1 to 100 characters, none that [`misleads`], trimmed.
    DisplayName,
    display_name
);

text_newtype!(
    /// Names one consuming request: 16 to 64 characters of `A-Z a-z 0-9 - _`.
    IdempotencyKey,
    idempotency_key
);

text_newtype!(
    /// Ties the traces of one request together: 8 to 64 characters of `A-Z a-z 0-9 - _`.
    CorrelationId,
    correlation_id
);

impl CorrelationId {
    /// A new id made of 128 random bits.
    pub fn from_bits(bits: &[u8; 16]) -> Self {
        Self(BASE64_URL_SAFE_NO_PAD.encode(bits))
    }
}

text_newtype!(
    /// The address of a server or realm: `https`, or `http` on a loopback host; no query, fragment, user or
    /// trailing slash. It is the issuer (`iss`) of what the server signs and the base of every route.
    ServerUrl,
    server_url
);

secret_newtype!(
    /// A password: 8 to 128 characters (NIST SP 800-63B-4 section 3.1.1: length, no composition rules).
    Password,
    password
);

secret_newtype!(
    /// A one-time code as a person types it: 4 to 10 digits. Spaces and hyphens between them are dropped.
    OneTimeCode,
    one_time_code
);

secret_newtype!(
    /// The number that sign-in shows and the approving person types: 2 to 6 digits.
    MatchNumber,
    match_number
);

secret_newtype!(
    /// An opaque bearer value of 256 bits: 43 characters of base64url without padding.
    OpaqueToken,
    opaque_token
);

impl OpaqueToken {
    /// The token that 256 random bits make.
    pub fn from_bits(bits: &[u8; 32]) -> Self {
        Self(Secret::new(BASE64_URL_SAFE_NO_PAD.encode(bits)))
    }
}

fn email(text: &str) -> Result<String, InvalidField> {
    let error = |problem| Err(InvalidField::new("email", problem, "send an address such as mia@example.com"));
    if text.len() > 254 {
        return error("longer than 254 characters");
    }
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return error("has spaces or control characters");
    }
    match text.split_once('@') {
        Some((local, domain)) if !local.is_empty() && !domain.is_empty() && !domain.contains('@') => {
            Ok(text.to_owned())
        }
        _ => error("is not of the form name@domain"),
    }
}

fn display_name(text: &str) -> Result<String, InvalidField> {
    let text = text.trim();
    let error = |problem| Err(InvalidField::new("name", problem, "send 1 to 100 printable characters"));
    match text.chars().count() {
        0 => error("is empty"),
        101.. => error("longer than 100 characters"),
        _ if text.chars().any(misleads) => error("has control or invisible characters"),
        _ => Ok(text.to_owned()),
    }
}

/// Whether a character makes a text show as something that it is not: controls, separators of lines, marks that
/// change the direction of what follows, and characters that take no room.
///
/// The joiners U+200C and U+200D are not among them: Persian, Hindi and emoji need them.
pub fn misleads(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}')
        || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{e0000}'..='\u{e007f}')
}

fn token_text(
    text: &str,
    field: &'static str,
    shortest: usize,
    fix: &'static str,
) -> Result<String, InvalidField> {
    if !(shortest..=64).contains(&text.len()) {
        return Err(InvalidField::new(field, "has the wrong length", fix));
    }
    if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
        return Err(InvalidField::new(field, "has other characters than A-Z a-z 0-9 - _", fix));
    }
    Ok(text.to_owned())
}

fn idempotency_key(text: &str) -> Result<String, InvalidField> {
    token_text(text, "idempotency_key", 16, "send 16 to 64 random characters of A-Z a-z 0-9 - _")
}

fn correlation_id(text: &str) -> Result<String, InvalidField> {
    token_text(text, "correlation_id", 8, "send 8 to 64 characters of A-Z a-z 0-9 - _")
}

fn server_url(text: &str) -> Result<String, InvalidField> {
    let error = |problem| {
        Err(InvalidField::new("server", problem, "use the server's https address, or http on localhost"))
    };
    let Ok(url) = url::Url::parse(text) else { return error("is not a URL") };
    let loopback = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => return error("has no host"),
    };
    match url.scheme() {
        "https" => {}
        "http" if loopback => {}
        _ => return error("is not protected by TLS"),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return error("holds a user name or password");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return error("has a query or a fragment");
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn password(text: &str) -> Result<String, InvalidField> {
    let fix = "use 8 to 128 characters; a few unrelated words work well";
    match text.chars().count() {
        0..8 => Err(InvalidField::new("password", "shorter than 8 characters", fix)),
        129.. => Err(InvalidField::new("password", "longer than 128 characters", fix)),
        _ => Ok(text.to_owned()),
    }
}

fn digits(
    text: &str,
    field: &'static str,
    length: std::ops::RangeInclusive<usize>,
    fix: &'static str,
) -> Result<String, InvalidField> {
    let text: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '\u{a0}')).collect();
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(InvalidField::new(field, "has other characters than digits", fix));
    }
    if !length.contains(&text.len()) {
        return Err(InvalidField::new(field, "has the wrong number of digits", fix));
    }
    Ok(text)
}

fn one_time_code(text: &str) -> Result<String, InvalidField> {
    digits(text, "code", 4..=10, "type the digits of the code, nothing else")
}

fn match_number(text: &str) -> Result<String, InvalidField> {
    digits(text, "number", 2..=6, "type the number that the sign-in page shows")
}

fn opaque_token(text: &str) -> Result<String, InvalidField> {
    let well_formed =
        text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if well_formed {
        Ok(text.to_owned())
    } else {
        Err(InvalidField::new("token", "is not 43 characters of base64url", "send the token as it was given"))
    }
}

#[cfg(test)]
#[path = "fields_tests.rs"]
mod tests;
