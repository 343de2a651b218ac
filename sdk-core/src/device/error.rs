use countersign_protocol::InvalidField;

use crate::{
    Error,
    ports::{RandomError, SignerError, StorageError},
};

/// The device could not be described or identified. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// A signal of the host app cannot be used.
    #[error(transparent)]
    InvalidSignal(#[from] InvalidField),
    /// Secure storage did not answer.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The key store did not answer.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// There is no randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The runtime shut down before the work was done.
    #[error("the app is shutting down; try again when it runs")]
    ShutDown,
}

impl From<DeviceError> for Error {
    fn from(error: DeviceError) -> Self {
        match error {
            DeviceError::InvalidSignal(error) => error.into(),
            DeviceError::Storage(error) => error.into(),
            DeviceError::Signer(error) => error.into(),
            DeviceError::Random(error) => error.into(),
            DeviceError::ShutDown => Self::Cancelled,
        }
    }
}
