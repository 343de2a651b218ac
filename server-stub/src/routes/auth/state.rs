//! `GET /auth/logins/{id}`.

use axum::Json;
use countersign_protocol::login::LoginOutcome;

use super::InPath;
use crate::{
    domain::{events::Source, login},
    http::{caller::LoginCaller, context::InWorld, rejection::Rejection},
    world::Consuming,
};

pub(super) async fn state(
    InWorld(world): InWorld,
    caller: LoginCaller,
    source: Source,
    InPath(id): InPath,
    request: Consuming,
) -> Result<Json<LoginOutcome>, Rejection> {
    let request = request.by(caller.as_str());
    Ok(Json(login::outcome(&world, request, caller, source, id).await?))
}
