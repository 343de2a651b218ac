//! A [`DeviceSigner`] whose signatures are reproducible.

use std::sync::Arc;

use countersign_protocol::{Secret, jose::Jwk};
use p256::{
    SecretKey,
    ecdsa::{Signature, SigningKey, signature::Signer as _},
};

use super::stored_keys::{StoredKeys, broken};
use crate::ports::{DeviceSigner, KeyUse, Random, SecureStorage, SignerError};

/// Signs by RFC 6979: one key and one message have one signature. For golden vectors and for checking other
/// implementations bit by bit; slower than [`SoftwareSigner`](super::SoftwareSigner), whose keys it can read.
pub struct DeterministicSigner {
    keys: StoredKeys<P256Key>,
}

impl DeterministicSigner {
    /// A signer over the keys in this storage; [`DeviceSigner::create`] makes keys of bytes from `random`.
    pub fn new(storage: Arc<dyn SecureStorage>, random: Arc<dyn Random>) -> Self {
        Self { keys: StoredKeys::new(storage, random) }
    }

    /// Stores a given private key, 32 bytes big-endian, under a name that is not in use.
    ///
    /// # Errors
    /// [`SignerError::Exists`] if the name is in use; [`SignerError::Broken`] if the number is zero or not below the
    /// order of the curve.
    pub fn insert(&self, name: &str, private_key: &Secret<[u8; 32]>) -> Result<Jwk, SignerError> {
        // EXPOSE: the key is parsed; the copy inside it is wiped when it is dropped.
        let secret = SecretKey::from_slice(private_key.expose())
            .map_err(|_| broken("the private key is not one of P-256"))?;
        self.keys.insert(name, &secret)
    }
}

impl DeviceSigner for DeterministicSigner {
    fn create(&self, name: &str, _usage: KeyUse) -> Result<Jwk, SignerError> {
        self.keys.create(name)
    }

    fn public_key(&self, name: &str) -> Result<Option<Jwk>, SignerError> {
        Ok(self.keys.get(name)?.map(|parsed| parsed.public.clone()))
    }

    fn sign(&self, name: &str, message: &[u8]) -> Result<[u8; 64], SignerError> {
        let parsed = self.keys.get(name)?.ok_or(SignerError::Missing)?;
        let signature: Signature =
            parsed.key.0.try_sign(message).map_err(|_| broken("no signature could be made"))?;
        Ok(signature.to_bytes().into())
    }

    fn delete(&self, name: &str) -> Result<(), SignerError> {
        self.keys.delete(name)
    }
}

struct P256Key(SigningKey);

impl TryFrom<&SecretKey> for P256Key {
    type Error = SignerError;

    fn try_from(secret: &SecretKey) -> Result<Self, SignerError> {
        Ok(Self(secret.into()))
    }
}
