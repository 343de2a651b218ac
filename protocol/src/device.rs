//! What a device tells of itself at sign-in: a description for people and a fingerprint for recognition.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::fields::{DisplayName, InvalidField};

/// A device as people recognise it. A hint, shown as such; nothing here proves anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeviceDescription {
    /// Such as "Mia's laptop" or "Pixel 9".
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub name: DisplayName,
    /// Operating system and version, such as "Debian 12".
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub os: DisplayName,
    /// Application and version, such as "Acme 4.2".
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub app: DisplayName,
}

/// Salted hashes of a device's signals. No raw identifier is in it; the salt is per server, so that two servers
/// cannot tell that they see one device.
///
/// All hashes are 43 characters of base64url (SHA-256).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawFingerprint")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Fingerprint {
    /// How the hashes are made; this is version 1.
    pub version: u32,
    /// The stable id: the same while the signals of level `optimal` are.
    pub id: String,
    /// One hash over the signals of each level.
    pub levels: Levels,
    /// One hash per signal, by the signal's name.
    pub signals: BTreeMap<String, String>,
}

/// One hash per stability level, from the loosest to the strictest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Levels {
    /// Survives an update of the operating system.
    pub optimal: String,
    /// Survives an update of the app.
    pub stable: String,
    /// Changes with any signal.
    pub unique: String,
}

#[derive(Deserialize)]
struct RawFingerprint {
    version: u32,
    id: String,
    levels: Levels,
    signals: BTreeMap<String, String>,
}

impl TryFrom<RawFingerprint> for Fingerprint {
    type Error = InvalidField;

    fn try_from(raw: RawFingerprint) -> Result<Self, InvalidField> {
        let error =
            |problem| InvalidField::new("fingerprint", problem, "send the fingerprint as the SDK makes it");
        if raw.version != 1 {
            return Err(error("has an unknown version"));
        }
        if raw.signals.len() > 64 {
            return Err(error("has more than 64 signals"));
        }
        if raw.signals.keys().any(|name| name.is_empty() || name.len() > 64) {
            return Err(error("has a signal name that is empty or longer than 64 characters"));
        }
        let levels = [&raw.levels.optimal, &raw.levels.stable, &raw.levels.unique];
        let hashes = raw.signals.values().chain(levels).chain([&raw.id]);
        let ill_formed = |hash: &&String| hash.len() != 43 || !hash.bytes().all(is_base64url);
        if hashes.filter(ill_formed).count() > 0 {
            return Err(error("has a hash that is not 43 characters of base64url"));
        }
        Ok(Self { version: raw.version, id: raw.id, levels: raw.levels, signals: raw.signals })
    }
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}
