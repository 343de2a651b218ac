//! Authenticated encryption of what is stored: AES-256-GCM (NIST SP 800-38D).

use countersign_protocol::Secret;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use super::CryptoError;
use crate::ports::{Random, RandomError};

/// A 256-bit key that seals bytes to a place.
///
/// Sealed form: 12 random bytes of nonce, the ciphertext, 16 bytes of tag. Random nonces are safe for 2³² messages
/// under one key (SP 800-38D section 8.3), far more than a device ever seals.
///
/// Only the 32 bytes are kept, and wiped when dropped. Their expansion, which ring does not wipe, is made anew for
/// each call instead of lying in memory for as long as the key does.
#[derive(Clone)]
pub struct SealKey(Secret<[u8; 32]>);

impl SealKey {
    /// Takes 32 uniformly random bytes, such as from [`super::kdf`].
    pub fn new(key: Secret<[u8; 32]>) -> Self {
        Self(key)
    }

    /// A new random key.
    ///
    /// # Errors
    /// [`RandomError`].
    pub fn generate(random: &dyn Random) -> Result<Self, RandomError> {
        random.bytes().map(|bytes| Self(Secret::new(bytes)))
    }

    /// The key itself, for sealing it under another one.
    pub fn bytes(&self) -> &Secret<[u8; 32]> {
        &self.0
    }

    /// Seals `plain` to the place that `aad` names: it opens only under this key with the same `aad`.
    ///
    /// # Errors
    /// [`CryptoError::Random`].
    pub fn seal(&self, random: &dyn Random, aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let nonce = random.bytes::<NONCE_LEN>()?;
        let mut sealed = Vec::with_capacity(NONCE_LEN + plain.len() + AES_256_GCM.tag_len());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let (_, text) = sealed.split_at_mut(NONCE_LEN);
        let tag = self
            .expand()?
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), text)
            .map_err(|_| CryptoError::TooLong)?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    /// Opens what [`SealKey::seal`] made.
    ///
    /// # Errors
    /// [`CryptoError::Unopenable`] if a single bit of it, of `aad` or of the key is another.
    pub fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<Secret<Vec<u8>>, CryptoError> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN).ok_or(CryptoError::Unopenable)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| CryptoError::Unopenable)?;
        let mut text = text.to_vec();
        // ring wipes the buffer itself when the tag does not fit.
        let length = self
            .expand()?
            .open_in_place(nonce, Aad::from(aad), &mut text)
            .map_err(|_| CryptoError::Unopenable)?
            .len();
        text.truncate(length);
        Ok(Secret::new(text))
    }

    fn expand(&self) -> Result<LessSafeKey, CryptoError> {
        // EXPOSE: the cipher needs the key; the expansion lives for one call.
        let key = UnboundKey::new(&AES_256_GCM, self.0.expose());
        key.map(LessSafeKey::new).map_err(|_| CryptoError::Unopenable)
    }
}
