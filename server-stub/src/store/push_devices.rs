//! Enrolled devices and the tickets they enrol with.

use countersign_protocol::{
    Timestamp,
    fields::DisplayName,
    ids::{EnrolmentId, MethodId, UserId},
    jose::Jwk,
    push::{Capability, DeviceKind},
};
use sqlx::{Row as _, any::AnyRow};

use super::{
    Connection, StoreError, Tx,
    row::{Columns as _, name_of},
};

/// An authenticator that holds push keys.
#[derive(Debug, Clone)]
pub struct Device {
    /// Names the enrolment.
    pub id: EnrolmentId,
    /// The factor that it is.
    pub method_id: MethodId,
    /// Whose it is.
    pub user_id: UserId,
    /// Proves that the device is there.
    pub possession_key: Jwk,
    /// Proves that its user was verified.
    pub verification_key: Option<Jwk>,
    /// Thumbprint of the possession key.
    pub jkt: String,
    /// What the user calls it.
    pub name: DisplayName,
    /// What it is.
    pub kind: DeviceKind,
    /// What both sides can do.
    pub capabilities: Vec<Capability>,
    /// Enrolled at.
    pub created_at: Timestamp,
}

/// Adds a ticket.
///
/// # Errors
/// As any statement.
pub async fn insert_ticket(
    tx: &mut Tx,
    hash: &str,
    user: UserId,
    now: Timestamp,
    expires: Timestamp,
) -> Result<(), StoreError> {
    let insert =
        "INSERT INTO enrolment_tickets (hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)";
    sqlx::query(insert)
        .bind(hash)
        .bind(user.to_string())
        .bind(now.as_millis())
        .bind(expires.as_millis())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Uses a ticket up and gives its user; `None` if it is unknown, used or over.
///
/// # Errors
/// As any statement.
pub async fn use_ticket(tx: &mut Tx, hash: &str, now: Timestamp) -> Result<Option<UserId>, StoreError> {
    let consume = "UPDATE enrolment_tickets SET used_at = $2 WHERE hash = $1 AND used_at IS NULL AND expires_at > $2 \
                   RETURNING user_id";
    let row = sqlx::query(consume).bind(hash).bind(now.as_millis()).fetch_optional(tx.connection()).await?;
    Ok(row.map(|row| row.parsed("user_id")).transpose()?)
}

/// Whether a possession key was ever enrolled, also by a device that was removed.
///
/// # Errors
/// As any statement.
pub async fn knows_key(connection: &mut Connection, jkt: &str) -> Result<bool, StoreError> {
    let find = "SELECT 1 FROM mfa_push_devices WHERE jkt = $1";
    Ok(sqlx::query(find).bind(jkt).fetch_optional(connection).await?.is_some())
}

/// Adds a device.
///
/// # Errors
/// As any statement; [`StoreError::Busy`] if its possession key is enrolled by another transaction at this moment.
pub async fn insert_device(tx: &mut Tx, device: &Device) -> Result<(), StoreError> {
    let insert = "INSERT INTO mfa_push_devices (id, method_id, user_id, possession_jwk, verification_jwk, jkt, name, \
                  kind, capabilities, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let inserted = sqlx::query(insert)
        .bind(device.id.to_string())
        .bind(device.method_id.to_string())
        .bind(device.user_id.to_string())
        .bind(json(&device.possession_key)?)
        .bind(device.verification_key.as_ref().map(json).transpose()?)
        .bind(&device.jkt)
        .bind(device.name.as_str())
        .bind(name_of(&device.kind)?)
        .bind(json(&device.capabilities)?)
        .bind(device.created_at.as_millis())
        .execute(tx.connection())
        .await;
    match inserted.map_err(StoreError::from) {
        Ok(_) => Ok(()),
        Err(StoreError::UniqueViolation(error)) => Err(StoreError::Busy(error)),
        Err(error) => Err(error),
    }
}

macro_rules! select_device {
    ($rest:literal) => {
        concat!(
            "SELECT id, method_id, user_id, possession_jwk, verification_jwk, jkt, name, kind, capabilities, created_at \
             FROM mfa_push_devices WHERE deleted_at IS NULL AND ",
            $rest
        )
    };
}

/// The device with this possession key.
///
/// # Errors
/// As any statement.
pub async fn device_by_key(connection: &mut Connection, jkt: &str) -> Result<Option<Device>, StoreError> {
    let row = sqlx::query(select_device!("jkt = $1")).bind(jkt).fetch_optional(connection).await?;
    Ok(row.as_ref().map(device).transpose()?)
}

/// The devices of a user, oldest first.
///
/// # Errors
/// As any statement.
pub async fn devices_of(connection: &mut Connection, user: UserId) -> Result<Vec<Device>, StoreError> {
    let query = sqlx::query(select_device!("user_id = $1 ORDER BY created_at, id"));
    let rows = query.bind(user.to_string()).fetch_all(connection).await?;
    Ok(rows.iter().map(device).collect::<Result<_, _>>()?)
}

/// Removes a device of a user and its factor, and gives its name; `None` if it is not there.
///
/// # Errors
/// As any statement.
pub async fn remove_device(
    tx: &mut Tx,
    user: UserId,
    id: EnrolmentId,
    now: Timestamp,
) -> Result<Option<DisplayName>, StoreError> {
    let remove = "UPDATE mfa_push_devices SET deleted_at = $3 WHERE id = $1 AND user_id = $2 AND deleted_at IS NULL \
                  RETURNING method_id, name";
    let query = sqlx::query(remove).bind(id.to_string()).bind(user.to_string()).bind(now.as_millis());
    let Some(row) = query.fetch_optional(tx.connection()).await? else { return Ok(None) };
    let method: String = row.try_get("method_id")?;
    let remove = "UPDATE mfa_methods SET deleted_at = $2, status = 'disabled' WHERE id = $1";
    sqlx::query(remove).bind(method).bind(now.as_millis()).execute(tx.connection()).await?;
    Ok(Some(row.parsed("name")?))
}

fn device(row: &AnyRow) -> Result<Device, sqlx::Error> {
    Ok(Device {
        id: row.parsed("id")?,
        method_id: row.parsed("method_id")?,
        user_id: row.parsed("user_id")?,
        possession_key: from_json(row.try_get("possession_jwk")?)?,
        verification_key: row.try_get::<Option<&str>, _>("verification_jwk")?.map(from_json).transpose()?,
        jkt: row.try_get("jkt")?,
        name: row.parsed("name")?,
        kind: row.named("kind")?,
        capabilities: from_json(row.try_get("capabilities")?)?,
        created_at: row.time("created_at")?,
    })
}

fn json(value: &impl serde::Serialize) -> Result<String, sqlx::Error> {
    serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(error.into()))
}

fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, sqlx::Error> {
    serde_json::from_str(text).map_err(|error| sqlx::Error::Decode(error.into()))
}
