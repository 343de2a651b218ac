//! The part of JOSE that both sides agree on: P-256 public keys and the compact form. No cryptography.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::fields::InvalidField;

/// A P-256 public key as a JWK (RFC 7518 section 6.2.1): `kty` `EC`, `crv` `P-256`, 32-byte coordinates.
///
/// Whether the point lies on the curve is checked by whoever uses the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawJwk", into = "RawJwk")]
pub struct Jwk {
    x: [u8; 32],
    y: [u8; 32],
}

impl Jwk {
    /// The key with these big-endian coordinates.
    pub fn new(x: [u8; 32], y: [u8; 32]) -> Self {
        Self { x, y }
    }

    /// The key from its uncompressed SEC 1 point: `04`, x, y (65 bytes).
    ///
    /// # Errors
    /// [`InvalidField`] on another length or prefix.
    pub fn from_sec1(point: &[u8]) -> Result<Self, InvalidField> {
        match point {
            [4, rest @ ..] if rest.len() == 64 => {
                let (x, y) = rest.split_at(32);
                Ok(Self { x: coordinate(x)?, y: coordinate(y)? })
            }
            _ => Err(invalid("is not an uncompressed P-256 point")),
        }
    }

    /// The uncompressed SEC 1 point: `04`, x, y.
    pub fn to_sec1(&self) -> [u8; 65] {
        let mut point = [4; 65];
        point[1..33].copy_from_slice(&self.x);
        point[33..].copy_from_slice(&self.y);
        point
    }

    /// What the SHA-256 thumbprint is taken over (RFC 7638 section 3.2): the required members in order.
    pub fn thumbprint_input(&self) -> String {
        let (x, y) = (URL_SAFE_NO_PAD.encode(self.x), URL_SAFE_NO_PAD.encode(self.y));
        format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#)
    }
}

/// The JSON form. Further members (`kid`, `use`, `alg`) are allowed in and not kept; a private `d` is refused.
#[derive(Serialize, Deserialize)]
struct RawJwk {
    kty: String,
    crv: String,
    x: String,
    y: String,
    #[serde(default, skip_serializing)]
    d: Option<serde_json::Value>,
}

impl TryFrom<RawJwk> for Jwk {
    type Error = InvalidField;

    fn try_from(raw: RawJwk) -> Result<Self, InvalidField> {
        if raw.kty != "EC" || raw.crv != "P-256" {
            return Err(invalid("is not an EC key on P-256"));
        }
        if raw.d.is_some() {
            return Err(invalid("holds a private key"));
        }
        let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| invalid("is not base64url"));
        Ok(Self { x: coordinate(&bytes(&raw.x)?)?, y: coordinate(&bytes(&raw.y)?)? })
    }
}

impl From<Jwk> for RawJwk {
    fn from(key: Jwk) -> Self {
        Self {
            kty: "EC".to_owned(),
            crv: "P-256".to_owned(),
            x: URL_SAFE_NO_PAD.encode(key.x),
            y: URL_SAFE_NO_PAD.encode(key.y),
            d: None,
        }
    }
}

fn coordinate(bytes: &[u8]) -> Result<[u8; 32], InvalidField> {
    bytes.try_into().map_err(|_| invalid("has a coordinate that is not 32 bytes"))
}

fn invalid(problem: &'static str) -> InvalidField {
    InvalidField::new("jwk", problem, "send a public P-256 key as an RFC 7518 JWK")
}

/// The longest compact JWS that either side reads, in bytes.
pub const LONGEST_JWS: usize = 16 * 1024;

/// A JWS in compact form (RFC 7515 section 7.1), split and decoded but **not verified**.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompactJws<'a> {
    /// `header.payload` as received: what the signature covers.
    pub signing_input: &'a str,
    /// The decoded header, JSON text.
    pub header: Vec<u8>,
    /// The decoded payload.
    pub payload: Vec<u8>,
    /// The decoded signature.
    pub signature: Vec<u8>,
}

impl<'a> CompactJws<'a> {
    /// Splits and decodes. Base64url is read strictly: no padding, no stray bits, no other characters.
    ///
    /// # Errors
    /// [`InvalidField`] on text over [`LONGEST_JWS`], another number of parts than three, or bad base64url.
    pub fn parse(text: &'a str) -> Result<Self, InvalidField> {
        let error = |problem| InvalidField::new("jws", problem, "send header.payload.signature in base64url");
        if text.len() > LONGEST_JWS {
            return Err(error("is longer than 16 KiB"));
        }
        let mut parts = text.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(error("does not have three parts"));
        };
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| error("is not base64url"));
        Ok(Self {
            signing_input: &text[..header.len() + 1 + payload.len()],
            header: decode(header)?,
            payload: decode(payload)?,
            signature: decode(signature)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_input_has_the_required_members_in_order() {
        let key = Jwk::new([1; 32], [2; 32]);
        assert!(key.thumbprint_input().starts_with(r#"{"crv":"P-256","kty":"EC","x":"AQEB"#));
        assert_eq!(Jwk::from_sec1(&key.to_sec1()).unwrap(), key);
    }

    #[test]
    fn keys_of_other_kinds_are_refused() {
        let good = serde_json::to_value(Jwk::new([1; 32], [2; 32])).unwrap();
        for (member, value) in [("kty", "RSA"), ("crv", "P-384"), ("x", "AQ"), ("y", "="), ("d", "AQ")] {
            let mut bad = good.clone();
            bad[member] = value.into();
            assert!(serde_json::from_value::<Jwk>(bad).is_err(), "{member}");
        }
        assert!(Jwk::from_sec1(&[2; 33]).is_err());
    }

    #[test]
    fn malformed_compact_text_is_refused() {
        assert_eq!(CompactJws::parse("e30.e30.AA").unwrap().signing_input, "e30.e30");
        for bad in ["", "a.b", "e30.e30.AA.AA", "e30=.e30.AA", "e30.e3 0.AA", "e31.e30.AB"] {
            assert!(CompactJws::parse(bad).is_err(), "{bad}");
        }
        assert!(CompactJws::parse(&"A".repeat(LONGEST_JWS + 1)).is_err());
    }
}
