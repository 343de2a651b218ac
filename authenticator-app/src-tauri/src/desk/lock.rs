//! Whether the vault is there and open.
//!
//! ```mermaid
//! stateDiagram-v2
//!     [*] --> Unread
//!     Unread --> FirstRun: no vault
//!     Unread --> Locked: a vault
//!     Unread --> Damaged: it is not what was written
//!     Unread --> Unavailable: it cannot be read now
//!     Damaged --> Unread: tried again
//!     Unavailable --> Unread: tried again
//!     FirstRun --> Open: create
//!     Locked --> Open: unlock
//!     Locked --> Locked: refused
//!     Open --> Locked: lock, or nobody used the app
//! ```
//!
//! Each arrow consumes the state it leaves. A step that is dropped half-way leaves `Unread`: the next one looks at the
//! file again.

use std::path::PathBuf;

use countersign::{
    Error,
    crypto::kdf::Argon2Cost,
    ports::Ports,
    protocol::{InvalidField, Secret},
    vault::{
        LockedVault, NewKey, Passphrase, RecoveryCode, SlotKind, StoreError, UnlockKey, Vault, VaultError,
    },
};

use super::{
    error::DeskError,
    storage::{self, NoteError},
};
use crate::ipc::{self, Way};

/// NIST SP 800-63B-4 section 3.1.1.2 asks for at least eight where another factor stands beside it: here, the device.
const SHORTEST: usize = 8;

/// Where the vault is, and what it works with.
pub(super) struct Place {
    pub(super) path: PathBuf,
    pub(super) ports: Ports,
    /// Where enrolments are kept beside it, as far as that is decided.
    pub(super) storage: Result<Option<storage::Place>, NoteError>,
}

/// See the module.
pub(super) enum State {
    Unread,
    FirstRun,
    Locked(LockedVault),
    Open(Box<Open>),
    Damaged(String),
    Unavailable(String),
}

/// The vault, and what opened it.
pub(super) struct Open {
    pub(super) vault: Vault,
    pub(super) way: Way,
}

/// A vault is to be made, with its key and its recovery code.
pub(super) struct Creation {
    key: NewKey,
    way: Way,
}

impl Creation {
    /// What was chosen, if it can be taken.
    pub(super) fn new(chosen: &ipc::CreateVault, cost: Argon2Cost) -> Result<Self, InvalidField> {
        Ok(match chosen {
            ipc::CreateVault::Keyring => Self { key: NewKey::SecureStorage, way: Way::Keyring },
            ipc::CreateVault::Passphrase { passphrase } => {
                let passphrase = self::chosen(passphrase)?;
                Self { key: NewKey::Passphrase { passphrase, cost }, way: Way::Passphrase }
            }
        })
    }
}

/// The passphrase that a person chose, if it can be taken.
pub(super) fn chosen(passphrase: &Secret<String>) -> Result<Passphrase, InvalidField> {
    // EXPOSE: its characters are counted.
    if passphrase.expose().chars().count() < SHORTEST {
        let fix = "choose a longer one, such as four or five words";
        return Err(InvalidField::new("passphrase", "is shorter than 8 characters", fix));
    }
    Passphrase::new(passphrase)
}

impl State {
    /// Looks what is there, if that is not known.
    pub(super) async fn read(self, place: &Place) -> Self {
        match self {
            Self::Unread | Self::Damaged(_) | Self::Unavailable(_) => look(place).await,
            known => known,
        }
    }

    /// Makes the vault. The code is on paper before anything is kept in it.
    pub(super) async fn create(
        self,
        place: &Place,
        creation: Creation,
    ) -> (Self, Result<RecoveryCode, DeskError>) {
        match self {
            Self::FirstRun => match make(place, &creation).await {
                Ok((vault, code)) => (Self::Open(Box::new(Open { vault, way: creation.way })), Ok(code)),
                // It may be there all the same.
                Err(error) => (look(place).await, Err(error)),
            },
            Self::Damaged(_) | Self::Unavailable(_) => self.refuse(),
            other => (other, Err(DeskError::AlreadySetUp)),
        }
    }

    /// Opens the vault. What is open stays open.
    pub(super) async fn unlock(self, way: Way, key: &UnlockKey) -> (Self, Result<(), DeskError>) {
        match self {
            Self::Locked(locked) => match locked.unlock_with(key).await {
                Ok(vault) => (Self::Open(Box::new(Open { vault, way })), Ok(())),
                Err(error) => (Self::Locked(error.vault), Err(error.source.into())),
            },
            Self::Open(open) => (Self::Open(open), Ok(())),
            _ => self.refuse(),
        }
    }

    /// Stays as it is, and says why.
    fn refuse<T>(self) -> (Self, Result<T, DeskError>) {
        let error = match &self {
            Self::Damaged(reason) => DeskError::Damaged { reason: reason.clone() },
            Self::Unavailable(reason) => DeskError::Unavailable { reason: reason.clone() },
            Self::FirstRun | Self::Unread => DeskError::NotSetUp,
            Self::Locked(_) | Self::Open(_) => DeskError::Locked,
        };
        (self, Err(error))
    }

    /// Wipes the key. What is not open stays as it is.
    pub(super) fn lock(self) -> Self {
        match self {
            Self::Open(open) => Self::Locked(open.vault.lock()),
            other => other,
        }
    }

    /// As a page is told.
    pub(super) fn told(&self, keyring: ipc::Keyring) -> ipc::Lock {
        match self {
            Self::Unread | Self::FirstRun => ipc::Lock::FirstRun { keyring },
            Self::Locked(locked) => ipc::Lock::Locked { ways: ways(locked.ways()), keyring },
            Self::Open(open) => ipc::Lock::Open { way: open.way },
            Self::Damaged(reason) => ipc::Lock::Damaged { reason: reason.clone() },
            Self::Unavailable(reason) => ipc::Lock::Unavailable { reason: reason.clone() },
        }
    }
}

/// What is there.
async fn look(place: &Place) -> State {
    if let Err(error @ NoteError::File(_)) = &place.storage {
        return State::Unavailable(error.to_string());
    }
    let locked = match Vault::open(&place.path, place.ports.clone()).await {
        Ok(locked) => locked,
        Err(VaultError::Store(StoreError::Missing { .. })) => return State::FirstRun,
        Err(error) if is_damage(&error) => return State::Damaged(error.to_string()),
        Err(error) => return State::Unavailable(error.to_string()),
    };
    let problem = match &place.storage {
        Ok(Some(_)) => return State::Locked(locked),
        Ok(None) => "the note of where its accounts are kept is missing".to_owned(),
        Err(error) => error.to_string(),
    };
    // It is free all the same.
    let _ = locked.close().await;
    State::Damaged(problem)
}

/// Whether it is not what was written. All else may be over when it is tried again, or the app is newer.
fn is_damage(error: &VaultError) -> bool {
    matches!(
        error,
        VaultError::Store(StoreError::NotAVault { .. } | StoreError::Damaged { .. })
            | VaultError::Damaged { .. }
            | VaultError::Unreadable { .. }
            | VaultError::CostTooHigh(_)
    )
}

async fn make(place: &Place, creation: &Creation) -> Result<(Vault, RecoveryCode), DeskError> {
    let code = RecoveryCode::generate(&*place.ports.random).map_err(Error::from)?;
    let vault = Vault::create_with(&place.path, &creation.key, place.ports.clone()).await?;
    match vault.add_slot(&NewKey::RecoveryCode(code.clone())).await {
        Ok(_) => Ok((vault, code)),
        Err(error) => {
            // It opens by its first key, and a recovery code is asked for then.
            let _ = vault.lock().close().await;
            Err(error.into())
        }
    }
}

/// The ways in, the easiest first.
pub(super) fn ways(kinds: impl IntoIterator<Item = SlotKind>) -> Vec<Way> {
    let kinds: Vec<_> = kinds.into_iter().collect();
    let known = [
        (SlotKind::SecureStorage, Way::Keyring),
        (SlotKind::Passphrase, Way::Passphrase),
        (SlotKind::RecoveryCode, Way::RecoveryCode),
    ];
    known.into_iter().filter(|(kind, _)| kinds.contains(kind)).map(|(_, way)| way).collect()
}

/// The key that a person gave.
pub(super) fn key(given: &ipc::Unlock) -> Result<(Way, UnlockKey), InvalidField> {
    Ok(match given {
        ipc::Unlock::Keyring => (Way::Keyring, UnlockKey::SecureStorage),
        ipc::Unlock::Passphrase { passphrase } => {
            (Way::Passphrase, UnlockKey::Passphrase(Passphrase::new(passphrase)?))
        }
        ipc::Unlock::RecoveryCode { code } => (Way::RecoveryCode, UnlockKey::RecoveryCode(read_code(code)?)),
    })
}

fn read_code(code: &Secret<String>) -> Result<RecoveryCode, InvalidField> {
    // EXPOSE: it is read into another secret.
    code.expose().parse()
}
