//! `POST /auth/refresh`.

use axum::Json;
use countersign_protocol::account::{Refresh, TokenSet};

use crate::{
    domain::{events::Source, sessions},
    http::{body::Body, caller::MaybeProof, context::InWorld, rejection::Rejection},
    world::Consuming,
};

pub(super) async fn refresh(
    InWorld(world): InWorld,
    MaybeProof(proof): MaybeProof,
    source: Source,
    request: Consuming,
    Body(body): Body<Refresh>,
) -> Result<Json<TokenSet>, Rejection> {
    let jkt = proof.map(|proof| proof.jkt);
    let request = match &jkt {
        Some(jkt) => request.by(jkt),
        None => request,
    };
    Ok(Json(sessions::refresh(&world, request, source, jkt, body).await?))
}
