//! Signing and verifying by a JOSE library. Its own checks of time are switched off: the clock is the realm's.

use countersign_protocol::{
    claims::{Header, VERSION},
    jose::{CompactJws, Jwk},
};
use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Validation};
use ring::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::domain::answer::Fault;

/// A P-256 key of the server's own.
pub struct SigningKey {
    key: EncodingKey,
    public: Jwk,
    kid: String,
}

impl SigningKey {
    /// A new key, as PKCS#8.
    ///
    /// # Errors
    /// [`Fault::Crypto`] if the system gives no randomness.
    pub fn generate() -> Result<Vec<u8>, Fault> {
        EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
            .map(|document| document.as_ref().to_vec())
            .map_err(|_| Fault::Crypto("no key could be made"))
    }

    /// The key in a PKCS#8 document.
    ///
    /// # Errors
    /// [`Fault::Crypto`] if it is none.
    pub fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, Fault> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8, &SystemRandom::new())
            .map_err(|_| Fault::Crypto("a stored key is not a P-256 key"))?;
        let public = Jwk::from_sec1(pair.public_key().as_ref())
            .map_err(|_| Fault::Crypto("a stored key has no public half"))?;
        Ok(Self { key: EncodingKey::from_ec_der(pkcs8), kid: thumbprint(&public), public })
    }

    /// The public half.
    pub fn public(&self) -> &Jwk {
        &self.public
    }

    /// RFC 7638 thumbprint of the public half.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Signs claims under a header; sets its `kid`.
    ///
    /// # Errors
    /// [`Fault::Crypto`] if the library cannot.
    pub fn sign(&self, header: Header, claims: &impl Serialize) -> Result<String, Fault> {
        let mut jose = jsonwebtoken::Header::new(Algorithm::ES256);
        jose.typ = Some(header.typ);
        jose.kid = Some(self.kid.clone());
        jose.crit = header.crit;
        if let Some(version) = header.ver {
            jose.extras.insert("ver", version);
        }
        jsonwebtoken::encode(&jose, claims, &self.key)
            .map_err(|_| Fault::Crypto("a message could not be signed"))
    }
}

/// A message that is not to be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotAuthentic(pub &'static str);

/// The header of a message that is not verified yet, to find its key. Everything but the key is checked here:
/// ES256, the `typ` asked for, no `crit` but the version, and the version where `versioned`.
///
/// # Errors
/// [`NotAuthentic`] names what does not fit.
pub fn header(jws: &str, typ: &str, versioned: bool) -> Result<Header, NotAuthentic> {
    let parts = CompactJws::parse(jws).map_err(|_| NotAuthentic("it is not a compact JWS"))?;
    let header: Header =
        serde_json::from_slice(&parts.header).map_err(|_| NotAuthentic("its header is not understood"))?;
    if header.alg != "ES256" {
        return Err(NotAuthentic("its algorithm is not ES256"));
    }
    if header.typ != typ {
        return Err(NotAuthentic("it is of another type"));
    }
    let expected = if versioned { Header::new(typ).versioned() } else { Header::new(typ) };
    if header.ver != expected.ver || header.crit != expected.crit {
        return Err(if header.ver.is_some_and(|version| version != VERSION) {
            NotAuthentic("it is of another version")
        } else {
            NotAuthentic("its critical parameters are not those of this message")
        });
    }
    Ok(header)
}

/// Verifies a message whose [`header`] was checked, under this key, and gives its claims.
///
/// # Errors
/// [`NotAuthentic`] if the signature does not fit or the claims are not those of the message.
pub fn verify<C: DeserializeOwned>(jws: &str, key: &Jwk) -> Result<C, NotAuthentic> {
    let key = decoding_key(key)?;
    let mut validation = Validation::new(Algorithm::ES256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    jsonwebtoken::decode::<C>(jws, &key, &validation).map(|token| token.claims).map_err(|error| {
        match error.kind() {
            jsonwebtoken::errors::ErrorKind::Json(_) => NotAuthentic("its claims are not understood"),
            _ => NotAuthentic("its signature does not fit"),
        }
    })
}

fn decoding_key(key: &Jwk) -> Result<DecodingKey, NotAuthentic> {
    let point = key.to_sec1();
    let (x, y) = point[1..].split_at(32);
    DecodingKey::from_ec_components(&BASE64URL_NOPAD.encode(x), &BASE64URL_NOPAD.encode(y))
        .map_err(|_| NotAuthentic("its key is not a P-256 key"))
}

/// RFC 7638 thumbprint of a key: SHA-256, base64url.
pub fn thumbprint(key: &Jwk) -> String {
    sha256(key.thumbprint_input().as_bytes())
}

/// SHA-256 in base64url, as claims carry it.
pub fn sha256(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(digest(&SHA256, bytes).as_ref())
}
