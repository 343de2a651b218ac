//! Rotating tokens: refresh tokens and trust tokens, in tables of one shape. The rules are in
//! [`crate::domain::rotation`].

use countersign_protocol::Timestamp;
use sqlx::Row as _;

use super::{Connection, StoreError, Tx, row::Columns as _};

/// One of the two tables.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    find: &'static str,
    insert: &'static str,
    attach: &'static str,
    retire_predecessor: &'static str,
}

macro_rules! table {
    ($name:literal, $family:literal) => {
        Table {
            name: $name,
            find: concat!(
                "SELECT ",
                $family,
                " AS family, successor_hash, successor_sealed, rotated_at, retired_at FROM ",
                $name,
                " WHERE hash = $1"
            ),
            insert: concat!("INSERT INTO ", $name, " (hash, ", $family, ", created_at) VALUES ($1, $2, $3)"),
            attach: concat!(
                "UPDATE ",
                $name,
                " SET successor_hash = $2, successor_sealed = $3, rotated_at = $4 ",
                "WHERE hash = $1 AND successor_hash IS NULL AND retired_at IS NULL"
            ),
            retire_predecessor: concat!(
                "UPDATE ",
                $name,
                " SET retired_at = $2 WHERE successor_hash = $1 AND retired_at IS NULL"
            ),
        }
    };
}

/// Refresh tokens; a family is a session.
pub static REFRESH: Table = table!("refresh_tokens", "session_id");
/// Trust tokens; a family is a trusted device.
pub static TRUST: Table = table!("mfa_trust_tokens", "trust_id");

/// One token as it is stored.
#[derive(Debug, Clone)]
pub struct StoredToken {
    /// Keyed hash of the token.
    pub hash: String,
    /// The session or trusted device that it belongs to.
    pub family: String,
    /// The successor, once there is one.
    pub successor: Option<Successor>,
    /// When it was retired by the use of its successor.
    pub retired_at: Option<Timestamp>,
}

/// The token that follows another.
#[derive(Debug, Clone)]
pub struct Successor {
    /// Sealed under a key that only the holder of the predecessor can make.
    pub sealed: Vec<u8>,
    /// When it was first handed out.
    pub rotated_at: Timestamp,
}

/// Finds a token.
///
/// # Errors
/// As any statement.
pub async fn find(
    connection: &mut Connection,
    table: &Table,
    hash: &str,
) -> Result<Option<StoredToken>, StoreError> {
    let Some(row) = sqlx::query(table.find).bind(hash).fetch_optional(connection).await? else {
        return Ok(None);
    };
    let sealed: Option<Vec<u8>> = row.try_get("successor_sealed")?;
    let rotated_at = row.maybe_time("rotated_at")?;
    Ok(Some(StoredToken {
        hash: hash.to_owned(),
        family: row.try_get("family")?,
        successor: sealed.zip(rotated_at).map(|(sealed, rotated_at)| Successor { sealed, rotated_at }),
        retired_at: row.maybe_time("retired_at")?,
    }))
}

/// Adds a token that is the current one of its family.
///
/// # Errors
/// As any statement.
pub async fn insert(
    tx: &mut Tx,
    table: &Table,
    hash: &str,
    family: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(table.insert).bind(hash).bind(family).bind(now.as_millis()).execute(tx.connection()).await?;
    Ok(())
}

/// Gives a token its successor. False if it has one already: of any number of callers, one gets true.
///
/// # Errors
/// As any statement.
pub async fn attach(
    tx: &mut Tx,
    table: &Table,
    hash: &str,
    successor_hash: &str,
    sealed: &[u8],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let attached = sqlx::query(table.attach)
        .bind(hash)
        .bind(successor_hash)
        .bind(sealed)
        .bind(now.as_millis())
        .execute(tx.connection())
        .await?;
    Ok(attached.rows_affected() == 1)
}

/// Retires the token that this one followed.
///
/// # Errors
/// As any statement.
pub async fn retire_predecessor(
    tx: &mut Tx,
    table: &Table,
    hash: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(table.retire_predecessor).bind(hash).bind(now.as_millis()).execute(tx.connection()).await?;
    Ok(())
}
