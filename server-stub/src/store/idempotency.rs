//! Answers to consuming requests, kept so that a retry gets the first answer instead of a second deed.
//!
//! A consuming handler claims its key, does its work and saves its answer in one closure of
//! [`Store::write`](super::Store::write). So the deed and the answer are committed together or not at all, and
//! "commit, then lose the response" never turns a good code into a used one.
//!
//! ```mermaid
//! stateDiagram-v2
//!   [*] --> claimed: claim → Fresh
//!   claimed --> answered: save
//!   answered --> answered: claim → Replay
//!   claimed --> [*]: ten minutes over
//!   answered --> [*]: ten minutes over
//! ```

use std::time::Duration;

use countersign_protocol::Timestamp;
use sqlx::{AnyConnection, Row};

use super::{StoreError, Tx};

/// How long an answer is kept after its key was first claimed.
pub const KEPT: Duration = Duration::from_mins(10);

/// One request that carries an `Idempotency-Key`.
#[derive(Debug, Clone)]
pub struct KeyedRequest {
    /// Who sends it: the thumbprint of a key, a session, or an address. Keys of different callers never meet.
    pub caller: String,
    /// SHA-256 of the key.
    pub key_hash: [u8; 32],
    /// SHA-256 of method, path and body: the same key with another request is a mistake of the caller.
    pub request_hash: [u8; 32],
}

/// An answer as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedResponse {
    /// HTTP status.
    pub status: u16,
    /// Headers and body, sealed: they may hold tokens.
    pub sealed: Vec<u8>,
}

/// What is known of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Claim {
    /// Nothing. [`claim`] has claimed it: do the work, then [`save`].
    Fresh,
    /// It was answered; answer the same.
    Replay(SavedResponse),
    /// The key was used for another request.
    Conflict,
}

/// Claims the key of a request, or says what became of it. Of any number that claim one key at once, one is
/// [`Claim::Fresh`]; the others wait for its transaction.
///
/// # Errors
/// As any statement: [`StoreError::Busy`], [`StoreError::Database`].
pub async fn claim(tx: &mut Tx, request: &KeyedRequest, now: Timestamp) -> Result<Claim, StoreError> {
    // An expired row counts as none.
    let claim = "INSERT INTO idempotency (caller, key_hash, request_hash, expires_at) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (caller, key_hash) DO UPDATE SET request_hash = excluded.request_hash, status = NULL, \
                 response = NULL, expires_at = excluded.expires_at WHERE idempotency.expires_at <= $5";
    let claimed = sqlx::query(claim)
        .bind(&request.caller)
        .bind(request.key_hash.to_vec())
        .bind(request.request_hash.to_vec())
        .bind(now.plus(KEPT).as_millis())
        .bind(now.as_millis())
        .execute(tx.connection())
        .await?;
    if claimed.rows_affected() == 1 {
        return Ok(Claim::Fresh);
    }
    known(tx.connection(), request, now).await
}

/// What [`claim`] would say, without claiming anything.
///
/// # Errors
/// As any statement: [`StoreError::Busy`], [`StoreError::Database`].
pub async fn known(
    connection: &mut AnyConnection,
    request: &KeyedRequest,
    now: Timestamp,
) -> Result<Claim, StoreError> {
    let known = "SELECT request_hash, status, response FROM idempotency WHERE caller = $1 AND key_hash = $2 \
                 AND expires_at > $3";
    let row = sqlx::query(known)
        .bind(&request.caller)
        .bind(request.key_hash.to_vec())
        .bind(now.as_millis())
        .fetch_optional(connection)
        .await?;
    let Some(row) = row else { return Ok(Claim::Fresh) };
    if row.try_get::<Vec<u8>, _>("request_hash")? != request.request_hash {
        return Ok(Claim::Conflict);
    }
    // A claim without an answer is not there: both are of one transaction.
    let status: i64 = row.try_get("status")?;
    let status = u16::try_from(status).map_err(|error| sqlx::Error::Decode(error.into()))?;
    Ok(Claim::Replay(SavedResponse { status, sealed: row.try_get("response")? }))
}

/// Saves the answer to a request that was claimed in the same transaction.
///
/// # Errors
/// As any statement: [`StoreError::Busy`], [`StoreError::Database`].
pub async fn save(tx: &mut Tx, request: &KeyedRequest, response: &SavedResponse) -> Result<(), StoreError> {
    let save = "UPDATE idempotency SET status = $1, response = $2 WHERE caller = $3 AND key_hash = $4";
    sqlx::query(save)
        .bind(i64::from(response.status))
        .bind(response.sealed.clone())
        .bind(&request.caller)
        .bind(request.key_hash.to_vec())
        .execute(tx.connection())
        .await?;
    Ok(())
}
