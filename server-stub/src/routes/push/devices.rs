//! `GET /mfa/push/devices`, `DELETE /mfa/push/devices/{id}`.

use axum::{
    Json,
    extract::{FromRequestParts, Path},
    http::{StatusCode, header::AUTHORIZATION, request::Parts},
};
use countersign_protocol::push::EnrolledDevices;

use crate::{
    domain::{
        answer::invalid,
        events::Source,
        push::{self, Remover},
    },
    http::{
        context::InWorld, device_caller::DeviceCaller, rejection::Rejection, session_caller::SessionCaller,
    },
};

pub(super) async fn list(
    InWorld(world): InWorld,
    SessionCaller { session }: SessionCaller,
) -> Result<Json<EnrolledDevices>, Rejection> {
    Ok(Json(push::list(&world, session.user_id).await?))
}

pub(super) async fn remove(
    InWorld(world): InWorld,
    remover: Remover,
    source: Source,
    Path(id): Path<String>,
) -> Result<StatusCode, Rejection> {
    let id = id.parse().map_err(|error| invalid(&error))?;
    push::remove(&world, source, remover, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl<S: Sync> FromRequestParts<S> for Remover {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        if parts.headers.contains_key(AUTHORIZATION) {
            Ok(Self::Session(SessionCaller::from_request_parts(parts, state).await?.session))
        } else {
            Ok(Self::Device(DeviceCaller::from_request_parts(parts, state).await?.0))
        }
    }
}
