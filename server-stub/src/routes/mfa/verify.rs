//! `POST /mfa/verify`.

use axum::Json;
use countersign_protocol::login::{LoginOutcome, VerifyCode};

use crate::{
    domain::{events::Source, login},
    http::{body::Body, caller::LoginCaller, context::InWorld, rejection::Rejection},
    world::Consuming,
};

pub(super) async fn verify(
    InWorld(world): InWorld,
    caller: LoginCaller,
    source: Source,
    request: Consuming,
    Body(body): Body<VerifyCode>,
) -> Result<Json<LoginOutcome>, Rejection> {
    let request = request.by(caller.as_str());
    Ok(Json(login::verify(&world, request, caller, source, body).await?))
}
