//! `POST /mfa/push/tickets`.

use axum::{Json, http::StatusCode};
use countersign_protocol::push::EnrolmentTicket;

use crate::{
    domain::push,
    http::{context::InWorld, rejection::Rejection, session_caller::SessionCaller},
    world::Consuming,
};

pub(super) async fn make(
    InWorld(world): InWorld,
    caller: SessionCaller,
    request: Consuming,
) -> Result<(StatusCode, Json<EnrolmentTicket>), Rejection> {
    let request = request.by(&caller.key());
    Ok((StatusCode::CREATED, Json(push::ticket(&world, request, caller.session).await?)))
}
