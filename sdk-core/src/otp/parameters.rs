use std::{num::NonZeroU64, str::FromStr, time::Duration};

use countersign_protocol::InvalidField;

use crate::crypto::digest::HmacHash;

/// The hash under the HMAC, RFC 6238 section 1.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Algorithm {
    /// What almost every site uses.
    #[default]
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

impl Algorithm {
    /// The name in URIs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
        }
    }
}

impl FromStr for Algorithm {
    type Err = InvalidField;

    /// Reads the name in any case.
    fn from_str(text: &str) -> Result<Self, InvalidField> {
        [Self::Sha1, Self::Sha256, Self::Sha512]
            .into_iter()
            .find(|algorithm| algorithm.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| InvalidField::new("algorithm", "is not known", "use SHA1, SHA256 or SHA512"))
    }
}

impl From<Algorithm> for HmacHash {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sha1 => Self::Sha1,
            Algorithm::Sha256 => Self::Sha256,
            Algorithm::Sha512 => Self::Sha512,
        }
    }
}

/// How many digits a code has: 1 to 10. RFC 4226 section 5.3 asks for 6 or more; some sites use fewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digits(u8);

impl Digits {
    /// The number.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl Default for Digits {
    /// Six.
    fn default() -> Self {
        Self(6)
    }
}

impl TryFrom<u8> for Digits {
    type Error = InvalidField;

    fn try_from(digits: u8) -> Result<Self, InvalidField> {
        if (1..=10).contains(&digits) { Ok(Self(digits)) } else { Err(digits_out_of_range()) }
    }
}

impl FromStr for Digits {
    type Err = InvalidField;

    fn from_str(text: &str) -> Result<Self, InvalidField> {
        number::<u8>(text).ok_or_else(digits_out_of_range)?.try_into()
    }
}

fn digits_out_of_range() -> InvalidField {
    InvalidField::new("digits", "is not a number from 1 to 10", "use 6, or what the site says")
}

/// How long a code is shown, in whole seconds: 1 or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Period(NonZeroU64);

impl Period {
    /// The number of seconds.
    pub fn as_seconds(self) -> u64 {
        self.0.get()
    }

    /// The same as a duration.
    pub fn as_duration(self) -> Duration {
        Duration::from_secs(self.as_seconds())
    }
}

impl Default for Period {
    /// Thirty seconds.
    fn default() -> Self {
        Self(NonZeroU64::MIN.saturating_add(29))
    }
}

impl TryFrom<u64> for Period {
    type Error = InvalidField;

    fn try_from(seconds: u64) -> Result<Self, InvalidField> {
        NonZeroU64::new(seconds).map(Self).ok_or_else(not_a_period)
    }
}

impl FromStr for Period {
    type Err = InvalidField;

    fn from_str(text: &str) -> Result<Self, InvalidField> {
        number::<u64>(text).ok_or_else(not_a_period)?.try_into()
    }
}

fn not_a_period() -> InvalidField {
    InvalidField::new("period", "is not a whole number of seconds above 0", "use 30, or what the site says")
}

/// Digits only: `str::parse` would also read a leading plus sign.
fn number<N: FromStr>(text: &str) -> Option<N> {
    if text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None }
}
