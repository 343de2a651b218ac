/// The longest value, in bytes.
pub(crate) const LONGEST_VALUE: usize = 2048;

/// Small secrets by name, kept by the operating system. Values are single-line ASCII of at most 2,048 bytes, which
/// every keyring can hold and return unchanged.
pub trait SecureStorage: Send + Sync {
    /// The value, or `None` if there is none.
    ///
    /// # Errors
    /// [`StorageError`], such as [`StorageError::Locked`] where the user does not unlock it. Never `None` for a value
    /// that is there but cannot be read: what is taken for missing is made anew, and the value is lost.
    fn get(&self, name: &str) -> Result<Option<String>, StorageError>;

    /// Stores or replaces the value. It is durable when this returns.
    ///
    /// # Errors
    /// [`StorageError`]; the former value is then still there.
    fn set(&self, name: &str, value: &str) -> Result<(), StorageError>;

    /// Removes the value; none being there is no error.
    ///
    /// # Errors
    /// [`StorageError`]; the value is then still there.
    fn remove(&self, name: &str) -> Result<(), StorageError>;
}

/// The storage could not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StorageError {
    /// There is no such storage on this system. Offer the passphrase instead.
    #[error("this system offers no secure storage: {reason}")]
    Unsupported {
        /// What the system said.
        reason: String,
    },
    /// It is there but locked. Ask the user to unlock it, then try again.
    #[error("the secure storage is locked: {reason}")]
    Locked {
        /// What the system said.
        reason: String,
    },
    /// What it holds is not what was put there. Nothing was overwritten; restore a backup of it.
    #[error("the secure storage is damaged: {reason}; restore a backup of it")]
    Damaged {
        /// What is wrong.
        reason: String,
    },
    /// It is there but did not do it.
    #[error("the secure storage did not answer as it should: {reason}")]
    Broken {
        /// What the system said.
        reason: String,
    },
}

/// Refuses what not every keyring holds, so that an app can change from one storage over to another.
///
/// # Errors
/// [`StorageError::Broken`].
pub(crate) fn check_value(value: &str) -> Result<(), StorageError> {
    if value.len() > LONGEST_VALUE || !value.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        let reason = format!("values are single-line ASCII of at most {LONGEST_VALUE} bytes");
        return Err(StorageError::Broken { reason });
    }
    Ok(())
}

/// Whether the system's keyring can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// A device without secure storage, or before it is at hand. What needs it says so; a vault opens without it.
#[derive(Debug, Default)]
pub struct NoStorage;

impl NoStorage {
    fn refuse<T>() -> Result<T, StorageError> {
        Err(StorageError::Unsupported { reason: "none was set up".to_owned() })
    }
}

impl SecureStorage for NoStorage {
    fn get(&self, _name: &str) -> Result<Option<String>, StorageError> {
        Self::refuse()
    }

    fn set(&self, _name: &str, _value: &str) -> Result<(), StorageError> {
        Self::refuse()
    }

    fn remove(&self, _name: &str) -> Result<(), StorageError> {
        Self::refuse()
    }
}

#[cfg(feature = "keyring")]
pub use self::system::KeyringStorage;

#[cfg(feature = "keyring")]
#[path = "keyring_storage.rs"]
mod system;
