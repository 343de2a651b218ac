use super::{Passphrase, RecoveryCode, SlotId, SlotKind};
use crate::crypto::{kdf::Argon2Cost, seal::SealKey};

/// What opens a vault.
#[derive(Clone)]
pub enum UnlockKey {
    /// What the user knows.
    Passphrase(Passphrase),
    /// The key that lies in this device's secure storage.
    SecureStorage,
    /// What was printed and put away.
    RecoveryCode(RecoveryCode),
}

/// What is to open a vault from now on.
#[derive(Clone)]
pub enum NewKey {
    /// What the user knows.
    Passphrase {
        /// The passphrase.
        passphrase: Passphrase,
        /// What trying one costs, whoever tries.
        cost: Argon2Cost,
    },
    /// A random key that is put into this device's secure storage. Whoever can use the app on this device then opens
    /// the vault: ask the operating system for its user first, where that matters.
    SecureStorage,
    /// A code to be printed. Show it, and add it once the user has it.
    RecoveryCode(RecoveryCode),
}

impl NewKey {
    /// What it is.
    pub fn kind(&self) -> SlotKind {
        match self {
            Self::Passphrase { .. } => SlotKind::Passphrase,
            Self::SecureStorage => SlotKind::SecureStorage,
            Self::RecoveryCode(_) => SlotKind::RecoveryCode,
        }
    }
}

impl UnlockKey {
    /// What it is.
    pub fn kind(&self) -> SlotKind {
        match self {
            Self::Passphrase(_) => SlotKind::Passphrase,
            Self::SecureStorage => SlotKind::SecureStorage,
            Self::RecoveryCode(_) => SlotKind::RecoveryCode,
        }
    }
}

impl From<Passphrase> for UnlockKey {
    fn from(passphrase: Passphrase) -> Self {
        Self::Passphrase(passphrase)
    }
}

impl From<RecoveryCode> for UnlockKey {
    fn from(code: RecoveryCode) -> Self {
        Self::RecoveryCode(code)
    }
}

/// A key that opens one slot of one vault, wiped when dropped. Deriving it takes long by design, opening with it does
/// not.
pub struct DerivedKey {
    pub(super) slot: SlotId,
    pub(super) key: SealKey,
}
