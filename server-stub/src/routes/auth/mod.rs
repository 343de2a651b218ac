//! Signing in and out.

mod cancel;
mod events;
mod login;
mod logout;
mod refresh;
mod state;

use axum::{extract::FromRequestParts, http::request::Parts};
use countersign_protocol::{
    account::{Refresh, TokenSet},
    headers,
    ids::LoginId,
    login::{LoginChanged, LoginOutcome, StartLogin},
};

use crate::{
    domain::answer::invalid,
    http::{
        rejection::Rejection,
        routes::{Access, Route},
    },
};

pub(super) fn table() -> Vec<Route> {
    use Access::{Anybody, Login, Session};
    vec![
        Route::post("/auth/login", login::login)
            .for_whom(Anybody, "Begin a login with the password")
            .header(headers::TRUST_TOKEN, "Of an earlier login on this device: skips the second factor")
            .takes::<StartLogin>()
            .answers::<LoginOutcome>(200),
        Route::get("/auth/logins/{id}", state::state)
            .for_whom(Login, "Where a login stands; hands its tokens out once")
            .header(
                headers::IDEMPOTENCY_KEY,
                "Tokens whose answer was lost are handed out again under the same key",
            )
            .answers::<LoginOutcome>(200),
        Route::get("/auth/logins/{id}/events", events::events)
            .for_whom(Login, "Wakes whoever waits for a login: event `login`")
            .answers_events::<LoginChanged>(),
        Route::post("/auth/logins/{id}/cancel", cancel::cancel)
            .for_whom(Login, "Give a login up")
            .answers_nothing(),
        Route::post("/auth/refresh", refresh::refresh)
            .for_whom(Anybody, "New tokens for a refresh token, under a proof of the key that it is bound to")
            .takes::<Refresh>()
            .answers::<TokenSet>(200),
        Route::post("/auth/logout", logout::logout).for_whom(Session, "End this session").answers_nothing(),
    ]
}

/// The login that the path names.
struct InPath(LoginId);

impl<S: Send + Sync> FromRequestParts<S> for InPath {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        let path = axum::extract::Path::<String>::from_request_parts(parts, state).await;
        let text = path.map(|path| path.0).unwrap_or_default();
        Ok(Self(text.parse().map_err(|error| invalid(&error))?))
    }
}
