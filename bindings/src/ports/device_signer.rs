use std::sync::Arc;

use countersign::{
    ports::{self, KeyUse},
    protocol::jose::Jwk,
};
use uniffi::UnexpectedUniFFICallbackError;

/// P-256 keys that may live in hardware, by name. A key never leaves the signer.
///
/// Called from a thread that may block. Public keys are uncompressed points (SEC 1 section 2.3.3): `04`, x, y.
#[uniffi::export(foreign)]
pub trait DeviceSigner: Send + Sync {
    /// Makes a key under a name that is not in use, and returns its public half. It is durable when this returns.
    fn create(&self, name: String, usage: KeyUse) -> Result<Vec<u8>, SignerError>;

    /// The public half of a key, or nothing if there is no key of that name.
    fn public_key(&self, name: String) -> Result<Option<Vec<u8>>, SignerError>;

    /// ES256 over the message: 64 bytes, `r` then `s` (RFC 7518 section 3.4).
    fn sign(&self, name: String, message: Vec<u8>) -> Result<Vec<u8>, SignerError>;

    /// Removes a key; none being there is no error.
    fn delete(&self, name: String) -> Result<(), SignerError>;
}

/// The signer could not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum SignerError {
    /// The name is in use.
    #[error("there is a key of that name already")]
    Exists,
    /// There is no key of that name: the device was reset or restored. The user is told to enrol again.
    #[error("the key is no longer on this device; enrol it again")]
    Missing,
    /// The signer's storage is there but locked. The user is asked to unlock it.
    #[error("the key store is locked: {reason}")]
    Locked {
        /// What the system said.
        reason: String,
    },
    /// The signer's storage did not do it.
    #[error("the key store did not answer as it should: {reason}")]
    Broken {
        /// What the system said.
        reason: String,
    },
}

impl From<UnexpectedUniFFICallbackError> for SignerError {
    fn from(error: UnexpectedUniFFICallbackError) -> Self {
        Self::Broken { reason: error.reason }
    }
}

impl From<SignerError> for ports::SignerError {
    fn from(error: SignerError) -> Self {
        match error {
            SignerError::Exists => Self::Exists,
            SignerError::Missing => Self::Missing,
            SignerError::Locked { reason } => Self::Locked { reason },
            SignerError::Broken { reason } => Self::Broken { reason },
        }
    }
}

/// The host's signer as the core's port.
pub(super) struct HostSigner(pub(super) Arc<dyn DeviceSigner>);

impl ports::DeviceSigner for HostSigner {
    fn create(&self, name: &str, usage: KeyUse) -> Result<Jwk, ports::SignerError> {
        key(&self.0.create(name.to_owned(), usage)?)
    }

    fn public_key(&self, name: &str) -> Result<Option<Jwk>, ports::SignerError> {
        self.0.public_key(name.to_owned())?.as_deref().map(key).transpose()
    }

    fn sign(&self, name: &str, message: &[u8]) -> Result<[u8; 64], ports::SignerError> {
        let signature = self.0.sign(name.to_owned(), message.to_owned())?;
        signature.try_into().map_err(|_| broken("the signature is not 64 bytes, r then s"))
    }

    fn delete(&self, name: &str) -> Result<(), ports::SignerError> {
        Ok(self.0.delete(name.to_owned())?)
    }
}

fn key(point: &[u8]) -> Result<Jwk, ports::SignerError> {
    Jwk::from_sec1(point).map_err(|error| broken(&error.to_string()))
}

fn broken(reason: &str) -> ports::SignerError {
    ports::SignerError::Broken { reason: reason.to_owned() }
}
