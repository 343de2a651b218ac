//! Attempts to sign in.

use countersign_protocol::{
    Timestamp,
    device::DeviceDescription,
    ids::{ChallengeId, DeviceId, LoginId, TenantId, UserId},
    push::DenyReason,
};
use serde::{Deserialize, Serialize};
use sqlx::{Row as _, any::AnyRow};

use super::{
    Connection, StoreError, Tx,
    row::{Columns as _, name_of},
};

/// A login as it is stored. Where it stands follows from this and the time: [`crate::domain::login::Stage`].
#[derive(Debug, Clone)]
pub struct StoredLogin {
    /// What does not change while it waits.
    pub facts: Facts,
    /// Whether the account may be used.
    pub user_active: bool,
    /// The last transition that was written.
    pub status: Status,
    /// What was proven so far, space-separated.
    pub amr: String,
    /// Whether the device is to be trusted at the end.
    pub trust_device: bool,
    /// For a denied login.
    pub deny_reason: Option<DenyReason>,
    /// When the last factor was proven.
    pub authenticated_at: Option<Timestamp>,
    /// When the tokens were handed out.
    pub collected_at: Option<Timestamp>,
    /// The push request that is open.
    pub challenge: Option<OpenChallenge>,
}

/// What is fixed when a login begins.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The login.
    pub id: LoginId,
    /// Whose password was right.
    pub user_id: UserId,
    /// The user's organisation.
    pub tenant_id: TenantId,
    /// The recognised device, where there was a fingerprint.
    pub device_id: Option<DeviceId>,
    /// The key that carries it.
    pub jkt: Option<String>,
    /// Keyed hash of the token that carries it where no key does.
    pub login_token_hash: Option<String>,
    /// The device as it describes itself.
    pub device: DeviceDescription,
    /// Whether the device had signed in to this account before.
    pub device_known: bool,
    /// Where it comes from.
    pub address: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Names of the written states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// A second factor is to be proven.
    MfaRequired,
    /// A push request waits.
    Pending,
    /// All is proven.
    Authenticated,
    /// Somebody denied it.
    Denied,
    /// Its own caller gave up.
    Cancelled,
}

/// The push request that a login waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenChallenge {
    /// The challenge.
    pub id: ChallengeId,
    /// The number to type, sealed to [`number_place`].
    pub number_sealed: Vec<u8>,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// The place that the number of a challenge is sealed to.
pub fn number_place(challenge_id: ChallengeId) -> String {
    format!("mfa_push_challenges/{challenge_id}/number_sealed")
}

/// Finds a login.
///
/// # Errors
/// As any statement.
pub async fn find(connection: &mut Connection, id: LoginId) -> Result<Option<StoredLogin>, StoreError> {
    let find = "SELECT l.id, l.user_id, u.tenant_id, u.status AS user_status, u.deleted_at AS user_deleted_at, \
                l.device_id, l.status, l.jkt, l.login_token_hash, l.device_name, \
                l.device_os, l.device_app, l.device_known, l.address, l.trust_device, l.amr, l.deny_reason, \
                l.authenticated_at, l.collected_at, l.created_at, l.expires_at, c.id AS challenge_id, \
                c.number_sealed, c.expires_at AS challenge_expires_at FROM logins l \
                JOIN users u ON u.id = l.user_id \
                LEFT JOIN mfa_push_challenges c ON c.login_id = l.id AND c.state = 'open' WHERE l.id = $1";
    let row = sqlx::query(find).bind(id.to_string()).fetch_optional(connection).await?;
    Ok(row.as_ref().map(stored).transpose()?)
}

fn stored(row: &AnyRow) -> Result<StoredLogin, sqlx::Error> {
    Ok(StoredLogin {
        facts: Facts {
            id: row.parsed("id")?,
            user_id: row.parsed("user_id")?,
            tenant_id: row.parsed("tenant_id")?,
            device_id: row.maybe_parsed("device_id")?,
            jkt: row.try_get("jkt")?,
            login_token_hash: row.try_get("login_token_hash")?,
            device: DeviceDescription {
                name: row.parsed("device_name")?,
                os: row.parsed("device_os")?,
                app: row.parsed("device_app")?,
            },
            device_known: row.flag("device_known")?,
            address: row.try_get("address")?,
            created_at: row.time("created_at")?,
            expires_at: row.time("expires_at")?,
        },
        user_active: row.try_get::<&str, _>("user_status")? == "active"
            && row.maybe_time("user_deleted_at")?.is_none(),
        status: row.named("status")?,
        amr: row.try_get("amr")?,
        trust_device: row.flag("trust_device")?,
        deny_reason: row.maybe_named("deny_reason")?,
        authenticated_at: row.maybe_time("authenticated_at")?,
        collected_at: row.maybe_time("collected_at")?,
        challenge: challenge(row)?,
    })
}

fn challenge(row: &AnyRow) -> Result<Option<OpenChallenge>, sqlx::Error> {
    let Some(id) = row.maybe_parsed("challenge_id")? else { return Ok(None) };
    Ok(Some(OpenChallenge {
        id,
        number_sealed: row.try_get("number_sealed")?,
        expires_at: row.time("challenge_expires_at")?,
    }))
}

/// Adds a login that begins in `status`.
///
/// # Errors
/// As any statement.
pub async fn insert(tx: &mut Tx, facts: &Facts, status: Status, amr: &str) -> Result<(), StoreError> {
    let insert = "INSERT INTO logins (id, user_id, device_id, status, jkt, login_token_hash, device_name, device_os, \
                  device_app, device_known, address, amr, created_at, expires_at) \
                  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    sqlx::query(insert)
        .bind(facts.id.to_string())
        .bind(facts.user_id.to_string())
        .bind(facts.device_id.map(|id| id.to_string()))
        .bind(name_of(&status)?)
        .bind(facts.jkt.as_deref())
        .bind(facts.login_token_hash.as_deref())
        .bind(facts.device.name.as_str())
        .bind(facts.device.os.as_str())
        .bind(facts.device.app.as_str())
        .bind(i64::from(facts.device_known))
        .bind(&facts.address)
        .bind(amr)
        .bind(facts.created_at.as_millis())
        .bind(facts.expires_at.as_millis())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// What a transition writes.
#[derive(Debug, Clone)]
pub struct Transition<'a> {
    /// The state that it leaves.
    pub from: Status,
    /// The state that it enters.
    pub to: Status,
    /// What is proven now, space-separated.
    pub amr: &'a str,
    /// Whether the device is to be trusted at the end.
    pub trust_device: bool,
    /// For a denial.
    pub deny_reason: Option<DenyReason>,
    /// For the last factor.
    pub authenticated_at: Option<Timestamp>,
}

/// Writes a transition. False if the login has left `from` meanwhile: of any number of callers, one gets true.
///
/// # Errors
/// As any statement.
pub async fn transition(tx: &mut Tx, id: LoginId, change: &Transition<'_>) -> Result<bool, StoreError> {
    let transition = "UPDATE logins SET status = $2, amr = $3, trust_device = $4, deny_reason = $5, \
                      authenticated_at = $6 WHERE id = $1 AND status = $7";
    let written = sqlx::query(transition)
        .bind(id.to_string())
        .bind(name_of(&change.to)?)
        .bind(change.amr)
        .bind(i64::from(change.trust_device))
        .bind(change.deny_reason.as_ref().map(name_of).transpose()?)
        .bind(change.authenticated_at.map(Timestamp::as_millis))
        .bind(name_of(&change.from)?)
        .execute(tx.connection())
        .await?;
    Ok(written.rows_affected() == 1)
}

/// Hands the tokens out. False if they were handed out before: of any number of callers, one gets true.
///
/// # Errors
/// As any statement.
pub async fn collect(tx: &mut Tx, id: LoginId, now: Timestamp) -> Result<bool, StoreError> {
    let collect = "UPDATE logins SET collected_at = $2 \
                   WHERE id = $1 AND status = 'authenticated' AND collected_at IS NULL";
    let collected =
        sqlx::query(collect).bind(id.to_string()).bind(now.as_millis()).execute(tx.connection()).await?;
    Ok(collected.rows_affected() == 1)
}
