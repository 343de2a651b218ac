//! `POST /mfa/totp/setup`, `POST /mfa/totp/verify`.

use axum::{Json, http::StatusCode};
use countersign_protocol::totp::{ConfirmTotp, StartTotp, TotpSetup};

use crate::{
    domain::{events::Source, totp},
    http::{body::Body, context::InWorld, rejection::Rejection, session_caller::SessionCaller},
    world::Consuming,
};

pub(super) async fn set_up(
    InWorld(world): InWorld,
    caller: SessionCaller,
    source: Source,
    request: Consuming,
    Body(body): Body<StartTotp>,
) -> Result<(StatusCode, Json<TotpSetup>), Rejection> {
    let request = request.by(&caller.key());
    let setup = totp::set_up(&world, request, source, caller.session, body).await?;
    Ok((StatusCode::CREATED, Json(setup)))
}

pub(super) async fn confirm(
    InWorld(world): InWorld,
    caller: SessionCaller,
    source: Source,
    request: Consuming,
    Body(body): Body<ConfirmTotp>,
) -> Result<StatusCode, Rejection> {
    let request = request.by(&caller.key());
    totp::confirm(&world, request, source, caller.session, body).await?;
    Ok(StatusCode::NO_CONTENT)
}
