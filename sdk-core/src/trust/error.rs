use crate::{
    Error,
    ports::{SignerError, StorageError},
};

/// Trust tokens could not be read or changed. What was kept before is still kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// Secure storage did not answer.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The key store did not answer, so that it cannot be told whether the tokens still fit.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The device's key for this server is gone, and with it all that was bound to it.
    #[error("the device's key for this server is gone; sign in again")]
    NoDeviceKey,
    /// The runtime shut down before the work was done.
    #[error("the app is shutting down; try again when it runs")]
    ShutDown,
}

impl From<TrustError> for Error {
    fn from(error: TrustError) -> Self {
        match error {
            TrustError::Storage(error) => error.into(),
            TrustError::Signer(error) => error.into(),
            TrustError::NoDeviceKey => Self::Device { reason: error.to_string() },
            TrustError::ShutDown => Self::Cancelled,
        }
    }
}
