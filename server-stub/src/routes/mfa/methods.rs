//! `GET /mfa/methods`.

use axum::Json;
use countersign_protocol::login::Methods;

use crate::{
    domain::factors,
    http::{context::InWorld, rejection::Rejection, session_caller::SessionCaller},
};

pub(super) async fn methods(
    InWorld(world): InWorld,
    caller: SessionCaller,
) -> Result<Json<Methods>, Rejection> {
    let user = caller.session.user_id;
    let methods = world
        .read(move |connection| Box::pin(async move { factors::enrolled(connection, user).await }))
        .await?;
    Ok(Json(Methods { methods }))
}
