//! A signed-in user as a caller.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{header::AUTHORIZATION, request::Parts},
};
use countersign_protocol::{
    ProblemCode,
    claims::{AccessClaims, typ},
};

use super::{context::Context, dpop, rejection::Rejection};
use crate::{
    domain::{
        answer::{Stop, refuse},
        sessions::{self, SignedIn},
    },
    jose,
};

/// A session that is alive, by its access token and, where that is bound to a key, a proof of the key that names the
/// token (RFC 9449 section 7.1).
pub struct SessionCaller {
    /// The session.
    pub session: SignedIn,
}

impl SessionCaller {
    /// Names the caller, for its idempotency keys.
    pub fn key(&self) -> String {
        format!("session:{}", self.session.session_id)
    }
}

impl<S: Sync> FromRequestParts<S> for SessionCaller {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Rejection> {
        let (scheme, token) = credentials(parts)?;
        let world = Arc::clone(&Context::of(parts)?.world);
        let not_ours = |_| refuse(ProblemCode::InvalidToken, "The access token is not one of this server.");
        let header = jose::header(token, typ::ACCESS, false).map_err(not_ours)?;
        if header.kid.as_deref() != Some(world.keys.access.kid()) {
            return Err(not_ours(jose::NotAuthentic("its key is not the server's")).into());
        }
        let claims: AccessClaims = jose::verify(token, world.keys.access.public()).map_err(not_ours)?;
        let proof = match scheme {
            Scheme::Bearer => None,
            Scheme::Dpop => dpop::check(parts, Some(token))?,
        };
        if claims.cnf.is_some() && proof.is_none() {
            let detail = "The access token is bound to a key. Send it as DPoP, with a proof of the key.";
            return Err(refuse(ProblemCode::InvalidDpopProof, detail).into());
        }
        let inside = Arc::clone(&world);
        let authorize = world.read(move |connection| {
            Box::pin(async move {
                let jkt = proof.as_ref().map(|proof| proof.jkt.as_str());
                sessions::authorize(connection, &inside, &claims, jkt).await
            })
        });
        Ok(Self { session: authorize.await? })
    }
}

enum Scheme {
    Bearer,
    Dpop,
}

fn credentials(parts: &Parts) -> Result<(Scheme, &str), Stop> {
    let sign_in =
        || refuse(ProblemCode::Unauthenticated, "Sign in, and send the access token in Authorization.");
    let value = parts.headers.get(AUTHORIZATION).ok_or_else(sign_in)?;
    let (scheme, token) = value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(sign_in)?;
    match scheme {
        _ if scheme.eq_ignore_ascii_case("DPoP") => Ok((Scheme::Dpop, token)),
        _ if scheme.eq_ignore_ascii_case("Bearer") => Ok((Scheme::Bearer, token)),
        _ => Err(sign_in()),
    }
}
