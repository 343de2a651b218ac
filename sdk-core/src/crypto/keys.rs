//! P-256 public keys.

use countersign_protocol::jose::Jwk;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

use super::{CryptoError, digest::sha256_base64url};

/// A P-256 public key whose point is known to lie on the curve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// The uncompressed point, as ring wants it.
    point: [u8; 65],
}

impl TryFrom<&Jwk> for PublicKey {
    type Error = CryptoError;

    fn try_from(jwk: &Jwk) -> Result<Self, CryptoError> {
        let point = jwk.to_sec1();
        // ring checks the point too, but only when it verifies, where it cannot be told from a bad signature.
        match p256::PublicKey::from_sec1_bytes(&point) {
            Ok(_) => Ok(Self { point }),
            Err(_) => Err(CryptoError::InvalidKey),
        }
    }
}

impl PublicKey {
    /// Checks an ES256 signature: 64 bytes, `r` then `s` (RFC 7518 section 3.4).
    ///
    /// # Errors
    /// [`CryptoError::InvalidSignature`].
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &self.point)
            .verify(message, signature)
            .map_err(|_| CryptoError::InvalidSignature)
    }
}

/// The SHA-256 thumbprint of a key (RFC 7638), 43 characters of base64url. It is the key's `kid` and its `jkt`.
pub fn thumbprint(jwk: &Jwk) -> String {
    sha256_base64url(jwk.thumbprint_input().as_bytes())
}
