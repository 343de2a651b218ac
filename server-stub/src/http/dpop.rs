//! Checking DPoP proofs, RFC 9449 section 4.3.

use axum::http::request::Parts;
use countersign_protocol::{
    ProblemCode,
    claims::{DpopClaims, typ},
    headers,
    jose::Jwk,
};

use super::{context::Context, nonce::Verdict};
use crate::{
    domain::answer::{Stop, refuse},
    jose::{self, sha256, thumbprint},
};

/// A caller that proved to hold a key.
#[derive(Debug, Clone)]
pub struct Proof {
    /// The key.
    pub jwk: Jwk,
    /// Its RFC 7638 thumbprint.
    pub jkt: String,
    /// Whether the proof covers the body.
    pub covers_body: bool,
}

/// Checks the proof of a request, or gives `None` if it has none. `access_token` is the token it must name.
///
/// # Errors
/// `use_dpop_nonce` if only the nonce is missing or old; `invalid_dpop_proof` names anything else.
pub fn check(parts: &Parts, access_token: Option<&str>) -> Result<Option<Proof>, Stop> {
    let mut values = parts.headers.get_all(headers::DPOP).iter();
    let text = match (values.next(), values.next()) {
        (None, _) => return Ok(None),
        (Some(value), None) => value.to_str().map_err(|_| invalid("it is not text"))?,
        (Some(_), Some(_)) => return Err(invalid("there are two")),
    };
    let context = Context::of(parts)?;
    let header = jose::header(text, typ::DPOP, false).map_err(|error| invalid(error.0))?;
    let jwk = header.jwk.ok_or_else(|| invalid("its header has no jwk"))?;
    let claims: DpopClaims = jose::verify(text, &jwk).map_err(|error| invalid(error.0))?;
    if claims.htm != context.method.as_str() {
        return Err(invalid("htm is another method"));
    }
    if claims.htu != format!("{}{}", context.world.issuer, context.path) {
        return Err(invalid(
            "htu is another address; build it from the server's public address and the path",
        ));
    }
    if claims.ath != access_token.map(|token| sha256(token.as_bytes())) {
        return Err(invalid("ath does not name the access token"));
    }
    let body_hash = (!context.body.is_empty()).then(|| sha256(&context.body));
    if claims.body_hash.is_some() && claims.body_hash != body_hash {
        return Err(invalid("body_hash does not fit the body"));
    }
    if claims.jti.is_empty() || claims.jti.len() > 128 {
        return Err(invalid("jti is empty or longer than 128 characters"));
    }
    let jkt = thumbprint(&jwk);
    let now = context.world.now();
    match context.world.nonces.accept(now, claims.nonce.as_deref().unwrap_or_default(), &jkt, &claims.jti) {
        Verdict::Fresh => Ok(Some(Proof { jwk, jkt, covers_body: claims.body_hash == body_hash })),
        Verdict::OtherNonce => Err(refuse(
            ProblemCode::UseDpopNonce,
            "Make the proof again with the nonce of the DPoP-Nonce header.",
        )),
        Verdict::Full { retry_after } => Err(refuse(
            ProblemCode::Unavailable,
            "The server cannot remember more proofs for this nonce. Nothing was changed; try again with the next one.",
        )
        .retry_after(retry_after.as_secs())),
        Verdict::Replayed => Err(invalid("its jti was used before")),
    }
}

fn invalid(reason: &str) -> Stop {
    refuse(ProblemCode::InvalidDpopProof, format!("The DPoP proof is not accepted: {reason}."))
}
