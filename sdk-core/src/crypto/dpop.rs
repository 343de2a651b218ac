//! Proofs of possession for requests (RFC 9449), with a claim that hashes the body.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use countersign_protocol::{
    Timestamp,
    claims::{DpopClaims, Header, typ},
};

use super::{CryptoError, digest::sha256_base64url, jws};
use crate::ports::{DeviceSigner, Random, SignerError};

/// The request that a proof is for.
#[derive(Clone, Copy)]
pub struct DpopRequest<'a> {
    /// HTTP method, upper case.
    pub method: &'a str,
    /// Absolute URL exactly as it is requested; query and fragment are left out of the proof.
    pub url: &'a str,
    /// The server's latest nonce, once one is known.
    pub nonce: Option<&'a str>,
    /// The access token that is sent along.
    pub access_token: Option<&'a str>,
    /// The body that is sent along.
    pub body: Option<&'a [u8]>,
    /// The server's time as the device knows it.
    pub now: Timestamp,
}

/// The value of the `DPoP` header: a JWS by the key of that name, its public half in the header (RFC 9449
/// section 4.2). Each call makes a new `jti` of 128 random bits.
///
/// # Errors
/// [`CryptoError::Signer`] (`Missing` if there is no such key), [`CryptoError::Random`].
pub fn proof(
    signer: &dyn DeviceSigner,
    key: &str,
    random: &dyn Random,
    request: &DpopRequest<'_>,
) -> Result<String, CryptoError> {
    let public = signer.public_key(key)?.ok_or(SignerError::Missing)?;
    let claims = DpopClaims {
        jti: URL_SAFE_NO_PAD.encode(random.bytes::<16>()?),
        htm: request.method.to_owned(),
        htu: without_query(request.url).to_owned(),
        iat: request.now.as_seconds(),
        nonce: request.nonce.map(str::to_owned),
        ath: request.access_token.map(|token| sha256_base64url(token.as_bytes())),
        body_hash: request.body.map(sha256_base64url),
    };
    jws::sign(signer, key, &Header::new(typ::DPOP).with_jwk(public), &claims)
}

fn without_query(url: &str) -> &str {
    url.split_once(['?', '#']).map_or(url, |(base, _)| base)
}
