//! Messages to people, kept instead of sent where nothing else is set up.

use countersign_protocol::Timestamp;

use sqlx::{Row as _, any::AnyRow};

use super::{Connection, StoreError, Tx, row::Columns as _};
use crate::delivery::Mail;

/// The topic that wakes whoever waits for a message.
pub const TOPIC: &str = "outbox";

/// Adds a mail, or runs the same statements without adding it.
///
/// # Errors
/// As any statement.
pub async fn insert(tx: &mut Tx, mail: &Mail, kept: bool, now: Timestamp) -> Result<(), StoreError> {
    let links = serde_json::to_string(&mail.links).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let seq = tx.next_number(TOPIC).await?;
    let insert = "INSERT INTO outbox (seq, channel, recipient, subject, body, code, links, created_at) \
                  SELECT $1, 'email', $2, $3, $4, $5, $6, $7 WHERE CAST($8 AS BIGINT) = 1";
    sqlx::query(insert)
        .bind(seq)
        .bind(mail.to.as_str())
        .bind(&mail.subject)
        .bind(&mail.text)
        .bind(mail.code.as_deref())
        .bind(links)
        .bind(now.as_millis())
        .bind(i64::from(kept))
        .execute(tx.connection())
        .await?;
    tx.notify(TOPIC);
    Ok(())
}

/// A message as it is kept.
pub struct Message {
    /// Its number, from 1 on.
    pub seq: i64,
    /// `email`.
    pub channel: String,
    /// Who gets it.
    pub recipient: String,
    /// Its subject.
    pub subject: Option<String>,
    /// Its text.
    pub body: String,
    /// The code in it.
    pub code: Option<String>,
    /// The links in it.
    pub links: Vec<String>,
    /// When it was queued.
    pub created_at: Timestamp,
}

/// The messages after number `after`, oldest first, of one channel and one recipient where they are given.
///
/// # Errors
/// As any statement.
pub async fn list(
    connection: &mut Connection,
    channel: Option<&str>,
    recipient: Option<&str>,
    after: i64,
) -> Result<Vec<Message>, StoreError> {
    let select = "SELECT seq, channel, recipient, subject, body, code, links, created_at FROM outbox \
                  WHERE seq > $1 AND ($2 = '' OR channel = $2) AND ($3 = '' OR recipient = $3) ORDER BY seq";
    let rows = sqlx::query(select)
        .bind(after)
        .bind(channel.unwrap_or_default())
        .bind(recipient.unwrap_or_default())
        .fetch_all(connection)
        .await?;
    Ok(rows.iter().map(message).collect::<Result<_, _>>()?)
}

/// Forgets all messages. Numbers go on.
///
/// # Errors
/// As any statement.
pub async fn clear(tx: &mut Tx) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM outbox").execute(tx.connection()).await?;
    Ok(())
}

fn message(row: &AnyRow) -> Result<Message, sqlx::Error> {
    let links: &str = row.try_get("links")?;
    Ok(Message {
        seq: row.try_get("seq")?,
        channel: row.try_get("channel")?,
        recipient: row.try_get("recipient")?,
        subject: row.try_get("subject")?,
        body: row.try_get("body")?,
        code: row.try_get("code")?,
        links: serde_json::from_str(links).map_err(|error| sqlx::Error::Decode(error.into()))?,
        created_at: row.time("created_at")?,
    })
}
