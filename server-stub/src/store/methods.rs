//! Enrolled factors of a user, of all kinds.

use countersign_protocol::{
    Timestamp,
    fields::DisplayName,
    ids::{MethodId, UserId},
    login::MethodKind,
};
use sqlx::Row as _;

use super::{Connection, StoreError, Tx, row::Columns as _};

/// One enrolled factor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Method {
    /// The factor.
    pub id: MethodId,
    /// Its kind.
    pub kind: MethodKind,
    /// What the user calls it.
    pub label: String,
}

/// Where a factor stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MethodStatus {
    /// Begun, and not proven by a first use.
    SetupPending,
    /// Counts.
    Enabled,
    /// Was taken out of use.
    Disabled,
}

/// The enabled factors of a user, oldest first.
///
/// # Errors
/// As any statement.
pub async fn enabled(connection: &mut Connection, user_id: UserId) -> Result<Vec<Method>, StoreError> {
    let enabled = "SELECT id, kind, label FROM mfa_methods WHERE user_id = $1 AND status = 'enabled' \
                   AND deleted_at IS NULL ORDER BY created_at, id";
    let rows = sqlx::query(enabled).bind(user_id.to_string()).fetch_all(connection).await?;
    let method = |row: &sqlx::any::AnyRow| -> Result<_, sqlx::Error> {
        Ok(Method { id: row.parsed("id")?, kind: row.named("kind")?, label: row.try_get("label")? })
    };
    Ok(rows.iter().map(method).collect::<Result<_, _>>()?)
}

/// Whether a user has a factor that counts, or counted until it was taken out of use.
///
/// # Errors
/// As any statement.
pub async fn is_bound(connection: &mut Connection, user_id: UserId) -> Result<bool, StoreError> {
    let find = "SELECT 1 FROM mfa_methods WHERE user_id = $1 AND status <> 'setup_pending' AND deleted_at IS NULL \
                LIMIT 1";
    Ok(sqlx::query(find).bind(user_id.to_string()).fetch_optional(connection).await?.is_some())
}

/// Adds a factor.
///
/// # Errors
/// As any statement.
pub async fn insert(
    tx: &mut Tx,
    id: MethodId,
    user_id: UserId,
    kind: MethodKind,
    label: &DisplayName,
    status: MethodStatus,
    now: Timestamp,
) -> Result<(), StoreError> {
    let insert = "INSERT INTO mfa_methods (id, user_id, kind, label, status, created_at, enabled_at) \
                  VALUES ($1, $2, $3, $4, $5, $6, $7)";
    sqlx::query(insert)
        .bind(id.to_string())
        .bind(user_id.to_string())
        .bind(kind.as_str())
        .bind(label.as_str())
        .bind(super::row::name_of(&status)?)
        .bind(now.as_millis())
        .bind((status == MethodStatus::Enabled).then(|| now.as_millis()))
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Enables a factor whose set-up is pending. False if it is not.
///
/// # Errors
/// As any statement.
pub async fn enable(tx: &mut Tx, id: MethodId, now: Timestamp) -> Result<bool, StoreError> {
    let enable = "UPDATE mfa_methods SET status = 'enabled', enabled_at = $2, last_used_at = $2 \
                  WHERE id = $1 AND status = 'setup_pending' AND deleted_at IS NULL";
    let enabled =
        sqlx::query(enable).bind(id.to_string()).bind(now.as_millis()).execute(tx.connection()).await?;
    Ok(enabled.rows_affected() == 1)
}

/// Takes the factors of a kind out of use that a user has enabled.
///
/// # Errors
/// As any statement.
pub async fn disable(tx: &mut Tx, user_id: UserId, kind: MethodKind) -> Result<(), StoreError> {
    let disable = "UPDATE mfa_methods SET status = 'disabled' WHERE user_id = $1 AND kind = $2 \
                   AND status = 'enabled' AND deleted_at IS NULL";
    sqlx::query(disable).bind(user_id.to_string()).bind(kind.as_str()).execute(tx.connection()).await?;
    Ok(())
}

/// Drops the set-ups of a kind that a user began and did not finish.
///
/// # Errors
/// As any statement.
pub async fn drop_pending(
    tx: &mut Tx,
    user_id: UserId,
    kind: MethodKind,
    now: Timestamp,
) -> Result<(), StoreError> {
    let drop_pending = "UPDATE mfa_methods SET deleted_at = $3 WHERE user_id = $1 AND kind = $2 \
                        AND status = 'setup_pending' AND deleted_at IS NULL";
    sqlx::query(drop_pending)
        .bind(user_id.to_string())
        .bind(kind.as_str())
        .bind(now.as_millis())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// A factor was proven.
///
/// # Errors
/// As any statement.
pub async fn used(tx: &mut Tx, id: MethodId, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query("UPDATE mfa_methods SET last_used_at = $2 WHERE id = $1")
        .bind(id.to_string())
        .bind(now.as_millis())
        .execute(tx.connection())
        .await?;
    Ok(())
}
