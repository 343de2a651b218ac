//! Who calls: extractors that a handler names in its signature, so that a route cannot forget to ask.

use axum::{extract::FromRequestParts, http::request::Parts};
use countersign_protocol::{ProblemCode, fields::OpaqueToken, headers};

use super::{
    context::Context,
    dpop::{self, Proof},
    rejection::Rejection,
};
use crate::domain::answer::{Stop, refuse};
pub use crate::domain::login::LoginCaller;

/// A caller that proves a key, if it has one.
pub struct MaybeProof(pub Option<Proof>);

impl<S: Sync> FromRequestParts<S> for MaybeProof {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Rejection> {
        Ok(Self(dpop::check(parts, None)?))
    }
}

/// A caller that proves a key over the whole request, body included.
pub struct FullProof(pub Proof);

impl<S: Sync> FromRequestParts<S> for FullProof {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Rejection> {
        Ok(Self(full_proof(parts)?))
    }
}

pub(super) fn full_proof(parts: &Parts) -> Result<Proof, Stop> {
    let proof = dpop::check(parts, None)?;
    proof.filter(|proof| proof.covers_body).ok_or_else(|| {
        refuse(ProblemCode::InvalidDpopProof, "Send a DPoP proof with a body_hash claim over the body.")
    })
}

impl<S: Sync> FromRequestParts<S> for LoginCaller {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Rejection> {
        if let Some(proof) = dpop::check(parts, None)? {
            return Ok(Self::Key(proof.jkt));
        }
        let Some(value) = parts.headers.get(headers::LOGIN_TOKEN) else {
            let detail = "Prove the key that the login began with, or send its X-Login-Token.";
            return Err(refuse(ProblemCode::Unauthenticated, detail).into());
        };
        let token: Option<OpaqueToken> = value.to_str().ok().and_then(|text| text.parse().ok());
        let Some(token) = token else {
            return Err(refuse(ProblemCode::InvalidToken, "The login token is not whole.").into());
        };
        let world = &Context::of(parts)?.world;
        // EXPOSE: only the hash goes on.
        Ok(Self::Token(world.keys.token_hash(Self::TOKEN_PURPOSE, token.expose())))
    }
}
