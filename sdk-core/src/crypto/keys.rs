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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use countersign_protocol::jose::CompactJws;
    use data_encoding::HEXLOWER;

    use super::*;

    fn jwk(json: &str) -> Jwk {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn rfc_7515_a_3_is_a_good_signature() {
        let key = jwk(r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#);
        let jws = concat!(
            "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19y",
            "b290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
        );
        let parts = CompactJws::parse(jws).unwrap();
        let key = PublicKey::try_from(&key).unwrap();
        key.verify(parts.signing_input.as_bytes(), &parts.signature).unwrap();
        assert!(key.verify(b"another message", &parts.signature).is_err());
    }

    /// FIPS 186-4 ECDSA test vectors, `SigGen.txt`, the first of P-256 with SHA-256.
    #[test]
    fn the_vector_of_fips_186_4_is_a_good_signature() {
        let bytes = |hex: &str| HEXLOWER.decode(hex.as_bytes()).unwrap();
        let message = bytes(concat!(
            "5905238877c77421f73e43ee3da6f2d9e2ccad5fc942dcec0cbd25482935faaf416983fe165b1a045ee2bcd2e6dca3bd",
            "f46c4310a7461f9a37960ca672d3feb5473e253605fb1ddfd28065b53cb5858a8ad28175bf9bd386a5e471ea7a65c17c",
            "c934a9d791e91491eb3754d03799790fe2d308d16146d5c9b0d0debd97d79ce8"
        ));
        let point = bytes(concat!(
            "041ccbe91c075fc7f4f033bfa248db8fccd3565de94bbfb12f3c59ff46c271bf83",
            "ce4014c68811f9a21a1fdb2c0e6113e06db7ca93b7404e78dc7ccd5ca89a4ca9"
        ));
        let signature = bytes(concat!(
            "f3ac8061b514795b8843e3d6629527ed2afd6b1f6a555a7acabb5e6f79c8c2ac",
            "8bf77819ca05a6b2786c76262bf7371cef97b218e96f175a3ccdda2acc058903"
        ));
        let key = PublicKey::try_from(&Jwk::from_sec1(&point).unwrap()).unwrap();
        key.verify(&message, &signature).unwrap();
        assert!(key.verify(&message, &signature[..63]).is_err());
        assert!(key.verify(&message, &[0; 64]).is_err());
    }

    #[test]
    fn a_point_off_the_curve_is_no_key() {
        let generator = p256::SecretKey::from_slice(&[1; 32]).unwrap().public_key().to_sec1_bytes();
        let mut point = generator.to_vec();
        assert!(PublicKey::try_from(&Jwk::from_sec1(&point).unwrap()).is_ok());
        point[64] ^= 1;
        let off = Jwk::from_sec1(&point).unwrap();
        assert!(matches!(PublicKey::try_from(&off), Err(CryptoError::InvalidKey)));
        assert!(PublicKey::try_from(&Jwk::new([0; 32], [0; 32])).is_err());
    }

    /// The key and the `jkt` of RFC 9449 sections 4.1 and 6.1.
    #[test]
    fn the_thumbprint_is_that_of_rfc_9449() {
        let key = jwk(r#"{"kty":"EC","crv":"P-256","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
            "y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA","use":"sig"}"#);
        assert_eq!(thumbprint(&key), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
        assert_eq!(URL_SAFE_NO_PAD.decode(thumbprint(&key)).unwrap().len(), 32);
    }
}
