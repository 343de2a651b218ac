//! `POST /_stub/reset`.

use axum::http::StatusCode;

use super::bearer::Qa;
use crate::{
    domain::answer::Fault,
    http::{context::InWorld, rejection::Rejection},
};

/// Empties the realm and sets its clock back to the system's.
pub(super) async fn reset(_: Qa, InWorld(world): InWorld) -> Result<StatusCode, Rejection> {
    world.store.reset().await.map_err(Fault::from)?;
    world.clock.reset();
    Ok(StatusCode::NO_CONTENT)
}
