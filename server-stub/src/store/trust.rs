//! Devices that may skip the second factor: families of trust tokens.

use countersign_protocol::{
    Timestamp,
    ids::{DeviceId, TrustId, UserId},
};
use sqlx::Row as _;

use super::{Connection, StoreError, Tx, row::Columns as _};

/// One trusted device.
#[derive(Debug, Clone)]
pub struct TrustedDevice {
    /// The family of its tokens.
    pub id: TrustId,
    /// Whose second factor it replaces.
    pub user_id: UserId,
    /// The recognised device, where there was a fingerprint.
    pub device_id: Option<DeviceId>,
    /// The key that must be proven with the token, where the login had one.
    pub jkt: Option<String>,
    /// What it calls itself.
    pub name: String,
    /// End of the trust.
    pub expires_at: Timestamp,
    /// Whether the trust was ended before.
    pub revoked: bool,
}

/// Finds a family.
///
/// # Errors
/// As any statement.
pub async fn find(connection: &mut Connection, id: &str) -> Result<Option<TrustedDevice>, StoreError> {
    let find = "SELECT id, user_id, device_id, jkt, name, expires_at, revoked_at FROM mfa_trusted_devices \
                WHERE id = $1";
    let Some(row) = sqlx::query(find).bind(id).fetch_optional(connection).await? else { return Ok(None) };
    Ok(Some(TrustedDevice {
        id: row.parsed("id")?,
        user_id: row.parsed("user_id")?,
        device_id: row.maybe_parsed("device_id")?,
        jkt: row.try_get("jkt")?,
        name: row.try_get("name")?,
        expires_at: row.time("expires_at")?,
        revoked: row.maybe_time("revoked_at")?.is_some(),
    }))
}

/// Adds a family.
///
/// # Errors
/// As any statement.
pub async fn insert(tx: &mut Tx, device: &TrustedDevice, now: Timestamp) -> Result<(), StoreError> {
    let insert = "INSERT INTO mfa_trusted_devices (id, user_id, device_id, jkt, name, created_at, expires_at) \
                  VALUES ($1, $2, $3, $4, $5, $6, $7)";
    sqlx::query(insert)
        .bind(device.id.to_string())
        .bind(device.user_id.to_string())
        .bind(device.device_id.map(|id| id.to_string()))
        .bind(&device.jkt)
        .bind(&device.name)
        .bind(now.as_millis())
        .bind(device.expires_at.as_millis())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// The device skipped the second factor.
///
/// # Errors
/// As any statement.
pub async fn used(tx: &mut Tx, id: TrustId, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query("UPDATE mfa_trusted_devices SET last_used_at = $2 WHERE id = $1")
        .bind(id.to_string())
        .bind(now.as_millis())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Ends the trust in a device. False if it was ended before.
///
/// # Errors
/// As any statement.
pub async fn revoke(
    tx: &mut Tx,
    id: TrustId,
    reason: &'static str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let revoke = "UPDATE mfa_trusted_devices SET revoked_at = $2, revoked_reason = $3 \
                  WHERE id = $1 AND revoked_at IS NULL";
    let revoked = sqlx::query(revoke)
        .bind(id.to_string())
        .bind(now.as_millis())
        .bind(reason)
        .execute(tx.connection())
        .await?;
    Ok(revoked.rows_affected() == 1)
}
