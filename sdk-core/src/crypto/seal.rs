//! Authenticated encryption of what is stored: AES-256-GCM (NIST SP 800-38D).

use countersign_protocol::Secret;
use data_encoding::BASE64URL_NOPAD;
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

    /// Reads what [`SealKey::to_text`] wrote; `None` is anything else.
    pub fn from_text(text: &Secret<String>) -> Option<Self> {
        // EXPOSE: it moves into another secret.
        let bytes = Secret::new(BASE64URL_NOPAD.decode(text.expose().as_bytes()).ok()?);
        // EXPOSE: as above.
        Self::from_slice(bytes.expose())
    }

    /// The key as text, base64url without padding, for where it is kept.
    pub fn to_text(&self) -> Secret<String> {
        // EXPOSE: it moves into another secret.
        Secret::new(BASE64URL_NOPAD.encode(self.0.expose()))
    }

    /// A key of 32 bytes; `None` for any other number.
    pub(crate) fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(|bytes| Self(Secret::new(bytes)))
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use data_encoding::HEXLOWER;

    use super::*;
    use crate::testing::SeededRandom;

    /// Test case 16 of the GCM submission to NIST by its authors, 256-bit key with associated data.
    #[test]
    fn the_published_vector_opens() {
        let bytes = |hex: &str| HEXLOWER.decode(hex.as_bytes()).unwrap();
        let key = bytes("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
        let sealed = bytes(concat!(
            "cafebabefacedbaddecaf888",
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa",
            "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
            "76fc6ece0f4e1768cddf8853bb2d551b"
        ));
        let plain = concat!(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72",
            "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
        );
        let key = SealKey::new(Secret::new(key.try_into().unwrap()));
        let opened = key.open(&bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2"), &sealed).unwrap();
        // EXPOSE: a published vector.
        assert_eq!(HEXLOWER.encode(opened.expose()), plain);
    }

    #[test]
    fn only_the_same_bytes_at_the_same_place_under_the_same_key_open() {
        let random = SeededRandom::new(1);
        let key = SealKey::generate(&random).unwrap();
        let sealed = key.seal(&random, b"row 1", b"a secret").unwrap();
        assert_eq!(sealed.len(), 12 + 8 + 16);
        // EXPOSE: the test's own text.
        assert_eq!(key.open(b"row 1", &sealed).unwrap().expose(), b"a secret");
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(matches!(key.open(b"row 1", &flipped), Err(CryptoError::Unopenable)), "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert!(key.open(b"row 1", &sealed[..length]).is_err(), "{length} bytes");
        }
        assert!(key.open(b"row 2", &sealed).is_err());
        assert!(SealKey::generate(&random).unwrap().open(b"row 1", &sealed).is_err());
    }

    #[test]
    fn a_key_comes_back_from_its_text_and_from_no_other() {
        let random = SeededRandom::new(1);
        let key = SealKey::generate(&random).unwrap();
        let sealed = key.seal(&random, b"", b"x").unwrap();
        assert!(SealKey::from_text(&key.to_text()).unwrap().open(b"", &sealed).is_ok());
        for text in ["", "A", &"A".repeat(42), &"A".repeat(44), &"+".repeat(43)] {
            assert!(SealKey::from_text(&Secret::from(text)).is_none(), "{text}");
        }
    }

    #[test]
    fn sealing_twice_gives_different_bytes_and_nothing_is_a_text_too() {
        let random = SeededRandom::new(1);
        let key = SealKey::generate(&random).unwrap();
        assert_ne!(key.seal(&random, b"", b"x").unwrap(), key.seal(&random, b"", b"x").unwrap());
        let sealed = key.seal(&random, b"", b"").unwrap();
        // EXPOSE: the test's own text.
        assert!(key.open(b"", &sealed).unwrap().expose().is_empty());
        random.fail();
        assert!(matches!(key.seal(&random, b"", b"x"), Err(CryptoError::Random(_))));
    }
}
