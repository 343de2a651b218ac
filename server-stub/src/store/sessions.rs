//! What finished logins gave.

use countersign_protocol::{
    Timestamp,
    account::SessionEnd,
    fields::DisplayName,
    ids::{SessionId, TenantId, UserId},
};
use sqlx::Row as _;

use super::{
    Connection, StoreError, Tx,
    logins::Facts,
    row::{Columns as _, name_of},
};

/// A session with what of its user decides whether it may go on.
#[derive(Debug, Clone)]
pub struct Session {
    /// The session.
    pub id: SessionId,
    /// Whose it is.
    pub user_id: UserId,
    /// The user's organisation.
    pub tenant_id: TenantId,
    /// The user's role.
    pub role: String,
    /// Whether the account may be used.
    pub user_active: bool,
    /// The key that its tokens are bound to, where the login had one.
    pub jkt: Option<String>,
    /// What was proven, space-separated.
    pub amr: String,
    /// Assurance that it adds up to.
    pub acr: String,
    /// When it was proven.
    pub auth_time: Timestamp,
    /// End of its life.
    pub expires_at: Timestamp,
    /// Why it has ended.
    pub ended: Option<SessionEnd>,
}

/// A session that has not ended.
#[derive(Debug, Clone)]
pub struct Living {
    /// The session.
    pub id: SessionId,
    /// The device that it began on, as it describes itself.
    pub device_name: DisplayName,
}

/// What a session begins with.
pub struct NewSession<'a> {
    /// The session.
    pub session: &'a Session,
    /// The login that gives it.
    pub login: &'a Facts,
    /// Now.
    pub created_at: Timestamp,
}

/// Finds a session, ended or not.
///
/// # Errors
/// As any statement.
pub async fn find(connection: &mut Connection, id: &str) -> Result<Option<Session>, StoreError> {
    let find = "SELECT s.id, s.user_id, u.tenant_id, u.role, u.status, u.deleted_at, s.jkt, s.amr, s.acr, \
                s.auth_time, s.expires_at, s.ended_reason FROM sessions s JOIN users u ON u.id = s.user_id \
                WHERE s.id = $1";
    let Some(row) = sqlx::query(find).bind(id).fetch_optional(connection).await? else { return Ok(None) };
    Ok(Some(Session {
        id: row.parsed("id")?,
        user_id: row.parsed("user_id")?,
        tenant_id: row.parsed("tenant_id")?,
        role: row.try_get("role")?,
        user_active: row.try_get::<&str, _>("status")? == "active" && row.maybe_time("deleted_at")?.is_none(),
        jkt: row.try_get("jkt")?,
        amr: row.try_get("amr")?,
        acr: row.try_get("acr")?,
        auth_time: row.time("auth_time")?,
        expires_at: row.time("expires_at")?,
        ended: row.maybe_named("ended_reason")?,
    }))
}

/// The sessions of a user that have not ended, the newest first.
///
/// # Errors
/// As any statement.
pub async fn living(
    connection: &mut Connection,
    user: UserId,
    now: Timestamp,
) -> Result<Vec<Living>, StoreError> {
    let living = "SELECT id, device_name FROM sessions WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2 \
                  ORDER BY created_at DESC, id DESC";
    let query = sqlx::query(living).bind(user.to_string()).bind(now.as_millis());
    let rows = query.fetch_all(connection).await?;
    let session = |row: &sqlx::any::AnyRow| -> Result<_, sqlx::Error> {
        Ok(Living { id: row.parsed("id")?, device_name: row.parsed("device_name")? })
    };
    Ok(rows.iter().map(session).collect::<Result<_, _>>()?)
}

/// Adds a session.
///
/// # Errors
/// As any statement.
pub async fn insert(tx: &mut Tx, new: &NewSession<'_>) -> Result<(), StoreError> {
    let insert = "INSERT INTO sessions (id, user_id, device_id, device_name, jkt, amr, acr, auth_time, address, \
                  created_at, last_used_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11)";
    let NewSession { session, login, created_at } = new;
    sqlx::query(insert)
        .bind(session.id.to_string())
        .bind(session.user_id.to_string())
        .bind(login.device_id.map(|id| id.to_string()))
        .bind(login.device.name.as_str())
        .bind(session.jkt.as_deref())
        .bind(&session.amr)
        .bind(&session.acr)
        .bind(session.auth_time.as_millis())
        .bind(&login.address)
        .bind(created_at.as_millis())
        .bind(session.expires_at.as_millis())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// The session was refreshed.
///
/// # Errors
/// As any statement.
pub async fn used(tx: &mut Tx, id: SessionId, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query("UPDATE sessions SET last_used_at = $2 WHERE id = $1")
        .bind(id.to_string())
        .bind(now.as_millis())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Ends a session. False if it had ended before; its first reason stays.
///
/// # Errors
/// As any statement.
pub async fn end(tx: &mut Tx, id: SessionId, reason: SessionEnd, now: Timestamp) -> Result<bool, StoreError> {
    let end = "UPDATE sessions SET ended_at = $2, ended_reason = $3 WHERE id = $1 AND ended_at IS NULL";
    let ended = sqlx::query(end)
        .bind(id.to_string())
        .bind(now.as_millis())
        .bind(name_of(&reason)?)
        .execute(tx.connection())
        .await?;
    Ok(ended.rows_affected() == 1)
}
