//! `GET|DELETE /_stub/outbox`.

use std::time::Duration;

use axum::{
    Json,
    extract::{Query, rejection::QueryRejection},
    http::StatusCode,
};
use countersign_protocol::{ProblemCode, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::bearer::Qa;
use crate::{
    domain::answer::{Answer, refuse},
    http::{context::InWorld, rejection::Rejection},
    store::outbox,
    world::World,
};

/// The longest wait for a message. It is of the system's time: the realm's clock may stand still.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

#[derive(Debug, Deserialize)]
pub(super) struct Filter {
    /// `email`.
    channel: Option<String>,
    /// The recipient, whole.
    to: Option<String>,
    /// Only messages after this one.
    #[serde(default)]
    after: i64,
    /// How long to wait for one, such as `5s`.
    wait: Option<String>,
}

/// Messages, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Messages {
    messages: Vec<Message>,
}

/// One message.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Message {
    /// Its number in the realm, for `after`.
    seq: i64,
    /// `email`.
    channel: String,
    /// The recipient.
    to: String,
    /// The subject.
    subject: Option<String>,
    /// The text.
    body: String,
    /// The code in it.
    code: Option<String>,
    /// The links in it.
    links: Vec<String>,
    /// When it was sent.
    #[schema(value_type = String)]
    created_at: Timestamp,
}

pub(super) async fn list(
    _: Qa,
    InWorld(world): InWorld,
    filter: Result<Query<Filter>, QueryRejection>,
) -> Result<Json<Messages>, Rejection> {
    let Query(filter) = filter.map_err(|error| refuse(ProblemCode::InvalidRequest, error.body_text()))?;
    let wait = filter.wait.as_deref().map_or(Ok(Duration::ZERO), seconds)?;
    let mut wakes = world.store.subscribe(outbox::TOPIC);
    let mut found = read(&world, &filter).await?;
    if found.is_empty() && !wait.is_zero() {
        let arrives = async {
            loop {
                wakes.wait().await;
                let found = read(&world, &filter).await?;
                if !found.is_empty() {
                    return Ok(found);
                }
            }
        };
        // Nothing in time is an answer too: no messages.
        found = tokio::time::timeout(wait, arrives).await.unwrap_or(Answer::Ok(Vec::new()))?;
    }
    Ok(Json(Messages { messages: found.into_iter().map(Message::from).collect() }))
}

async fn read(world: &World, filter: &Filter) -> Answer<Vec<outbox::Message>> {
    let (channel, to, after) = (filter.channel.clone(), filter.to.clone(), filter.after);
    world
        .read(move |connection| {
            Box::pin(
                async move { Ok(outbox::list(connection, channel.as_deref(), to.as_deref(), after).await?) },
            )
        })
        .await
}

pub(super) async fn clear(_: Qa, InWorld(world): InWorld) -> Result<StatusCode, Rejection> {
    world.transact(|tx| Box::pin(async move { Ok(outbox::clear(tx).await?) })).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<outbox::Message> for Message {
    fn from(message: outbox::Message) -> Self {
        Self {
            seq: message.seq,
            channel: message.channel,
            to: message.recipient,
            subject: message.subject,
            body: message.body,
            code: message.code,
            links: message.links,
            created_at: message.created_at,
        }
    }
}

fn seconds(text: &str) -> Result<Duration, Rejection> {
    let wait = text.strip_suffix('s').unwrap_or(text).parse().map(Duration::from_secs);
    wait.ok().filter(|wait| *wait <= LONGEST_WAIT).ok_or_else(|| {
        refuse(ProblemCode::InvalidRequest, "`wait` is a number of seconds up to 60, such as 5s.").into()
    })
}
