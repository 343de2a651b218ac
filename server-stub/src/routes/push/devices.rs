//! `GET /mfa/push/devices`, `DELETE /mfa/push/devices/{id}`.

use axum::{
    Json,
    extract::Path,
    http::{StatusCode, header::AUTHORIZATION, request::Parts},
};
use countersign_protocol::{
    ProblemCode,
    ids::{EnrolmentId, UserId},
    push::{EnrolledDevice, EnrolledDevices},
};

use crate::{
    domain::{
        answer::{invalid, refuse},
        events::Source,
        push,
        sessions::require_fresh,
    },
    http::{
        context::InWorld, device_caller::DeviceCaller, rejection::Rejection, session_caller::SessionCaller,
    },
    store::push_devices,
};

pub(super) async fn list(
    InWorld(world): InWorld,
    SessionCaller { session }: SessionCaller,
) -> Result<Json<EnrolledDevices>, Rejection> {
    let user = session.user_id;
    let devices = world
        .read(move |connection| {
            Box::pin(async move { Ok(push_devices::devices_of(connection, user).await?) })
        })
        .await?;
    let devices = devices.into_iter().map(|device| EnrolledDevice {
        enrolment_id: device.id,
        name: device.name,
        kind: device.kind,
        created_at: device.created_at,
    });
    Ok(Json(EnrolledDevices { devices: devices.collect() }))
}

pub(super) async fn remove(
    InWorld(world): InWorld,
    Remover(user, itself): Remover,
    source: Source,
    Path(id): Path<String>,
) -> Result<StatusCode, Rejection> {
    let id: EnrolmentId = id.parse().map_err(|error| invalid(&error))?;
    if itself.is_some_and(|itself| itself != id) {
        return Err(refuse(
            ProblemCode::Forbidden,
            "A device removes itself alone; sign in to remove others.",
        )
        .into());
    }
    push::remove(&world, source, user, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who removes: a fresh session of the user, or the device itself.
pub(super) struct Remover(UserId, Option<EnrolmentId>);

impl<S: Sync> axum::extract::FromRequestParts<S> for Remover {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        if parts.headers.contains_key(AUTHORIZATION) {
            let InWorld(world) = InWorld::from_request_parts(parts, state).await?;
            let SessionCaller { session } = SessionCaller::from_request_parts(parts, state).await?;
            require_fresh(&world, &session)?;
            Ok(Self(session.user_id, None))
        } else {
            let DeviceCaller(device) = DeviceCaller::from_request_parts(parts, state).await?;
            Ok(Self(device.user_id, Some(device.id)))
        }
    }
}
