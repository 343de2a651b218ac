//! `POST /mfa/push/respond`.

use axum::Json;
use countersign_protocol::push::{Respond, Responded};

use crate::{
    domain::{events::Source, push},
    http::{body::Body, context::InWorld, device_caller::DeviceCaller, rejection::Rejection},
    world::Consuming,
};

pub(super) async fn respond(
    InWorld(world): InWorld,
    DeviceCaller(device): DeviceCaller,
    source: Source,
    request: Consuming,
    Body(body): Body<Respond>,
) -> Result<Json<Responded>, Rejection> {
    let request = request.by(&device.jkt);
    Ok(Json(push::respond(&world, request, source, device, body).await?))
}
