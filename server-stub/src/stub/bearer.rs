//! The bearer of the control plane.

use axum::{
    extract::{FromRef, FromRequestParts},
    http::{header::AUTHORIZATION, request::Parts},
};
use countersign_protocol::ProblemCode;
use subtle::ConstantTimeEq as _;

use crate::{domain::answer::refuse, http::rejection::Rejection, realms::Realms};

/// Whoever started the server, or was told the bearer by them.
pub(super) struct Qa;

impl<S: Sync> FromRequestParts<S> for Qa
where
    Realms: FromRef<S>,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        let realms = Realms::from_ref(state);
        let sent = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let sent = sent.and_then(|text| text.strip_prefix("Bearer ")).unwrap_or_default();
        // EXPOSE: compared in constant time.
        let fits = realms
            .stub_bearer()
            .is_some_and(|bearer| bearer.expose().as_bytes().ct_eq(sent.as_bytes()).into());
        if fits {
            Ok(Self)
        } else {
            let detail = "Send the bearer that the server printed when it started.";
            Err(refuse(ProblemCode::Unauthenticated, detail).into())
        }
    }
}
