//! Secure storage that the SDK brings along: the system's keyring probed, a sealed file, and none.

use std::{path::PathBuf, sync::Arc};

use countersign::{
    crypto::seal::SealKey,
    ports::{self, OsFiles, Random},
};

use crate::{CountersignError, SecureStorage, StorageError};

/// Whether the system's keyring can be used.
pub type KeyringStatus = ports::KeyringStatus;

/// Whether the system's keyring can be used.
#[uniffi::remote(Enum)]
pub enum KeyringStatus {
    /// It keeps what it is given.
    Ready,
    /// It is there but locked, and its user did not unlock it. Ask for that and probe again, or offer a passphrase.
    Locked {
        /// What the system said.
        reason: String,
    },
    /// There is none, or it does not work. Offer a passphrase, openly.
    Absent {
        /// What the system said.
        reason: String,
    },
}

/// Finds out whether the system's keyring can be used for the app of this id, by writing an entry and removing it. The
/// system may ask its user to unlock it, so call this from a thread that may block.
///
/// A process looks for a keyring once. One that was started later is found by the app's next start.
#[uniffi::export]
pub fn probe_keyring(app_id: &str) -> KeyringStatus {
    keyring::probe(app_id)
}

#[cfg(feature = "keyring")]
pub(super) mod keyring {
    use super::{Arc, CountersignError, KeyringStatus, ports};

    pub(super) fn probe(app_id: &str) -> KeyringStatus {
        ports::KeyringStorage::probe(app_id)
    }

    pub(in crate::ports) fn open(app_id: &str) -> Result<Arc<dyn ports::SecureStorage>, CountersignError> {
        Ok(Arc::new(ports::KeyringStorage::new(app_id)?))
    }
}

/// A build without it is as a system without one.
#[cfg(not(feature = "keyring"))]
pub(super) mod keyring {
    use super::{Arc, CountersignError, KeyringStatus, ports};

    const NONE: &str = "this build of the library has none";

    pub(super) fn probe(_app_id: &str) -> KeyringStatus {
        KeyringStatus::Absent { reason: NONE.to_owned() }
    }

    pub(in crate::ports) fn open(_app_id: &str) -> Result<Arc<dyn ports::SecureStorage>, CountersignError> {
        Err(ports::StorageError::Unsupported { reason: NONE.to_owned() }.into())
    }
}

/// Secure storage in one sealed file, for systems without a keyring: `Vault.file_storage` gives it.
#[derive(uniffi::Object)]
pub struct FileStorage(ports::FileStorage);

impl FileStorage {
    pub(crate) async fn open(
        path: String,
        key: SealKey,
        random: Arc<dyn Random>,
    ) -> Result<Arc<Self>, CountersignError> {
        let interrupted = || ports::StorageError::Broken { reason: "the app shut down".to_owned() };
        let open = move || ports::FileStorage::open(PathBuf::from(path), key, Arc::new(OsFiles), random);
        Ok(Arc::new(Self(ports::blocking(interrupted, open).await?)))
    }
}

/// No secure storage at all, such as until the vault is unlocked that holds the key of a `FileStorage`. A vault opens
/// without; what needs storage says so.
#[derive(Default, uniffi::Object)]
pub struct NoStorage(ports::NoStorage);

#[uniffi::export]
impl NoStorage {
    /// A storage that takes nothing.
    #[uniffi::constructor]
    pub fn new() -> Self {
        Self::default()
    }
}

/// Objects around a storage of the core, as the host's trait.
macro_rules! storage_of_the_core {
    ($($object:ident),+) => {$(
        #[uniffi::export]
        impl SecureStorage for $object {
            fn get(&self, name: String) -> Result<Option<String>, StorageError> {
                Ok(ports::SecureStorage::get(&self.0, &name)?)
            }

            fn set(&self, name: String, value: String) -> Result<(), StorageError> {
                Ok(ports::SecureStorage::set(&self.0, &name, &value)?)
            }

            fn remove(&self, name: String) -> Result<(), StorageError> {
                Ok(ports::SecureStorage::remove(&self.0, &name)?)
            }
        }
    )+};
}

storage_of_the_core!(FileStorage, NoStorage);
