//! An enrolled device as a caller.

use std::sync::Arc;

use axum::{extract::FromRequestParts, http::request::Parts};

use super::{caller::full_proof, context::Context, rejection::Rejection};
use crate::{domain::push, store::push_devices::Device};

/// An enrolled device, by a proof of its possession key over the whole request.
pub struct DeviceCaller(pub Device);

impl<S: Sync> FromRequestParts<S> for DeviceCaller {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Rejection> {
        let proof = full_proof(parts)?;
        let world = Arc::clone(&Context::of(parts)?.world);
        Ok(Self(push::caller(&world, proof.jkt).await?))
    }
}
