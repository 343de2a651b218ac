//! The `Idempotency-Key` of a consuming request.

use axum::{extract::FromRequestParts, http::request::Parts};
use countersign_protocol::{ProblemCode, headers};
use ring::digest::{Context as Digest, SHA256};

use super::{context::Context, rejection::Rejection};
use crate::{
    domain::answer::{Stop, invalid, refuse},
    world::Consuming,
};

impl<S: Sync> FromRequestParts<S> for Consuming {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Rejection> {
        let context = Context::of(parts)?;
        let key = parts.headers.get(headers::IDEMPOTENCY_KEY).map(|value| -> Result<_, Stop> {
            let text = value.to_str().map_err(|_| {
                refuse(
                    ProblemCode::InvalidRequest,
                    "The Idempotency-Key is not text. Send 16 to 64 characters.",
                )
            })?;
            text.parse().map_err(|error| invalid(&error))
        });
        let mut digest = Digest::new(&SHA256);
        for part in [context.method.as_str().as_bytes(), context.path.as_bytes(), &context.body] {
            digest.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            digest.update(part);
        }
        let mut request_hash = [0; 32];
        request_hash.copy_from_slice(digest.finish().as_ref());
        // Until a handler says who the caller is, it is whoever sends from this address.
        Ok(Self { key: key.transpose()?, caller: format!("address:{}", context.address), request_hash })
    }
}
