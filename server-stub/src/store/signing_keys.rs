//! The server's own keys, sealed.

use countersign_protocol::Timestamp;
use sqlx::Row as _;

use super::{StoreError, Tx};

/// The newest key of a purpose, sealed under the master key.
///
/// # Errors
/// As any statement.
pub async fn newest(tx: &mut Tx, purpose: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let select = "SELECT private_key FROM signing_keys WHERE purpose = $1 AND retired_at IS NULL \
                  ORDER BY created_at DESC LIMIT 1";
    let row = sqlx::query(select).bind(purpose).fetch_optional(tx.connection()).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// Adds the first key of a purpose. On a second node that starts at the same moment this fails, and the node
/// starts anew with the key of the first.
///
/// # Errors
/// As any statement.
pub async fn insert(tx: &mut Tx, purpose: &str, sealed: &[u8], now: Timestamp) -> Result<(), StoreError> {
    let insert = "INSERT INTO signing_keys (kid, purpose, private_key, created_at) VALUES ($1, $2, $3, $4)";
    sqlx::query(insert)
        .bind(format!("{purpose}-1"))
        .bind(purpose)
        .bind(sealed.to_vec())
        .bind(now.as_millis())
        .execute(tx.connection())
        .await?;
    Ok(())
}
