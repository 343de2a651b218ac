//! Secrets of code generators, sealed, and the newest step that each has used up.

use countersign_protocol::ids::{MethodId, UserId};
use sqlx::{Row as _, any::AnyRow};

use super::{Connection, StoreError, Tx, methods::MethodStatus, row::Columns as _};

/// A code generator as it is stored.
pub struct Generator {
    /// The factor that it belongs to.
    pub method_id: MethodId,
    /// Where the factor stands.
    pub status: MethodStatus,
    /// The secret, sealed to [`place`].
    pub secret_sealed: Vec<u8>,
    /// `SHA1`, `SHA256` or `SHA512`.
    pub algorithm: String,
    /// Digits of a code.
    pub digits: u32,
    /// Seconds of a step.
    pub period: u32,
}

/// The place that a generator's secret is sealed to.
pub fn place(method_id: MethodId) -> String {
    format!("mfa_totp_secrets/{method_id}/secret_sealed")
}

/// The enabled generators of a user.
///
/// # Errors
/// As any statement.
pub async fn enabled(connection: &mut Connection, user_id: UserId) -> Result<Vec<Generator>, StoreError> {
    let enabled = "SELECT m.id, m.status, s.secret_sealed, s.algorithm, s.digits, s.period FROM mfa_methods m \
                   JOIN mfa_totp_secrets s ON s.method_id = m.id \
                   WHERE m.user_id = $1 AND m.status = 'enabled' AND m.deleted_at IS NULL ORDER BY m.created_at, m.id";
    let rows = sqlx::query(enabled).bind(user_id.to_string()).fetch_all(connection).await?;
    Ok(rows.iter().map(generator).collect::<Result<_, _>>()?)
}

/// One generator of a user, enabled or not.
///
/// # Errors
/// As any statement.
pub async fn find(
    connection: &mut Connection,
    user_id: UserId,
    method_id: MethodId,
) -> Result<Option<Generator>, StoreError> {
    let find = "SELECT m.id, m.status, s.secret_sealed, s.algorithm, s.digits, s.period FROM mfa_methods m \
                JOIN mfa_totp_secrets s ON s.method_id = m.id \
                WHERE m.id = $1 AND m.user_id = $2 AND m.deleted_at IS NULL";
    let row = sqlx::query(find)
        .bind(method_id.to_string())
        .bind(user_id.to_string())
        .fetch_optional(connection)
        .await?;
    Ok(row.as_ref().map(generator).transpose()?)
}

fn generator(row: &AnyRow) -> Result<Generator, sqlx::Error> {
    Ok(Generator {
        method_id: row.parsed("id")?,
        status: row.named("status")?,
        secret_sealed: row.try_get("secret_sealed")?,
        algorithm: row.try_get("algorithm")?,
        digits: row.count("digits")?,
        period: row.count("period")?,
    })
}

/// Adds the generator of a factor; `generator.status` is the factor's own.
///
/// # Errors
/// As any statement.
pub async fn insert(tx: &mut Tx, generator: &Generator) -> Result<(), StoreError> {
    let insert = "INSERT INTO mfa_totp_secrets (method_id, secret_sealed, algorithm, digits, period) \
                  VALUES ($1, $2, $3, $4, $5)";
    sqlx::query(insert)
        .bind(generator.method_id.to_string())
        .bind(generator.secret_sealed.as_slice())
        .bind(&generator.algorithm)
        .bind(i64::from(generator.digits))
        .bind(i64::from(generator.period))
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Uses up a step and all before it. False if it was used up already: of any number of callers, one gets true.
///
/// # Errors
/// As any statement.
pub async fn use_step(tx: &mut Tx, method_id: MethodId, step: i64) -> Result<bool, StoreError> {
    let use_step = "UPDATE mfa_totp_secrets SET last_step = $2 WHERE method_id = $1 AND last_step < $2";
    let used = sqlx::query(use_step).bind(method_id.to_string()).bind(step).execute(tx.connection()).await?;
    Ok(used.rows_affected() == 1)
}
