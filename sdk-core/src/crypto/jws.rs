//! Signed messages: JWS in compact form (RFC 7515), always ES256.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use countersign_protocol::{
    claims::{Header, VERSION},
    jose::CompactJws,
};
use serde::{Serialize, de::DeserializeOwned};

use super::{CryptoError, PublicKey, digest::sha256_base64url};
use crate::ports::DeviceSigner;

/// Signs claims with the key of that name.
///
/// # Errors
/// [`CryptoError::Signer`]; [`CryptoError::Unwritable`] for claims that have no JSON form.
pub fn sign(
    signer: &dyn DeviceSigner,
    key: &str,
    header: &Header,
    claims: &impl Serialize,
) -> Result<String, CryptoError> {
    let mut message = encode(header)?;
    message.push('.');
    message.push_str(&encode(claims)?);
    let signature = signer.sign(key, message.as_bytes())?;
    message.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut message);
    Ok(message)
}

/// The header, **not verified**: for finding the key to verify with.
///
/// # Errors
/// [`CryptoError::Malformed`], [`CryptoError::Header`].
pub fn peek_header(jws: &str) -> Result<Header, CryptoError> {
    read_header(&CompactJws::parse(jws)?)
}

/// The claims of a message of the type `typ` that the holder of `key` signed.
///
/// `versioned` messages must name version [`VERSION`] in `ver`, and `ver` alone in `crit`; other messages must have
/// no `crit` (RFC 7515 section 4.1.11). Header parameters beside these, such as `kid`, are for the caller. Claims are
/// read only once all of this is good; whom they are for and until when is for the caller as well.
///
/// # Errors
/// One [`CryptoError`] for each thing that may be wrong.
pub fn verify<C: DeserializeOwned>(
    jws: &str,
    typ: &str,
    versioned: bool,
    key: &PublicKey,
) -> Result<C, CryptoError> {
    let parts = CompactJws::parse(jws)?;
    let header = read_header(&parts)?;
    if header.alg != "ES256" {
        return Err(CryptoError::WrongAlgorithm);
    }
    if header.typ != typ {
        return Err(CryptoError::WrongType { expected: typ.to_owned() });
    }
    let understood = match header.crit.as_deref() {
        Some([only]) => versioned && only == "ver" && header.ver == Some(VERSION),
        Some(_) => false,
        None => !versioned,
    };
    if !understood {
        return Err(CryptoError::NotUnderstood);
    }
    key.verify(parts.signing_input.as_bytes(), &parts.signature)?;
    serde_json::from_slice(&parts.payload).map_err(CryptoError::Claims)
}

/// SHA-256 over what the signature covers (`header.payload` as received), base64url: how one message names another.
///
/// # Errors
/// [`CryptoError::Malformed`].
pub fn signing_input_hash(jws: &str) -> Result<String, CryptoError> {
    Ok(sha256_base64url(CompactJws::parse(jws)?.signing_input.as_bytes()))
}

fn encode(part: &impl Serialize) -> Result<String, CryptoError> {
    Ok(URL_SAFE_NO_PAD.encode(serde_json::to_vec(part).map_err(CryptoError::Unwritable)?))
}

fn read_header(parts: &CompactJws<'_>) -> Result<Header, CryptoError> {
    serde_json::from_slice(&parts.header).map_err(CryptoError::Header)
}

#[cfg(test)]
mod tests;
