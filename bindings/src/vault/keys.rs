use std::sync::Arc;

use countersign::{
    crypto::kdf::Argon2Cost,
    protocol::Secret,
    vault::{self, NewKey, Passphrase, SlotId},
};

use crate::{CountersignError, Ports};

/// A way to open a vault.
#[uniffi::remote(Enum)]
pub enum SlotKind {
    /// By what the user knows.
    Passphrase,
    /// By a key that this device's secure storage keeps.
    SecureStorage,
    /// By a code that was printed and put away.
    RecoveryCode,
}

/// A way to open a vault.
pub type SlotKind = vault::SlotKind;

/// A key that opens a vault.
pub type Slot = vault::Slot;

/// A key that opens a vault.
#[uniffi::remote(Record)]
pub struct Slot {
    /// Which.
    pub id: SlotId,
    /// What it is.
    pub kind: SlotKind,
}

/// What trying one passphrase costs (Argon2id, RFC 9106).
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PassphraseCost {
    /// Memory in KiB, 8 for each lane to 1 GiB.
    pub memory_kib: u32,
    /// Passes, 1 to 64.
    pub passes: u32,
    /// Lanes, 1 to 16.
    pub lanes: u32,
}

/// A code to be printed and put away, which opens a vault when nothing else does: eight groups of four letters and
/// digits.
#[derive(uniffi::Object)]
pub struct RecoveryCode(pub(super) vault::RecoveryCode);

#[uniffi::export]
impl RecoveryCode {
    /// A new random code.
    #[uniffi::constructor]
    pub fn generate(ports: &Ports) -> Result<Arc<Self>, CountersignError> {
        Ok(Arc::new(Self(vault::RecoveryCode::generate(&*ports.core.random)?)))
    }

    /// Reads what a person typed: in any case, with or without hyphens and spaces; O counts as 0, I and L as 1.
    ///
    /// Fails with `InvalidInput` that says whether letters are missing or one is wrong.
    #[uniffi::constructor]
    pub fn parse(typed: String) -> Result<Arc<Self>, CountersignError> {
        let typed = Secret::new(typed);
        // EXPOSE: it is read into another secret.
        Ok(Arc::new(Self(typed.expose().parse()?)))
    }

    /// The eight groups of four, as they are printed.
    pub fn groups(&self) -> Vec<String> {
        // EXPOSE: shown to the user.
        self.0.groups().expose().to_vec()
    }
}

pub(super) fn passphrase(text: String) -> Result<Passphrase, CountersignError> {
    Ok(Passphrase::new(&Secret::new(text))?)
}

pub(super) fn new_passphrase(
    text: String,
    cost: Option<&PassphraseCost>,
) -> Result<NewKey, CountersignError> {
    let cost = match cost {
        Some(&PassphraseCost { memory_kib, passes, lanes }) => Argon2Cost::new(memory_kib, passes, lanes)?,
        None => Argon2Cost::default(),
    };
    Ok(NewKey::Passphrase { passphrase: passphrase(text)?, cost })
}
