//! Hashes and message authentication codes.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::hmac;

/// SHA-256, FIPS 180-4.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(ring::digest::digest(&ring::digest::SHA256, bytes).as_ref());
    hash
}

/// SHA-256 as 43 characters of base64url without padding, the form in which hashes travel.
pub fn sha256_base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(sha256(bytes))
}

/// HMAC-SHA-256, RFC 2104.
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut tag = [0; 32];
    tag.copy_from_slice(HmacKey::new(HmacHash::Sha256, key).sign(message).as_ref());
    tag
}

/// The hashes that one-time codes are made with (RFC 6238 section 1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HmacHash {
    /// SHA-1: 20-byte tags. Broken as a hash, sound inside HMAC, and what most code generators use.
    Sha1,
    /// SHA-256: 32-byte tags.
    Sha256,
    /// SHA-512: 64-byte tags.
    Sha512,
}

/// An HMAC key with its two inner blocks already hashed, so that a signature costs only the message.
#[derive(Clone)]
pub struct HmacKey(hmac::Key);

impl HmacKey {
    /// Prepares a key of any length.
    pub fn new(hash: HmacHash, key: &[u8]) -> Self {
        let algorithm = match hash {
            HmacHash::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            HmacHash::Sha256 => hmac::HMAC_SHA256,
            HmacHash::Sha512 => hmac::HMAC_SHA512,
        };
        Self(hmac::Key::new(algorithm, key))
    }

    /// The tag over a message.
    pub fn sign(&self, message: &[u8]) -> HmacTag {
        HmacTag(hmac::sign(&self.0, message))
    }
}

/// An HMAC tag; its bytes by `as_ref()`. Compare tags in constant time (`subtle`), never with `==`.
#[derive(Clone, Copy)]
pub struct HmacTag(hmac::Tag);

impl AsRef<[u8]> for HmacTag {
    fn as_ref(&self) -> &[u8] {
        self.0.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    #[test]
    fn sha256_of_abc_is_that_of_fips_180() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(HEXLOWER.encode(&sha256(b"abc")), expected);
        assert_eq!(sha256_base64url(b"abc"), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
    }

    #[test]
    fn hmac_is_that_of_rfc_2202_and_rfc_4231() {
        // RFC 2202 and RFC 4231 share test case 2.
        let tag = |hash| {
            HEXLOWER.encode(HmacKey::new(hash, b"Jefe").sign(b"what do ya want for nothing?").as_ref())
        };
        assert_eq!(tag(HmacHash::Sha1), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
        let sha256 = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(tag(HmacHash::Sha256), sha256);
        let sha512 = concat!(
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554",
            "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"
        );
        assert_eq!(tag(HmacHash::Sha512), sha512);
        assert_eq!(HEXLOWER.encode(&hmac_sha256(b"Jefe", b"what do ya want for nothing?")), sha256);
    }
}
