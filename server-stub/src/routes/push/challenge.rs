//! `POST /mfa/challenge`.

use axum::{Json, http::StatusCode};
use countersign_protocol::login::{Pending, StartChallenge};

use crate::{
    domain::{events::Source, login::LoginCaller, push},
    http::{body::Body, context::InWorld, rejection::Rejection},
    world::Consuming,
};

pub(super) async fn challenge(
    InWorld(world): InWorld,
    caller: LoginCaller,
    source: Source,
    request: Consuming,
    Body(body): Body<StartChallenge>,
) -> Result<(StatusCode, Json<Pending>), Rejection> {
    let request = request.by(caller.as_str());
    Ok((StatusCode::ACCEPTED, Json(push::challenge(&world, request, caller, source, body).await?)))
}
