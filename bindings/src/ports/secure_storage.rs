use std::sync::Arc;

use countersign::ports;
use uniffi::UnexpectedUniFFICallbackError;

/// Small secrets by name, kept by the operating system. Values are single-line ASCII of at most 2,048 bytes, which
/// every keyring can hold and return unchanged.
///
/// Called from a thread that may block.
#[uniffi::export(foreign)]
pub trait SecureStorage: Send + Sync {
    /// The value, or nothing if there is none. Never nothing for a value that is there but cannot be read.
    fn get(&self, name: String) -> Result<Option<String>, StorageError>;

    /// Stores or replaces the value. It is durable when this returns; when it fails the former value is still there.
    fn set(&self, name: String, value: String) -> Result<(), StorageError>;

    /// Removes the value; none being there is no error.
    fn remove(&self, name: String) -> Result<(), StorageError>;
}

/// The storage could not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum StorageError {
    /// There is no such storage on this system. Offer the passphrase instead.
    #[error("this system offers no secure storage: {reason}")]
    Unsupported {
        /// What the system said.
        reason: String,
    },
    /// It is there but locked. The user is asked to unlock it.
    #[error("the secure storage is locked: {reason}")]
    Locked {
        /// What the system said.
        reason: String,
    },
    /// What it holds is not what was put there. Nothing was overwritten.
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

impl From<UnexpectedUniFFICallbackError> for StorageError {
    fn from(error: UnexpectedUniFFICallbackError) -> Self {
        Self::Broken { reason: error.reason }
    }
}

impl From<StorageError> for ports::StorageError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Unsupported { reason } => Self::Unsupported { reason },
            StorageError::Locked { reason } => Self::Locked { reason },
            StorageError::Damaged { reason } => Self::Damaged { reason },
            StorageError::Broken { reason } => Self::Broken { reason },
        }
    }
}

impl From<ports::StorageError> for StorageError {
    fn from(error: ports::StorageError) -> Self {
        match error {
            ports::StorageError::Unsupported { reason } => Self::Unsupported { reason },
            ports::StorageError::Locked { reason } => Self::Locked { reason },
            ports::StorageError::Damaged { reason } => Self::Damaged { reason },
            ports::StorageError::Broken { reason } => Self::Broken { reason },
        }
    }
}

/// The host's storage as the core's port.
pub(super) struct HostStorage(pub(super) Arc<dyn SecureStorage>);

impl ports::SecureStorage for HostStorage {
    fn get(&self, name: &str) -> Result<Option<String>, ports::StorageError> {
        Ok(self.0.get(name.to_owned())?)
    }

    fn set(&self, name: &str, value: &str) -> Result<(), ports::StorageError> {
        Ok(self.0.set(name.to_owned(), value.to_owned())?)
    }

    fn remove(&self, name: &str) -> Result<(), ports::StorageError> {
        Ok(self.0.remove(name.to_owned())?)
    }
}
