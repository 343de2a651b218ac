//! Devices that the fingerprint recognises, per user. A hint for people; it proves nothing.

use countersign_protocol::{
    Timestamp,
    device::{DeviceDescription, Fingerprint},
    ids::{DeviceId, UserId},
};
use sqlx::Row as _;

use super::{StoreError, Tx, row::Columns as _};

/// A device as a login meets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenDevice {
    /// The device.
    pub id: DeviceId,
    /// Whether it has finished a login of this user before.
    pub known: bool,
}

/// Finds the device of a fingerprint, or makes it under `new_id`. A device made here is not known before a login
/// on it was finished.
///
/// # Errors
/// As any statement.
pub async fn seen(
    tx: &mut Tx,
    new_id: DeviceId,
    user_id: UserId,
    fingerprint: &Fingerprint,
    description: &DeviceDescription,
    now: Timestamp,
) -> Result<SeenDevice, StoreError> {
    let signals = serde_json::to_string(fingerprint).map_err(|error| sqlx::Error::Encode(error.into()))?;
    // The no-op update makes RETURNING give the row that was there already.
    let seen = "INSERT INTO devices (id, user_id, fingerprint_id, fingerprint, name, os, app, first_seen_at, \
                last_seen_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) \
                ON CONFLICT (user_id, fingerprint_id) WHERE deleted_at IS NULL \
                DO UPDATE SET fingerprint_id = excluded.fingerprint_id RETURNING id, login_count";
    let row = sqlx::query(seen)
        .bind(new_id.to_string())
        .bind(user_id.to_string())
        .bind(&fingerprint.id)
        .bind(signals)
        .bind(description.name.as_str())
        .bind(description.os.as_str())
        .bind(description.app.as_str())
        .bind(now.as_millis())
        .fetch_one(tx.connection())
        .await?;
    Ok(SeenDevice { id: row.parsed("id")?, known: row.try_get::<i64, _>("login_count")? > 0 })
}

/// A login on the device was finished.
///
/// # Errors
/// As any statement.
pub async fn signed_in(
    tx: &mut Tx,
    id: DeviceId,
    description: &DeviceDescription,
    address: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let signed_in = "UPDATE devices SET login_count = login_count + 1, last_seen_at = $2, last_address = $3, \
                     name = $4, os = $5, app = $6 WHERE id = $1";
    sqlx::query(signed_in)
        .bind(id.to_string())
        .bind(now.as_millis())
        .bind(address)
        .bind(description.name.as_str())
        .bind(description.os.as_str())
        .bind(description.app.as_str())
        .execute(tx.connection())
        .await?;
    Ok(())
}
