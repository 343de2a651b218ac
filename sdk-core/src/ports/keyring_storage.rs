use keyring::v1::{Entry, Error};

use super::{KeyringStatus, SecureStorage, StorageError};

/// The keyring of the operating system: Keychain, Credential Manager, Secret Service.
#[derive(Debug)]
pub struct KeyringStorage {
    application: String,
}

/// The entry that a probe writes and removes.
const PROBE: &str = "probe";

impl KeyringStorage {
    /// The entries of one application; `application` is its reverse domain name, such as `com.acme.app`.
    ///
    /// # Errors
    /// [`StorageError::Unsupported`] where the system has no keyring: offer a passphrase instead, openly.
    pub fn new(application: impl Into<String>) -> Result<Self, StorageError> {
        match Entry::store_status() {
            Ok(()) => Ok(Self { application: application.into() }),
            Err(error) => Err(StorageError::Unsupported { reason: error.to_string() }),
        }
    }

    /// Finds out whether the keyring can be used, by writing an entry, reading it back and removing it: one that is
    /// locked can be read, and looks empty. The system may ask its user to unlock it, so call this where blocking is
    /// fine.
    ///
    /// A process looks for a keyring once. One that was started later is found by the app's next start.
    pub fn probe(application: &str) -> KeyringStatus {
        let tried = Self::new(application).and_then(|keyring| {
            keyring.set(PROBE, PROBE)?;
            let kept = keyring.get(PROBE)?;
            keyring.remove(PROBE)?;
            Ok(kept)
        });
        match tried {
            Ok(Some(kept)) if kept == PROBE => KeyringStatus::Ready,
            Ok(_) => KeyringStatus::Absent { reason: "it does not keep what it is given".to_owned() },
            Err(StorageError::Locked { reason }) => KeyringStatus::Locked { reason },
            Err(
                StorageError::Unsupported { reason }
                | StorageError::Broken { reason }
                | StorageError::Damaged { reason },
            ) => KeyringStatus::Absent { reason },
        }
    }

    fn entry(&self, name: &str) -> Result<Entry, StorageError> {
        Entry::new(&self.application, name).map_err(|error| storage_error(&error))
    }
}

impl SecureStorage for KeyringStorage {
    fn get(&self, name: &str) -> Result<Option<String>, StorageError> {
        match self.entry(name)?.get_password() {
            Ok(value) => Ok(Some(value)),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(storage_error(&error)),
        }
    }

    fn set(&self, name: &str, value: &str) -> Result<(), StorageError> {
        self.entry(name)?.set_password(value).map_err(|error| storage_error(&error))
    }

    fn remove(&self, name: &str) -> Result<(), StorageError> {
        match self.entry(name)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(storage_error(&error)),
        }
    }
}

fn storage_error(error: &Error) -> StorageError {
    // The texts name the cause in the system's words and never the value.
    match error {
        Error::NoStorageAccess(cause) => StorageError::Locked { reason: cause.to_string() },
        Error::NoDefaultStore => StorageError::Unsupported { reason: error.to_string() },
        _ => StorageError::Broken { reason: error.to_string() },
    }
}

#[cfg(all(test, target_os = "linux"))]
#[path = "keyring_storage_tests.rs"]
mod tests;
