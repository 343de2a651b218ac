//! How the key of a slot comes about, kind by kind.

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Passphrase, RecoveryCode, VaultError, slot::SlotKind};
use crate::{
    crypto::{
        kdf::{Argon2Cost, argon2id, hkdf_sha256},
        seal::SealKey,
    },
    ports::{Random, blocking},
};

/// What is needed beside the secret itself.
#[derive(Debug, Clone)]
pub(super) enum SlotParameters {
    Passphrase(PassphraseParameters),
    /// The key is random and is used as it is.
    SecureStorage,
    RecoveryCode(RecoveryParameters),
}

impl SlotParameters {
    pub(super) fn kind(&self) -> SlotKind {
        match self {
            Self::Passphrase(_) => SlotKind::Passphrase,
            Self::SecureStorage => SlotKind::SecureStorage,
            Self::RecoveryCode(_) => SlotKind::RecoveryCode,
        }
    }

    pub(super) fn to_json(&self) -> Result<String, VaultError> {
        let json = match self {
            Self::Passphrase(parameters) => serde_json::to_string(&PassphraseJson::from(parameters)),
            Self::SecureStorage => serde_json::to_string(&StorageJson {}),
            Self::RecoveryCode(RecoveryParameters { salt }) => {
                serde_json::to_string(&RecoveryJson { salt: BASE64URL_NOPAD.encode(salt) })
            }
        };
        json.map_err(VaultError::Unwritable)
    }

    pub(super) fn from_json(kind: SlotKind, json: &str) -> Result<Self, VaultError> {
        Ok(match kind {
            SlotKind::Passphrase => Self::Passphrase(read::<PassphraseJson>(json)?.try_into()?),
            SlotKind::SecureStorage => {
                let StorageJson {} = read(json)?;
                Self::SecureStorage
            }
            SlotKind::RecoveryCode => {
                let RecoveryJson { salt } = read(json)?;
                Self::RecoveryCode(RecoveryParameters { salt: read_salt(&salt)? })
            }
        })
    }
}

/// What Argon2id needs beside the passphrase.
#[derive(Debug, Clone)]
pub(super) struct PassphraseParameters {
    salt: [u8; 16],
    cost: Argon2Cost,
}

impl PassphraseParameters {
    pub(super) fn generate(cost: Argon2Cost, random: &dyn Random) -> Result<Self, VaultError> {
        Ok(Self { salt: random.bytes()?, cost })
    }

    pub(super) fn cost(&self) -> Argon2Cost {
        self.cost
    }

    /// Derives the slot's key, on a thread where that may take its time.
    pub(super) async fn derive(&self, passphrase: &Passphrase) -> Result<SealKey, VaultError> {
        let Self { salt, cost } = self.clone();
        let text = passphrase.text().clone();
        blocking(
            || VaultError::Interrupted,
            move || {
                // EXPOSE: the key is derived from it.
                Ok(SealKey::new(argon2id(text.expose().as_bytes(), &salt, &cost)?))
            },
        )
        .await
    }
}

/// What HKDF needs beside the recovery code. The code is random throughout, so trying many costs enough as it is.
#[derive(Debug, Clone)]
pub(super) struct RecoveryParameters {
    salt: [u8; 16],
}

impl RecoveryParameters {
    pub(super) fn generate(random: &dyn Random) -> Result<Self, VaultError> {
        Ok(Self { salt: random.bytes()? })
    }

    pub(super) fn derive(&self, code: &RecoveryCode) -> SealKey {
        // EXPOSE: the key is derived from it.
        SealKey::new(hkdf_sha256(code.bytes().expose(), &self.salt, b"countersign vault recovery"))
    }
}

fn read<T: DeserializeOwned>(json: &str) -> Result<T, VaultError> {
    serde_json::from_str(json).map_err(|_| VaultError::damaged("a key slot cannot be read"))
}

fn read_salt(text: &str) -> Result<[u8; 16], VaultError> {
    let salt = BASE64URL_NOPAD.decode(text.as_bytes()).ok().and_then(|salt| salt.try_into().ok());
    salt.ok_or_else(|| VaultError::damaged("the salt of a key slot cannot be read"))
}

/// The parameters as they are stored.
#[derive(Serialize, Deserialize)]
struct PassphraseJson {
    /// 16 bytes, base64url.
    salt: String,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StorageJson {}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecoveryJson {
    /// 16 bytes, base64url.
    salt: String,
}

impl From<&PassphraseParameters> for PassphraseJson {
    fn from(parameters: &PassphraseParameters) -> Self {
        let cost = parameters.cost;
        Self {
            salt: BASE64URL_NOPAD.encode(&parameters.salt),
            memory_kib: cost.memory_kib(),
            passes: cost.passes(),
            lanes: cost.lanes(),
        }
    }
}

impl TryFrom<PassphraseJson> for PassphraseParameters {
    type Error = VaultError;

    fn try_from(json: PassphraseJson) -> Result<Self, VaultError> {
        Ok(Self {
            salt: read_salt(&json.salt)?,
            cost: Argon2Cost::new(json.memory_kib, json.passes, json.lanes)
                .map_err(VaultError::CostTooHigh)?,
        })
    }
}
