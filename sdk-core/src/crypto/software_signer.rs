//! The default [`DeviceSigner`]: keys of ring, kept in secure storage.

use std::sync::Arc;

use countersign_protocol::jose::Jwk;
use p256::{SecretKey, elliptic_curve::sec1::ToSec1Point as _};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use zeroize::Zeroizing;

use super::stored_keys::{StoredKeys, broken};
use crate::ports::{DeviceSigner, KeyUse, Random, SecureStorage, SignerError};

/// Keys in software, for devices whose hardware keeps none. They are as safe as the [`SecureStorage`] they lie in.
///
/// A key is made of bytes from the [`Random`] port. The nonce of a signature comes from the operating system, mixed
/// with key and message: ring accepts no other source. Where signatures must be reproducible, use
/// [`DeterministicSigner`](super::DeterministicSigner), which reads the same keys.
pub struct SoftwareSigner {
    keys: StoredKeys<RingKey>,
    nonces: SystemRandom,
}

impl SoftwareSigner {
    /// A signer over the keys in this storage. Nothing is read until a key is asked for.
    pub fn new(storage: Arc<dyn SecureStorage>, random: Arc<dyn Random>) -> Self {
        Self { keys: StoredKeys::new(storage, random), nonces: SystemRandom::new() }
    }
}

impl DeviceSigner for SoftwareSigner {
    /// Software cannot tell whether the user was verified, so `usage` makes no difference here: whoever signs with a
    /// verification key asks the [`UserVerifier`](crate::ports::UserVerifier) first.
    fn create(&self, name: &str, _usage: KeyUse) -> Result<Jwk, SignerError> {
        self.keys.create(name)
    }

    fn public_key(&self, name: &str) -> Result<Option<Jwk>, SignerError> {
        Ok(self.keys.get(name)?.map(|parsed| parsed.public.clone()))
    }

    fn sign(&self, name: &str, message: &[u8]) -> Result<[u8; 64], SignerError> {
        let parsed = self.keys.get(name)?.ok_or(SignerError::Missing)?;
        let signature = parsed
            .key
            .0
            .sign(&self.nonces, message)
            .map_err(|_| broken("the system gives no random bytes; try again later"))?;
        signature.as_ref().try_into().map_err(|_| broken("the signature is not 64 bytes long"))
    }

    fn delete(&self, name: &str) -> Result<(), SignerError> {
        self.keys.delete(name)
    }
}

struct RingKey(EcdsaKeyPair);

impl TryFrom<&SecretKey> for RingKey {
    type Error = SignerError;

    fn try_from(secret: &SecretKey) -> Result<Self, SignerError> {
        let scalar = Zeroizing::new(secret.to_bytes());
        let point = secret.public_key().to_sec1_point(false);
        // The pair has its own secret for nonces, which is made here.
        let nonces = SystemRandom::new();
        EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            &scalar,
            point.as_bytes(),
            &nonces,
        )
        .map(Self)
        .map_err(|error| SignerError::Broken { reason: format!("ring does not accept the key: {error}") })
    }
}
