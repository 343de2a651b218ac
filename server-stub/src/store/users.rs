//! People with an account.

use countersign_protocol::{
    Secret, Timestamp,
    account::UserProfile,
    fields::{DisplayName, Email},
    ids::{LoginId, TenantId, UserId},
};
use sqlx::{Row as _, any::AnyRow};

use super::{Connection, StoreError, Tx, row::Columns as _};

/// An account whose address was proven.
pub struct User {
    /// The user.
    pub id: UserId,
    /// The user's organisation.
    pub tenant_id: TenantId,
    /// Name of the organisation.
    pub tenant_name: DisplayName,
    /// Address to sign in with.
    pub email: Email,
    /// Name to show.
    pub name: DisplayName,
    /// `admin` or `member`.
    pub role: String,
    /// Whether the account may be used.
    pub active: bool,
    /// Since when approvals are locked, because somebody reported one.
    pub push_locked_at: Option<Timestamp>,
    /// PHC string.
    pub password_hash: Secret<String>,
}

impl User {
    /// What the user may see of it.
    pub fn profile(&self) -> UserProfile {
        UserProfile {
            user_id: self.id,
            tenant_id: self.tenant_id,
            email: self.email.clone(),
            name: self.name.clone(),
            roles: vec![self.role.clone()],
        }
    }
}

/// An account that waits for its activation link to be used.
pub struct PendingUser<'a> {
    /// The user.
    pub id: UserId,
    /// The user's organisation.
    pub tenant_id: TenantId,
    /// The address that is to be proven.
    pub email: &'a Email,
    /// Name to show.
    pub name: &'a DisplayName,
    /// PHC string.
    pub password_hash: &'a str,
    /// `admin` or `member`.
    pub role: &'static str,
    /// Keyed hash of the link's token.
    pub activation_hash: &'a str,
    /// End of the link.
    pub activation_expires_at: Timestamp,
    /// Now.
    pub created_at: Timestamp,
}

macro_rules! select_user {
    ($condition:literal) => {
        concat!(
            "SELECT u.id, u.tenant_id, t.name AS tenant_name, u.email, u.name, u.role, u.status, u.push_locked_at, \
             u.password_hash FROM users u JOIN tenants t ON t.id = u.tenant_id \
             WHERE u.status <> 'pending' AND u.deleted_at IS NULL AND ",
            $condition
        )
    };
}

/// The account with this address in canonical form.
///
/// # Errors
/// As any statement.
pub async fn by_email(connection: &mut Connection, canonical: &str) -> Result<Option<User>, StoreError> {
    let row = sqlx::query(select_user!("u.email_canonical = $1"))
        .bind(canonical)
        .fetch_optional(connection)
        .await?;
    Ok(row.as_ref().map(user).transpose()?)
}

/// The account with this id.
///
/// # Errors
/// As any statement.
pub async fn by_id(connection: &mut Connection, id: UserId) -> Result<Option<User>, StoreError> {
    let row = sqlx::query(select_user!("u.id = $1")).bind(id.to_string()).fetch_optional(connection).await?;
    Ok(row.as_ref().map(user).transpose()?)
}

fn user(row: &AnyRow) -> Result<User, sqlx::Error> {
    Ok(User {
        id: row.parsed("id")?,
        tenant_id: row.parsed("tenant_id")?,
        tenant_name: row.parsed("tenant_name")?,
        email: row.parsed("email")?,
        name: row.parsed("name")?,
        role: row.try_get("role")?,
        active: row.try_get::<&str, _>("status")? == "active",
        push_locked_at: row.maybe_time("push_locked_at")?,
        password_hash: Secret::new(row.try_get("password_hash")?),
    })
}

/// Adds an account that cannot be used yet.
///
/// # Errors
/// As any statement.
pub async fn insert_pending(tx: &mut Tx, user: &PendingUser<'_>) -> Result<(), StoreError> {
    let insert = "INSERT INTO users (id, tenant_id, email, email_canonical, name, password_hash, role, status, \
                  activation_hash, activation_expires_at, created_at) \
                  VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending', $8, $9, $10)";
    sqlx::query(insert)
        .bind(user.id.to_string())
        .bind(user.tenant_id.to_string())
        .bind(user.email.as_str())
        .bind(user.email.canonical())
        .bind(user.name.as_str())
        .bind(user.password_hash)
        .bind(user.role)
        .bind(user.activation_hash)
        .bind(user.activation_expires_at.as_millis())
        .bind(user.created_at.as_millis())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Uses up an activation link: its account is active, and all others that wait with the same address are dropped.
/// `None` if the link is unknown, used or over, or the address has an account by now.
///
/// # Errors
/// As any statement.
pub async fn activate(tx: &mut Tx, hash: &str, now: Timestamp) -> Result<Option<UserId>, StoreError> {
    let drop_others = "UPDATE users SET deleted_at = $2, activation_hash = NULL, activation_expires_at = NULL \
                       WHERE status = 'pending' AND deleted_at IS NULL AND activation_hash <> $1 AND email_canonical \
                       IN (SELECT email_canonical FROM users WHERE activation_hash = $1 AND activation_expires_at > $2)";
    sqlx::query(drop_others).bind(hash).bind(now.as_millis()).execute(tx.connection()).await?;
    let activate = "UPDATE users SET status = 'active', activation_hash = NULL, activation_expires_at = NULL \
                    WHERE activation_hash = $1 AND activation_expires_at > $2 AND status = 'pending' \
                    AND deleted_at IS NULL AND NOT EXISTS (SELECT 1 FROM users other \
                    WHERE other.email_canonical = users.email_canonical AND other.status <> 'pending' \
                    AND other.deleted_at IS NULL) RETURNING id";
    let row = sqlx::query(activate).bind(hash).bind(now.as_millis()).fetch_optional(tx.connection()).await?;
    Ok(row.map(|row| row.parsed("id")).transpose()?)
}

/// Makes whatever else is done for this user wait until this transaction ends, on every node. Whoever needs more than
/// the user locks the user first, before attempts are counted and anything is read.
///
/// The update changes nothing: it takes the lock of the row as every other update here does, without a clause that only
/// one of the databases has.
///
/// # Errors
/// As any statement.
pub async fn lock(tx: &mut Tx, id: UserId) -> Result<(), StoreError> {
    lock_where(tx, "UPDATE users SET name = name WHERE id = $1", id.to_string()).await
}

/// As [`lock`], for the user of a login.
///
/// # Errors
/// As any statement.
pub async fn lock_by_login(tx: &mut Tx, id: LoginId) -> Result<(), StoreError> {
    let lock = "UPDATE users SET name = name WHERE id = (SELECT user_id FROM logins WHERE id = $1)";
    lock_where(tx, lock, id.to_string()).await
}

/// As [`lock`], for the user with this address in canonical form, if there is one.
///
/// # Errors
/// As any statement.
pub async fn lock_by_email(tx: &mut Tx, canonical: String) -> Result<(), StoreError> {
    let lock = "UPDATE users SET name = name WHERE email_canonical = $1 AND deleted_at IS NULL";
    lock_where(tx, lock, canonical).await
}

async fn lock_where(tx: &mut Tx, lock: &'static str, which: String) -> Result<(), StoreError> {
    if !tx.is_alone() {
        sqlx::query(lock).bind(which).execute(tx.connection()).await?;
    }
    Ok(())
}

/// Locks approvals until an administrator opens them.
///
/// # Errors
/// As any statement.
pub async fn lock_push(tx: &mut Tx, id: UserId, now: Timestamp) -> Result<(), StoreError> {
    let lock = "UPDATE users SET push_locked_at = $2 WHERE id = $1 AND push_locked_at IS NULL";
    sqlx::query(lock).bind(id.to_string()).bind(now.as_millis()).execute(tx.connection()).await?;
    Ok(())
}
