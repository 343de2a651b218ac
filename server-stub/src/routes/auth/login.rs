//! `POST /auth/login`.

use std::convert::Infallible;

use axum::{Json, extract::FromRequestParts, http::request::Parts};
use countersign_protocol::{
    fields::OpaqueToken,
    headers,
    login::{LoginOutcome, StartLogin},
};

use crate::{
    domain::{
        events::Source,
        login::{self, SignIn},
    },
    http::{body::Body, caller::MaybeProof, context::InWorld, rejection::Rejection},
    world::Consuming,
};

pub(super) async fn login(
    InWorld(world): InWorld,
    MaybeProof(proof): MaybeProof,
    source: Source,
    TrustToken(trust_token): TrustToken,
    request: Consuming,
    Body(body): Body<StartLogin>,
) -> Result<Json<LoginOutcome>, Rejection> {
    let jkt = proof.map(|proof| proof.jkt);
    let request = match &jkt {
        Some(jkt) => request.by(jkt),
        None => request,
    };
    Ok(Json(login::start(&world, request, SignIn { source, jkt, trust_token, body }).await?))
}

/// The trust token of a request. One that is not whole counts as none: the second factor is asked for.
pub(super) struct TrustToken(Option<OpaqueToken>);

impl<S: Sync> FromRequestParts<S> for TrustToken {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let value = parts.headers.get(headers::TRUST_TOKEN).and_then(|value| value.to_str().ok());
        Ok(Self(value.and_then(|text| text.parse().ok())))
    }
}
