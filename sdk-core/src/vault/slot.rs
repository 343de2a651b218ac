use std::fmt;

use super::{
    Header, NewKey, SlotId, SlotRow, UnlockKey, VaultError, VaultId,
    keys::{VaultKeys, slot_checksum, slot_place},
    slot_key,
    slot_parameters::{PassphraseParameters, RecoveryParameters, SlotParameters},
    unlock_key::DerivedKey,
};
use crate::{crypto::seal::SealKey, ports::Ports};

/// A way to open a vault. Ways that a newer version of this SDK has added are not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SlotKind {
    /// By what the user knows.
    Passphrase,
    /// By a key that this device's secure storage keeps.
    SecureStorage,
    /// By a code that was printed and put away.
    RecoveryCode,
}

impl SlotKind {
    const ALL: [Self; 3] = [Self::Passphrase, Self::SecureStorage, Self::RecoveryCode];

    /// As it stands in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passphrase => "passphrase",
            Self::SecureStorage => "secure_storage",
            Self::RecoveryCode => "recovery_code",
        }
    }

    /// Whether people open their vault with it on any day. A recovery code is for the day on which nothing else works.
    pub(super) fn is_for_every_day(self) -> bool {
        match self {
            Self::Passphrase | Self::SecureStorage => true,
            Self::RecoveryCode => false,
        }
    }

    pub(super) fn of(row: &SlotRow) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == row.kind)
    }
}

/// For people, after "a": "passphrase", "key in secure storage", "recovery code".
impl fmt::Display for SlotKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Passphrase => "passphrase",
            Self::SecureStorage => "key in secure storage",
            Self::RecoveryCode => "recovery code",
        })
    }
}

/// A key slot of a vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// Which.
    pub id: SlotId,
    /// What opens it.
    pub kind: SlotKind,
}

/// The slots of kinds that this version knows.
pub(super) fn known(header: &Header) -> impl Iterator<Item = Slot> + '_ {
    header.slots.iter().filter_map(|row| Some(Slot { id: row.id, kind: SlotKind::of(row)? }))
}

/// Makes a slot for a new key. The key of a storage slot is in secure storage when this returns, beside that of the
/// `former` one, which the vault still has.
pub(super) async fn make(
    keys: &VaultKeys,
    vault: VaultId,
    new: &NewKey,
    former: Option<SlotId>,
    ports: &Ports,
) -> Result<SlotRow, VaultError> {
    let random = &*ports.random;
    let id = SlotId::random(random)?;
    let (parameters, key) = match new {
        NewKey::Passphrase { passphrase, cost } => {
            let parameters = PassphraseParameters::generate(*cost, random)?;
            let key = parameters.derive(passphrase).await?;
            (SlotParameters::Passphrase(parameters), key)
        }
        NewKey::SecureStorage => (SlotParameters::SecureStorage, SealKey::generate(random)?),
        NewKey::RecoveryCode(code) => {
            let parameters = RecoveryParameters::generate(random)?;
            let key = parameters.derive(code);
            (SlotParameters::RecoveryCode(parameters), key)
        }
    };
    let mut row = SlotRow {
        id,
        kind: parameters.kind().as_str().to_owned(),
        parameters: parameters.to_json()?,
        wrapped: Vec::new(),
        checksum: Vec::new(),
    };
    // EXPOSE: it is what gets wrapped.
    row.wrapped = key.seal(random, &slot_place(&vault, &row), keys.root().bytes().expose())?;
    row.checksum = slot_checksum(&vault, &row).to_vec();
    if let SlotParameters::SecureStorage = parameters {
        slot_key::keep(ports, vault, former, (id, &key)).await?;
    }
    Ok(row)
}

/// The vault key out of a slot, or `None` if `key` is not the slot's.
pub(super) fn unwrap(vault: &VaultId, row: &SlotRow, key: &SealKey) -> Option<VaultKeys> {
    let root = key.open(&slot_place(vault, row), &row.wrapped).ok()?;
    // EXPOSE: it moves into another secret.
    Some(VaultKeys::new(*vault, SealKey::from_slice(root.expose())?))
}

/// Reads a slot; `None` is one of a kind that this version does not know.
pub(super) fn read(vault: &VaultId, row: &SlotRow) -> Result<Option<SlotParameters>, VaultError> {
    if row.checksum != slot_checksum(vault, row) {
        return Err(VaultError::damaged("a key slot has been changed"));
    }
    SlotKind::of(row).map(|kind| SlotParameters::from_json(kind, &row.parameters)).transpose()
}

/// Tries the key on each slot of its kind.
pub(super) async fn derive(
    header: &Header,
    key: &UnlockKey,
    ports: &Ports,
) -> Result<DerivedKey, VaultError> {
    let mut refused = VaultError::NoSuchKey { kind: key.kind() };
    for row in &header.slots {
        let Some(parameters) = read(&header.vault, row)? else { continue };
        let (derived, wrong) = match (parameters, key) {
            (SlotParameters::Passphrase(parameters), UnlockKey::Passphrase(passphrase)) => {
                (parameters.derive(passphrase).await?, VaultError::WrongPassphrase)
            }
            (SlotParameters::SecureStorage, UnlockKey::SecureStorage) => {
                (slot_key::find(ports, header.vault, row.id).await?, VaultError::StorageKeyWrong)
            }
            (SlotParameters::RecoveryCode(parameters), UnlockKey::RecoveryCode(code)) => {
                (parameters.derive(code), VaultError::WrongRecoveryCode)
            }
            _ => continue,
        };
        if unwrap(&header.vault, row, &derived).is_some() {
            return Ok(DerivedKey { slot: row.id, key: derived });
        }
        refused = wrong;
    }
    Err(refused)
}

/// The same key for a slot that is written anew, at the same cost.
pub(super) fn renewed(vault: &VaultId, row: &SlotRow, key: &UnlockKey) -> Result<NewKey, VaultError> {
    Ok(match (read(vault, row)?, key) {
        (Some(SlotParameters::Passphrase(parameters)), UnlockKey::Passphrase(passphrase)) => {
            NewKey::Passphrase { passphrase: passphrase.clone(), cost: parameters.cost() }
        }
        (Some(SlotParameters::SecureStorage), UnlockKey::SecureStorage) => NewKey::SecureStorage,
        (Some(SlotParameters::RecoveryCode(_)), UnlockKey::RecoveryCode(code)) => {
            NewKey::RecoveryCode(code.clone())
        }
        _ => return Err(VaultError::UnknownSlot),
    })
}
