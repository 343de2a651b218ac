//! `POST /mfa/push/register`.

use axum::{Json, http::StatusCode};
use countersign_protocol::push::{Enrolled, Register};

use crate::{
    domain::{events::Source, push},
    http::{body::Body, caller::FullProof, context::InWorld, rejection::Rejection},
    world::Consuming,
};

pub(super) async fn register(
    InWorld(world): InWorld,
    FullProof(proof): FullProof,
    source: Source,
    request: Consuming,
    Body(body): Body<Register>,
) -> Result<(StatusCode, Json<Enrolled>), Rejection> {
    let enrolled = push::enrol(&world, request.by(&proof.jkt), source, &proof.jwk, body).await?;
    Ok((StatusCode::CREATED, Json(enrolled)))
}
