//! `GET /mfa/push/pending`.

use axum::Json;
use countersign_protocol::push::PendingRequests;

use crate::{
    domain::push,
    http::{context::InWorld, device_caller::DeviceCaller, rejection::Rejection},
};

pub(super) async fn pending(
    InWorld(world): InWorld,
    DeviceCaller(device): DeviceCaller,
) -> Result<Json<PendingRequests>, Rejection> {
    Ok(Json(push::pending(&world, device).await?))
}
