//! Keys from keys (HKDF) and from passphrases (Argon2id).

use argon2::{Algorithm, Argon2, Params, Version};
use countersign_protocol::Secret;
use ring::hkdf::{HKDF_SHA256, Salt};
use zeroize::Zeroizing;

use super::CryptoError;

/// HKDF-SHA-256 (RFC 5869), 32 bytes. `info` says what the key is for, so that each purpose has its own.
///
/// For key material that is uniformly random already; passphrases go through [`argon2id`].
#[expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "it cannot panic: HKDF refuses only outputs over 8,160 bytes"
)]
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use data_encoding::HEXLOWER;

    use super::*;

    fn hex(secret: &Secret<[u8; 32]>) -> String {
        // EXPOSE: a key of a published vector.
        HEXLOWER.encode(secret.expose())
    }

    /// The vectors are longer; HKDF's output for a shorter length is a prefix.
    #[test]
    fn hkdf_is_that_of_rfc_5869() {
        let range = |from: u8, to: u8| (from..=to).collect::<Vec<u8>>();
        let case_1 = hkdf_sha256(&[0x0b; 22], &range(0, 0x0c), &range(0xf0, 0xf9));
        assert_eq!(hex(&case_1), "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
        let case_2 = hkdf_sha256(&range(0, 0x4f), &range(0x60, 0xaf), &range(0xb0, 0xff));
        assert_eq!(hex(&case_2), "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c");
        let case_3 = hkdf_sha256(&[0x0b; 22], &[], &[]);
        assert_eq!(hex(&case_3), "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
    }

    /// RFC 9106 section 5.3 has a secret and associated data, which this SDK does not use; so it judges the crate.
    #[test]
    fn the_argon2_crate_is_that_of_rfc_9106() {
        let mut parameters = argon2::ParamsBuilder::new();
        let data = argon2::AssociatedData::new(&[4; 12]).unwrap();
        let parameters = parameters.m_cost(32).t_cost(3).p_cost(4).data(data).build().unwrap();
        let argon2 =
            Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, parameters).unwrap();
        let mut tag = [0; 32];
        argon2.hash_password_into(&[1; 32], &[2; 16], &mut tag).unwrap();
        let expected = "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659";
        assert_eq!(HEXLOWER.encode(&tag), expected);
    }

    /// From the reference implementation's own tests.
    #[test]
    fn argon2id_is_that_of_the_reference_implementation() {
        for (lanes, expected) in [
            (1, "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe"),
            (2, "6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037"),
        ] {
            let cost = Argon2Cost::new(256, 2, lanes).unwrap();
            assert_eq!(hex(&argon2id(b"password", b"somesalt", &cost).unwrap()), expected);
        }
    }

    #[test]
    fn costs_out_of_range_and_short_salts_are_refused() {
        let refused = [(8, 1, 0), (256, 1, 17), (8, 0, 1), (8, 65, 1), (7, 1, 1), (31, 1, 4)];
        for (memory, passes, lanes) in refused.into_iter().chain([(1024 * 1024 + 1, 3, 1), (u32::MAX, 3, 1)])
        {
            let error = Argon2Cost::new(memory, passes, lanes).unwrap_err();
            assert!(matches!(error, CryptoError::CostOutOfRange { .. }), "{memory} {passes} {lanes}");
        }
        assert!(Argon2Cost::new(1024 * 1024, 64, 16).is_ok());
        let default = Argon2Cost::default();
        let again = Argon2Cost::new(default.memory_kib(), default.passes(), default.lanes());
        assert_eq!(again.unwrap(), default);
        let smallest = Argon2Cost::new(8, 1, 1).unwrap();
        assert!(matches!(argon2id(b"p", b"7 bytes", &smallest), Err(CryptoError::Derivation(_))));
    }
}
