//! `GET /auth/logins/{id}/events`: server-sent events for whoever waits for a login.

use std::{convert::Infallible, time::Duration};

use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, stream};

use super::InPath;
use crate::{
    domain::login,
    http::{caller::LoginCaller, context::InWorld, rejection::Rejection},
};

/// How often a comment keeps the connection open.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

pub(super) async fn events(
    InWorld(world): InWorld,
    caller: LoginCaller,
    InPath(id): InPath,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Rejection> {
    let watch = login::watch(&world, caller, id).await?;
    let stream = stream::unfold(watch, |mut watch| async move {
        let changed = watch.next().await?;
        let event = Event::default().event("login").json_data(changed).ok()?;
        Some((Ok(event), watch))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}
