use super::{LockedVault, SlotKind, StoreError};
use crate::{
    Error,
    crypto::CryptoError,
    ports::{RandomError, StorageError},
};

/// Why a vault did not do something. Unless the variant says otherwise, it holds what it did before.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The rows could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No slot opens with this passphrase, or with this key. Ask again.
    #[error("the passphrase does not open the vault")]
    WrongPassphrase,
    /// The vault has no slot of this kind. Offer what [`LockedVault::ways`] tells.
    #[error("the vault has no {kind}; unlock it in another way")]
    NoSuchKey {
        /// What was tried.
        kind: SlotKind,
    },
    /// It is a recovery code, but not this vault's. It may be an older one, or of another vault.
    #[error("the recovery code is not that of this vault; look for the newest, or unlock in another way")]
    WrongRecoveryCode,
    /// This device's secure storage has no key for the vault: it was emptied, or the file comes from another device.
    /// Unlock in another way, then add the key again.
    #[error(
        "secure storage holds no key for the vault; unlock it by passphrase or recovery code, then add the key again"
    )]
    StorageKeyMissing,
    /// What lies in secure storage is not the vault's key: somebody has changed it. Unlock in another way, then add the
    /// key again.
    #[error(
        "the key in secure storage is not that of the vault; unlock it by passphrase or recovery code, then add the \
         key again"
    )]
    StorageKeyWrong,
    /// Secure storage did not give or take the key.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Nothing for every day would be left to open the vault. Add a passphrase or a key in secure storage first.
    #[error("a vault opens by a passphrase or by a key in secure storage; add one of them first")]
    LastKey,
    /// A new vault key has to be wrapped for each key that opens the vault. Give this one too, or remove it first.
    #[error("the vault also opens by a {kind}; give that too, or remove it first")]
    KeyNotGiven {
        /// What was not given.
        kind: SlotKind,
    },
    /// Its content is not what it was when it was last written. Restore a backup.
    #[error("the vault is damaged: {reason}; restore a backup")]
    Damaged {
        /// What is wrong.
        reason: &'static str,
    },
    /// The whole file is an older copy. If that is meant, unlock with [`LockedVault::accept_older_copy`].
    #[error(
        "the vault is an older copy: change {found} of {expected}; restore the newest, or accept this one"
    )]
    OlderCopy {
        /// How many changes this copy has seen.
        found: u64,
        /// How many this device knows of.
        expected: u64,
    },
    /// Its format, or an item, is of a newer version. Update the app.
    #[error("{what} is of version {found}, this app reads up to {supported}; update the app")]
    Newer {
        /// What is.
        what: String,
        /// Its version.
        found: u32,
        /// The newest that is read here.
        supported: u32,
    },
    /// It asks for more work to derive its key than a vault made by this SDK would. It has been tampered with.
    #[error("opening the vault would cost too much: {0}")]
    CostTooHigh(#[source] CryptoError),
    /// The item is of another kind than was asked for.
    #[error("the item is of the kind {found}, not {expected}; ask for it as that")]
    WrongKind {
        /// What was asked for.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// The item opens but is not of the form that its kind and version have.
    #[error("an item of the kind {kind} cannot be read; update the app or restore a backup")]
    Unreadable {
        /// What it is.
        kind: &'static str,
    },
    /// A record that has no JSON form.
    #[error("the item cannot be written: {0}")]
    Unwritable(#[source] serde_json::Error),
    /// A slot of a kind that this version cannot renew. Update the app.
    #[error("the vault has a key slot of an unknown kind; update the app to change its key")]
    UnknownSlot,
    /// A primitive did not do it.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// There is no randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The runtime shut down while a key was being derived.
    #[error("the app shut down before the vault had finished")]
    Interrupted,
}

impl VaultError {
    pub(super) fn damaged(reason: &'static str) -> Self {
        Self::Damaged { reason }
    }
}

impl From<VaultError> for Error {
    fn from(error: VaultError) -> Self {
        let reason = error.to_string();
        match error {
            VaultError::Store(store) => store.into(),
            VaultError::WrongPassphrase => Self::WrongPassphrase,
            VaultError::NoSuchKey { kind } => {
                input("key", format!("is a {kind}, and the vault has none"), "unlock it in another way")
            }
            VaultError::WrongRecoveryCode => input(
                "recovery_code",
                "is not that of this vault".to_owned(),
                "look for the newest, or unlock in another way",
            ),
            VaultError::StorageKeyMissing | VaultError::StorageKeyWrong => Self::Locked { reason },
            VaultError::Storage(storage) => storage.into(),
            VaultError::LastKey => input(
                "slot",
                "is the last that opens the vault on any day".to_owned(),
                "add a passphrase or a key in secure storage first",
            ),
            VaultError::KeyNotGiven { kind } => {
                input("keys", format!("miss the {kind}"), "give that too, or remove it first")
            }
            VaultError::Damaged { .. }
            | VaultError::OlderCopy { .. }
            | VaultError::Newer { .. }
            | VaultError::CostTooHigh(_)
            | VaultError::Unreadable { .. }
            | VaultError::UnknownSlot => Self::Damaged { reason },
            VaultError::WrongKind { expected, found } => input(
                "item_id",
                format!("names an item of the kind {found}, not {expected}"),
                "ask for it as what it is",
            ),
            VaultError::Unwritable(_) | VaultError::Interrupted => Self::Device { reason },
            VaultError::Crypto(crypto) => crypto.into(),
            VaultError::Random(random) => random.into(),
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        let path = |problem: &str, fix: &str| input("path", problem.to_owned(), fix);
        match error {
            StoreError::Missing { .. } => path("there is no vault", "create one, or choose where it is"),
            StoreError::Occupied { .. } => {
                path("something is there already", "open it, or choose another place")
            }
            StoreError::NotAVault { .. } | StoreError::NewerFormat { .. } | StoreError::Damaged { .. } => {
                Self::Damaged { reason: error.to_string() }
            }
            StoreError::InUse
            | StoreError::ReadOnly
            | StoreError::Full
            | StoreError::Conflict
            | StoreError::Database(_)
            | StoreError::File(_) => Self::Device { reason: error.to_string() },
        }
    }
}

fn input(field: &str, problem: String, fix: &str) -> Error {
    Error::InvalidInput { field: field.to_owned(), problem, fix: fix.to_owned() }
}

/// The vault did not unlock, and is given back locked, to be tried again.
#[derive(Debug, thiserror::Error)]
#[error("{source}")]
pub struct UnlockError {
    /// The vault, as it was.
    pub vault: LockedVault,
    /// Why.
    pub source: VaultError,
}

impl From<Box<UnlockError>> for Error {
    fn from(error: Box<UnlockError>) -> Self {
        error.source.into()
    }
}
