use std::{collections::BTreeSet, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use countersign_protocol::InvalidField;

use crate::crypto::digest::sha256;

/// SHA-256 of a server's public key as its certificate has it (`SubjectPublicKeyInfo`, RFC 7469 section 2.4).
///
/// As text `sha256/` and 44 characters of Base64, which is what Android, curl and
/// `openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64` use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SpkiPin([u8; 32]);

impl SpkiPin {
    /// The pin of a public key in DER (`SubjectPublicKeyInfo`).
    pub fn of(public_key: &[u8]) -> Self {
        Self(sha256(public_key))
    }
}

impl std::fmt::Display for SpkiPin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "sha256/{}", STANDARD.encode(self.0))
    }
}

impl FromStr for SpkiPin {
    type Err = InvalidField;

    fn from_str(text: &str) -> Result<Self, InvalidField> {
        let hash = text.strip_prefix("sha256/").and_then(|base64| STANDARD.decode(base64).ok());
        hash.and_then(|hash| hash.try_into().ok()).map(Self).ok_or_else(|| {
            InvalidField::new("pin", "is not a SHA-256 pin", "give sha256/ and 44 characters of Base64")
        })
    }
}

/// The keys that a host may have. At least two, so that losing one key does not lock every client out: the one in
/// use, and a backup that is kept elsewhere.
#[derive(Debug, Clone)]
pub struct PinSet(BTreeSet<SpkiPin>);

impl PinSet {
    /// These pins.
    ///
    /// # Errors
    /// [`InvalidField`] for fewer than two different pins.
    pub fn new(pins: impl IntoIterator<Item = SpkiPin>) -> Result<Self, InvalidField> {
        let pins: BTreeSet<_> = pins.into_iter().collect();
        if pins.len() < 2 {
            let fix = "add the pin of a second key that the server can change to";
            return Err(InvalidField::new("pins", "have no backup", fix));
        }
        Ok(Self(pins))
    }

    /// Whether this is one of the keys.
    pub(super) fn admits(&self, public_key: &[u8]) -> bool {
        self.0.contains(&SpkiPin::of(public_key))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn pins_are_read_as_they_are_written() {
        let pin = SpkiPin::of(b"key");
        assert_eq!(pin.to_string().parse::<SpkiPin>().unwrap(), pin);
        for bad in ["", "sha256/", "sha1/AAAA", "sha256/AAAA", &pin.to_string()[..50]] {
            assert_eq!(bad.parse::<SpkiPin>().unwrap_err().field, "pin");
        }
    }

    #[test]
    fn a_pin_without_a_backup_is_refused() {
        let (one, two) = (SpkiPin::of(b"one"), SpkiPin::of(b"two"));
        assert_eq!(PinSet::new([one, one]).unwrap_err().problem, "have no backup");
        let pins = PinSet::new([one, two]).unwrap();
        assert!(pins.admits(b"one") && pins.admits(b"two") && !pins.admits(b"three"));
    }
}
