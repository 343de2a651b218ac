//! Keys from keys (HKDF) and from passphrases (Argon2id).

use argon2::{Algorithm, Argon2, Params, Version};
use countersign_protocol::Secret;
use ring::hkdf::{HKDF_SHA256, Salt};
use zeroize::Zeroizing;

use super::CryptoError;

/// HKDF-SHA-256 (RFC 5869), 32 bytes. `info` says what the key is for, so that each purpose has its own.
///
/// For key material that is uniformly random already; passphrases go through [`argon2id`].
#[expect(clippy::expect_used, reason = "it cannot panic: HKDF refuses only outputs over 8,160 bytes")]
pub fn hkdf_sha256(key_material: &[u8], salt: &[u8], info: &[u8]) -> Secret<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    Salt::new(HKDF_SHA256, salt)
        .extract(key_material)
        .expand(&[info], HKDF_SHA256)
        .and_then(|output| output.fill(key.as_mut_slice()))
        .expect("32 bytes are within the limit of HKDF");
    Secret::new(*key)
}

/// What one derivation from a passphrase costs. It is read from files that others may have written, so its range is
/// checked when it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argon2Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl Argon2Cost {
    /// Memory in KiB (8 per lane up to 1 GiB), passes (1 to 64) and lanes (1 to 16), the `m`, `t` and `p` of RFC 9106.
    ///
    /// # Errors
    /// [`CryptoError::CostOutOfRange`].
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, CryptoError> {
        let error = |problem| Err(CryptoError::CostOutOfRange { problem });
        match (memory_kib, passes, lanes) {
            (_, _, 0 | 17..) => error("a number of lanes that is not within 1 to 16"),
            (_, 0 | 65.., _) => error("a number of passes that is not within 1 to 64"),
            _ if memory_kib < 8 * lanes => error("less than 8 KiB of memory for each lane"),
            _ if memory_kib > 1024 * 1024 => error("more than 1 GiB of memory"),
            _ => Ok(Self { memory_kib, passes, lanes }),
        }
    }

    /// Memory in KiB.
    pub fn memory_kib(self) -> u32 {
        self.memory_kib
    }

    /// Passes over the memory.
    pub fn passes(self) -> u32 {
        self.passes
    }

    /// Lanes that could be filled side by side. They are filled one after the other here.
    pub fn lanes(self) -> u32 {
        self.lanes
    }
}

impl Default for Argon2Cost {
    /// 64 MiB, 3 passes, 1 lane: the memory of the second recommendation of RFC 9106 section 4, on one core.
    fn default() -> Self {
        Self { memory_kib: 64 * 1024, passes: 3, lanes: 1 }
    }
}

/// Argon2id (RFC 9106), version 0x13, 32 bytes. Takes long by design: call it where blocking is fine.
///
/// # Errors
/// [`CryptoError::Derivation`] if the salt is shorter than 8 bytes or there is not enough memory.
pub fn argon2id(passphrase: &[u8], salt: &[u8], cost: &Argon2Cost) -> Result<Secret<[u8; 32]>, CryptoError> {
    let mut key = Zeroizing::new([0; 32]);
    let parameters = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(key.len()));
    parameters
        .map(|parameters| Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters))
        .and_then(|argon2| argon2.hash_password_into(passphrase, salt, key.as_mut_slice()))
        .map_err(CryptoError::Derivation)?;
    Ok(Secret::new(*key))
}
