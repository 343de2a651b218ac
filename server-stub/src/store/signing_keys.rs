//! The server's own keys, sealed.

use countersign_protocol::Timestamp;
use sqlx::Row as _;

use super::{StoreError, Tx};

/// A key as it is stored.
pub struct StoredKey {
    /// Its name, for good.
    pub kid: String,
    /// Sealed under the master key.
    pub sealed: Vec<u8>,
}

/// The newest key of a purpose.
///
/// # Errors
/// As any statement.
pub async fn newest(tx: &mut Tx, purpose: &str) -> Result<Option<StoredKey>, StoreError> {
    let select = "SELECT kid, private_key FROM signing_keys WHERE purpose = $1 AND retired_at IS NULL \
                  ORDER BY created_at DESC LIMIT 1";
    let row = sqlx::query(select).bind(purpose).fetch_optional(tx.connection()).await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(StoredKey { kid: row.try_get("kid")?, sealed: row.try_get("private_key")? }))
}

/// Adds a key. False if there is one of that name: another node that starts at the same moment was faster, and its
/// key is the one.
///
/// # Errors
/// As any statement.
pub async fn insert(tx: &mut Tx, purpose: &str, key: &StoredKey, now: Timestamp) -> Result<bool, StoreError> {
    let insert = "INSERT INTO signing_keys (kid, purpose, private_key, created_at) VALUES ($1, $2, $3, $4) \
                  ON CONFLICT (kid) DO NOTHING";
    let inserted = sqlx::query(insert)
        .bind(&key.kid)
        .bind(purpose)
        .bind(key.sealed.clone())
        .bind(now.as_millis())
        .execute(tx.connection())
        .await?;
    Ok(inserted.rows_affected() == 1)
}
