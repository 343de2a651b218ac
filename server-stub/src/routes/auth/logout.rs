//! `POST /auth/logout`.

use axum::http::StatusCode;

use crate::{
    domain::{events::Source, sessions},
    http::{context::InWorld, rejection::Rejection, session_caller::SessionCaller},
    world::Consuming,
};

pub(super) async fn logout(
    InWorld(world): InWorld,
    caller: SessionCaller,
    source: Source,
    request: Consuming,
) -> Result<StatusCode, Rejection> {
    sessions::log_out(&world, request.by(&caller.key()), source, caller.session).await?;
    Ok(StatusCode::NO_CONTENT)
}
