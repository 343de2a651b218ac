//! What the vault keeps, kind by kind.

use countersign_protocol::{InvalidField, Secret, Timestamp};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::Record;
use crate::otp::{Algorithm, Digits, Period, Totp, TotpEntry};

/// A generator of one-time codes in the user's list.
#[derive(Debug, Clone)]
pub struct CodeEntry {
    /// Names, parameters and secret.
    pub entry: TotpEntry,
    /// When it was added.
    pub created: Timestamp,
    /// Its place in the list, from 0. Where two are the same, the older one stands first.
    pub position: u32,
    /// Whether the user wants it before all others.
    pub pinned: bool,
    /// Whether its codes are shown only when asked for.
    pub hidden: bool,
}

impl CodeEntry {
    /// A new entry at the beginning of the list.
    pub fn new(entry: TotpEntry, created: Timestamp) -> Self {
        Self { entry, created, position: 0, pinned: false, hidden: false }
    }

    /// What to sort a list by: pinned ones first, then by position, then by age.
    pub fn order(&self) -> impl Ord + use<> {
        (!self.pinned, self.position, self.created)
    }
}

impl Record for CodeEntry {
    const KIND: &'static str = "code";
    const VERSION: u32 = 1;
}

/// Version 1 of the stored form.
#[derive(Serialize, Deserialize)]
struct StoredCode {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    issuer: Option<String>,
    account: String,
    /// Base64url without padding.
    secret: Secret<String>,
    /// As in `otpauth://` URIs.
    algorithm: String,
    digits: u8,
    /// Seconds.
    period: u64,
    created: Timestamp,
    position: u32,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pinned: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    hidden: bool,
}

impl Serialize for CodeEntry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let totp = self.entry.totp();
        let stored = StoredCode {
            issuer: self.entry.issuer().map(str::to_owned),
            account: self.entry.account().to_owned(),
            // EXPOSE: it goes into another secret.
            secret: Secret::new(BASE64URL_NOPAD.encode(totp.secret().expose())),
            algorithm: totp.algorithm().as_str().to_owned(),
            digits: totp.digits().get(),
            period: totp.period().as_seconds(),
            created: self.created,
            position: self.position,
            pinned: self.pinned,
            hidden: self.hidden,
        };
        stored.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for CodeEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        StoredCode::deserialize(deserializer)?.try_into().map_err(de::Error::custom)
    }
}

impl TryFrom<StoredCode> for CodeEntry {
    type Error = InvalidField;

    fn try_from(stored: StoredCode) -> Result<Self, InvalidField> {
        // EXPOSE: it goes into another secret.
        let secret = BASE64URL_NOPAD.decode(stored.secret.expose().as_bytes());
        let secret =
            secret.map_err(|_| InvalidField::new("secret", "is not base64url", "restore a backup"))?;
        let algorithm: Algorithm = stored.algorithm.parse()?;
        let (digits, period) = (Digits::try_from(stored.digits)?, Period::try_from(stored.period)?);
        let totp = Totp::new(Secret::new(secret), algorithm, digits, period)?;
        Ok(Self {
            entry: TotpEntry::new(stored.issuer.as_deref(), &stored.account, totp),
            created: stored.created,
            position: stored.position,
            pinned: stored.pinned,
            hidden: stored.hidden,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn pinned_ones_come_first_then_the_position_counts_then_the_age() {
        let entry = || TotpEntry::parse("otpauth://totp/x?secret=JBSWY3DPEHPK3PXP").unwrap().entry;
        let code = |pinned, position, seconds| {
            let new = CodeEntry::new(entry(), Timestamp::from_seconds(seconds));
            CodeEntry { position, pinned, ..new }
        };
        let ordered =
            [code(true, 1, 9), code(true, 2, 1), code(false, 0, 3), code(false, 0, 4), code(false, 1, 0)];
        assert!(ordered.is_sorted_by(|a, b| a.order() < b.order()));
    }

    #[test]
    fn an_entry_of_before_there_were_marks_is_read_and_one_without_marks_is_written_as_then() {
        let old = concat!(
            r#"{"issuer":"Acme","account":"mia","secret":"SGVsbG8h3q2-7w","algorithm":"SHA1","digits":6,"#,
            r#""period":30,"created":"2026-01-31T12:00:00Z","position":3}"#
        );
        let mut read: CodeEntry = serde_json::from_str(old).unwrap();
        assert_eq!((read.position, read.pinned, read.hidden), (3, false, false));
        assert_eq!(serde_json::to_string(&read).unwrap(), old);

        (read.pinned, read.hidden) = (true, true);
        let again: CodeEntry = serde_json::from_str(&serde_json::to_string(&read).unwrap()).unwrap();
        assert!(again.pinned && again.hidden);
    }
}
