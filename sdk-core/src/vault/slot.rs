use countersign_protocol::Secret;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

use super::{
    Passphrase, SlotId, SlotRow, VaultError, VaultId,
    keys::{VaultKeys, slot_checksum, slot_place},
};
use crate::{
    crypto::{
        kdf::{Argon2Cost, argon2id},
        seal::SealKey,
    },
    ports::{Random, blocking},
};

/// How a slot's key comes about.
#[derive(Debug, Clone)]
pub(super) enum SlotKind {
    /// From a passphrase, by Argon2id.
    Passphrase(PassphraseParameters),
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

/// Wraps the vault key under `key`, which `parameters` derive.
pub(super) fn wrap(
    keys: &VaultKeys,
    vault: &VaultId,
    parameters: &PassphraseParameters,
    key: &SealKey,
    random: &dyn Random,
) -> Result<SlotRow, VaultError> {
    let mut row = SlotRow {
        id: SlotId::random(random)?,
        kind: PASSPHRASE.to_owned(),
        parameters: serde_json::to_string(&PassphraseJson::from(parameters))
            .map_err(VaultError::Unwritable)?,
        wrapped: Vec::new(),
        checksum: Vec::new(),
    };
    // EXPOSE: it is what gets wrapped.
    row.wrapped = key.seal(random, &slot_place(vault, &row), keys.root().bytes().expose())?;
    row.checksum = slot_checksum(vault, &row).to_vec();
    Ok(row)
}

/// The vault key out of a slot, or `None` if `key` is not the slot's.
pub(super) fn unwrap(vault: &VaultId, row: &SlotRow, key: &SealKey) -> Option<VaultKeys> {
    let root = key.open(&slot_place(vault, row), &row.wrapped).ok()?;
    // EXPOSE: it moves into another secret.
    let root = <[u8; 32]>::try_from(root.expose().as_slice()).ok()?;
    Some(VaultKeys::new(*vault, SealKey::new(Secret::new(root))))
}

/// Reads a slot; `None` is one of a kind that this version does not know.
pub(super) fn read(vault: &VaultId, row: &SlotRow) -> Result<Option<SlotKind>, VaultError> {
    if row.checksum != slot_checksum(vault, row) {
        return Err(VaultError::damaged("a key slot has been changed"));
    }
    if row.kind != PASSPHRASE {
        return Ok(None);
    }
    let json = serde_json::from_str::<PassphraseJson>(&row.parameters);
    let json = json.map_err(|_| VaultError::damaged("a key slot cannot be read"))?;
    Ok(Some(SlotKind::Passphrase(json.try_into()?)))
}

const PASSPHRASE: &str = "passphrase";

/// The parameters as they are stored.
#[derive(Serialize, Deserialize)]
struct PassphraseJson {
    /// 16 bytes, base64url.
    salt: String,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
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
        let salt = BASE64URL_NOPAD.decode(json.salt.as_bytes()).ok().and_then(|salt| salt.try_into().ok());
        Ok(Self {
            salt: salt.ok_or_else(|| VaultError::damaged("the salt of a key slot cannot be read"))?,
            cost: Argon2Cost::new(json.memory_kib, json.passes, json.lanes)
                .map_err(VaultError::CostTooHigh)?,
        })
    }
}
