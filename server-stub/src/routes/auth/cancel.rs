//! `POST /auth/logins/{id}/cancel`.

use axum::http::StatusCode;

use super::InPath;
use crate::{
    domain::{events::Source, login},
    http::{caller::LoginCaller, context::InWorld, rejection::Rejection},
    world::Consuming,
};

pub(super) async fn cancel(
    InWorld(world): InWorld,
    caller: LoginCaller,
    source: Source,
    InPath(id): InPath,
    request: Consuming,
) -> Result<StatusCode, Rejection> {
    let request = request.by(caller.as_str());
    login::cancel(&world, request, caller, source, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
