use std::sync::Arc;

use countersign::ports::{KeyringStatus, KeyringStorage, NoStorage, SecureStorage};

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
            Err(_) => Arc::new(NoStorage),
        }
    }
}
