//! Messages to people, kept instead of sent where nothing else is set up.

use countersign_protocol::Timestamp;

use super::{StoreError, Tx};
use crate::delivery::Mail;

/// The topic that wakes whoever waits for a message.
pub const TOPIC: &str = "outbox";

/// Adds a mail.
///
/// # Errors
/// As any statement.
pub async fn insert(tx: &mut Tx, mail: &Mail, now: Timestamp) -> Result<(), StoreError> {
    let links = serde_json::to_string(&mail.links).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let seq = tx.next_number(TOPIC).await?;
    let insert = "INSERT INTO outbox (seq, channel, recipient, subject, body, code, links, created_at) \
                  VALUES ($1, 'email', $2, $3, $4, $5, $6, $7)";
    sqlx::query(insert)
        .bind(seq)
        .bind(mail.to.as_str())
        .bind(&mail.subject)
        .bind(&mail.text)
        .bind(mail.code.as_deref())
        .bind(links)
        .bind(now.as_millis())
        .execute(tx.connection())
        .await?;
    tx.notify(TOPIC);
    Ok(())
}
