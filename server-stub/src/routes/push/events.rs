//! `GET /mfa/push/events`: server-sent events for one device.

use std::{convert::Infallible, time::Duration};

use axum::response::sse::{Event, KeepAlive, Sse};
use countersign_protocol::push::ChallengeState;
use futures_util::{Stream, StreamExt as _, stream};

use crate::{
    domain::push,
    http::{context::InWorld, device_caller::DeviceCaller},
};

/// How often a comment keeps the connection open.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

pub(super) async fn events(
    InWorld(world): InWorld,
    DeviceCaller(device): DeviceCaller,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let watch = push::watch(world, device);
    let stream = stream::unfold(watch, |mut watch| async move {
        let news = watch.next().await?;
        let name = if news.state == ChallengeState::Open { "request" } else { "closed" };
        let event = Event::default().event(name).json_data(news).ok()?;
        Some((Ok(event), watch))
    });
    // At once, so that the device hears whether anything gets through to it.
    let hello = stream::once(async { Ok(Event::default().comment("hello")) });
    Sse::new(hello.chain(stream)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}
