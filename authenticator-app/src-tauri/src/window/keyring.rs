use std::sync::Arc;

use countersign::ports::{KeyringStatus, KeyringStorage, SecureStorage, StorageError};

use super::APP_ID;
use crate::{desk::Keyring, ipc};

/// Keychain, Credential Manager, Secret Service.
pub(super) struct SystemKeyring;

impl Keyring for SystemKeyring {
    fn probe(&self) -> ipc::Keyring {
        match KeyringStorage::probe(APP_ID) {
            KeyringStatus::Ready => ipc::Keyring::Ready,
            KeyringStatus::Locked { reason } => ipc::Keyring::Locked { reason },
            KeyringStatus::Absent { reason } => ipc::Keyring::Absent { reason },
        }
    }

    fn storage(&self) -> Arc<dyn SecureStorage> {
        match KeyringStorage::new(APP_ID) {
            Ok(storage) => Arc::new(storage),
            Err(why) => Arc::new(Absent(why)),
        }
    }
}

/// No keyring, and why: what needs it is told in the system's words.
struct Absent(StorageError);

impl SecureStorage for Absent {
    fn get(&self, _name: &str) -> Result<Option<String>, StorageError> {
        Err(self.0.clone())
    }

    fn set(&self, _name: &str, _value: &str) -> Result<(), StorageError> {
        Err(self.0.clone())
    }

    fn remove(&self, _name: &str) -> Result<(), StorageError> {
        Err(self.0.clone())
    }
}
