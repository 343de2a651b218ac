//! `GET|PUT /_stub/clock`, `POST /_stub/clock/advance`.

use std::time::Duration;

use axum::Json;
use countersign_protocol::{ProblemCode, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::bearer::Qa;
use crate::{
    clock::Clock,
    domain::answer::refuse,
    http::{body::Body, context::InWorld, rejection::Rejection},
};

/// How the clock stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClockReading)]
pub(super) struct Reading {
    /// Its time.
    #[schema(value_type = String)]
    now: Timestamp,
    /// Whether it stands still.
    frozen: bool,
    /// How many of its seconds pass in a second.
    scale: f64,
}

/// What to change; what is not named stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ClockChange)]
pub(super) struct Change {
    /// Its new time.
    #[schema(value_type = Option<String>)]
    now: Option<Timestamp>,
    /// Stand still, or go on.
    frozen: Option<bool>,
    /// More than 0, at most 1,000,000.
    scale: Option<f64>,
}

/// How far to move it.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = ClockAdvance)]
pub(super) struct Advance {
    /// Seconds, forward.
    seconds: u64,
}

pub(super) async fn read(_: Qa, InWorld(world): InWorld) -> Json<Reading> {
    reading(&world.clock)
}

pub(super) async fn set(
    _: Qa,
    InWorld(world): InWorld,
    Body(change): Body<Change>,
) -> Result<Json<Reading>, Rejection> {
    if let Some(scale) = change.scale {
        world.clock.scale(scale).map_err(|error| refuse(ProblemCode::InvalidRequest, error.to_string()))?;
    }
    match change.frozen {
        Some(true) => world.clock.freeze(),
        Some(false) => world.clock.resume(),
        None => {}
    }
    if let Some(now) = change.now {
        world.clock.set(now);
    }
    Ok(reading(&world.clock))
}

pub(super) async fn advance(_: Qa, InWorld(world): InWorld, Body(by): Body<Advance>) -> Json<Reading> {
    world.clock.advance(Duration::from_secs(by.seconds));
    reading(&world.clock)
}

fn reading(clock: &Clock) -> Json<Reading> {
    let state = clock.state();
    Json(Reading { now: state.now, frozen: state.frozen, scale: state.scale })
}
