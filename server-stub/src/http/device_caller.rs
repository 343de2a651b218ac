//! An enrolled device as a caller.

use std::sync::Arc;

use axum::{extract::FromRequestParts, http::request::Parts};
use countersign_protocol::ProblemCode;

use super::{caller::full_proof, context::Context, rejection::Rejection};
use crate::{
    domain::answer::refuse,
    store::push_devices::{self, Device},
};

/// An enrolled device, by a proof of its possession key over the whole request.
pub struct DeviceCaller(pub Device);

impl<S: Sync> FromRequestParts<S> for DeviceCaller {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Rejection> {
        let proof = full_proof(parts)?;
        let world = Arc::clone(&Context::of(parts)?.world);
        let device = world
            .read(move |connection| {
                Box::pin(async move { Ok(push_devices::device_by_key(connection, &proof.jkt).await?) })
            })
            .await?;
        let gone =
            || refuse(ProblemCode::EnrolmentNotFound, "This key is not enrolled, or no longer. Enrol again.");
        Ok(Self(device.ok_or_else(gone)?))
    }
}
