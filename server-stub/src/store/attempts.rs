//! Counters of attempts and failures: one row a scope and subject, each changed by single statements.

use countersign_protocol::Timestamp;
use sqlx::{Row as _, any::AnyRow};

use super::{Connection, StoreError, Tx, row::Columns as _};

/// Whose counters an attempt touches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subjects {
    /// One authenticator of one account.
    pub authenticator: String,
    /// The account.
    pub account: String,
    /// The network address.
    pub address: String,
}

/// What a counter counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// One authenticator of one account.
    Authenticator,
    /// One account.
    Account,
    /// One network address.
    Address,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter {
    /// What it counts for.
    pub scope: Scope,
    /// Begin of the minute that is counted.
    pub minute_start: Timestamp,
    /// Attempts in it.
    pub minute_count: u32,
    /// Begin of the hour that is counted.
    pub hour_start: Timestamp,
    /// Attempts in it.
    pub hour_count: u32,
    /// Failures in a row since the last lock.
    pub streak: u32,
    /// Failures in a row over all locks.
    pub failures: u32,
    /// Locks since the last good attempt.
    pub lock_count: u32,
    /// End of the pause that the last failure brought.
    pub delayed_until: Option<Timestamp>,
    /// End of the last lock.
    pub locked_until: Option<Timestamp>,
}

/// What one more failure brings.
#[derive(Debug, Clone, Copy)]
pub struct Failure {
    /// End of the pause before the next attempt, unless it brings a lock.
    pub delayed_until: Option<Timestamp>,
    /// Failures in a row that bring a lock.
    pub lock_after: u32,
    /// End of that lock.
    pub locked_until: Timestamp,
}

/// Most attempts of each scope.
#[derive(Debug, Clone, Copy)]
pub struct Ceilings {
    /// Per minute: authenticator, account, address.
    pub minute: [u32; 3],
    /// Per hour: authenticator, account, address.
    pub hour: [u32; 3],
}

/// Milliseconds of the shorter window.
pub const MINUTE: i64 = 60_000;
/// Milliseconds of the longer window.
pub const HOUR: i64 = 3_600_000;

/// All of [`Counter`].
macro_rules! columns {
    () => {
        "scope, minute_start, minute_count, hour_start, hour_count, streak, failures, lock_count, delayed_until, \
         locked_until "
    };
}

/// The counters of [`Subjects`].
macro_rules! of_subjects {
    () => {
        "WHERE (scope = 'authenticator' AND subject = $1) OR (scope = 'account' AND subject = $2) \
         OR (scope = 'address' AND subject = $3)"
    };
}

/// Takes one attempt back.
macro_rules! one_less {
    () => {
        "minute_count = CASE WHEN minute_count > 0 THEN minute_count - 1 ELSE 0 END, \
         hour_count = CASE WHEN hour_count > 0 THEN hour_count - 1 ELSE 0 END "
    };
}

/// Counts one attempt at each of the three, in one statement, and gives the rows of those that had room for it and are
/// not paused. Three rows: the attempt may be made.
///
/// A window that is over, or that began later than now because the clock was set back, begins anew.
///
/// # Errors
/// As any statement.
pub async fn claim(
    tx: &mut Tx,
    subjects: &Subjects,
    now: Timestamp,
    ceilings: &Ceilings,
) -> Result<Vec<Counter>, StoreError> {
    let claim = concat!(
        "INSERT INTO mfa_attempts (scope, subject, minute_start, minute_count, hour_start, hour_count) VALUES \
        ('authenticator', $1, $4, 1, $4, 1), ('account', $2, $4, 1, $4, 1), ('address', $3, $4, 1, $4, 1) \
        ON CONFLICT (scope, subject) DO UPDATE SET \
        minute_start = CASE WHEN mfa_attempts.minute_start BETWEEN $5 AND $4 THEN mfa_attempts.minute_start \
          ELSE $4 END, \
        minute_count = CASE WHEN mfa_attempts.minute_start BETWEEN $5 AND $4 THEN mfa_attempts.minute_count + 1 \
          ELSE 1 END, \
        hour_start = CASE WHEN mfa_attempts.hour_start BETWEEN $6 AND $4 THEN mfa_attempts.hour_start ELSE $4 END, \
        hour_count = CASE WHEN mfa_attempts.hour_start BETWEEN $6 AND $4 THEN mfa_attempts.hour_count + 1 ELSE 1 END \
        WHERE (mfa_attempts.minute_start NOT BETWEEN $5 AND $4 OR mfa_attempts.minute_count < \
          CASE mfa_attempts.scope WHEN 'authenticator' THEN $7 WHEN 'account' THEN $8 ELSE $9 END) \
        AND (mfa_attempts.hour_start NOT BETWEEN $6 AND $4 OR mfa_attempts.hour_count < \
          CASE mfa_attempts.scope WHEN 'authenticator' THEN $10 WHEN 'account' THEN $11 ELSE $12 END) \
        AND (mfa_attempts.delayed_until IS NULL OR mfa_attempts.delayed_until <= $4) \
        RETURNING ",
        columns!()
    );
    let mut query = sqlx::query(claim)
        .bind(&subjects.authenticator)
        .bind(&subjects.account)
        .bind(&subjects.address)
        .bind(now.as_millis())
        .bind(now.as_millis() - MINUTE + 1)
        .bind(now.as_millis() - HOUR + 1);
    for ceiling in ceilings.minute.iter().chain(&ceilings.hour) {
        query = query.bind(i64::from(*ceiling));
    }
    counters(&query.fetch_all(tx.connection()).await?)
}

/// The counters as they stand. Scopes that were never touched have none.
///
/// # Errors
/// As any statement.
pub async fn read(connection: &mut Connection, subjects: &Subjects) -> Result<Vec<Counter>, StoreError> {
    let read = concat!("SELECT ", columns!(), "FROM mfa_attempts ", of_subjects!());
    let rows = sqlx::query(read)
        .bind(&subjects.authenticator)
        .bind(&subjects.account)
        .bind(&subjects.address)
        .fetch_all(connection)
        .await?;
    counters(&rows)
}

/// End of the last lock of an authenticator.
///
/// # Errors
/// As any statement.
pub async fn locked_until(
    connection: &mut Connection,
    authenticator: &str,
) -> Result<Option<Timestamp>, StoreError> {
    let read = "SELECT locked_until FROM mfa_attempts WHERE scope = 'authenticator' AND subject = $1";
    let row = sqlx::query(read).bind(authenticator).fetch_optional(connection).await?;
    Ok(row.map(|row| row.maybe_time("locked_until")).transpose()?.flatten())
}

/// Takes one attempt back from those of the three that are named in `scopes`.
///
/// # Errors
/// As any statement.
pub async fn give_back(tx: &mut Tx, subjects: &Subjects, scopes: &[Scope]) -> Result<(), StoreError> {
    let give_back = concat!("UPDATE mfa_attempts SET ", one_less!(), of_subjects!());
    let named = |scope, subject| scopes.contains(&scope).then_some(subject);
    sqlx::query(give_back)
        .bind(named(Scope::Authenticator, &subjects.authenticator))
        .bind(named(Scope::Account, &subjects.account))
        .bind(named(Scope::Address, &subjects.address))
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Takes one attempt back from all three, and forgets failures, pauses and locks of the authenticator.
///
/// # Errors
/// As any statement.
pub async fn succeed(tx: &mut Tx, subjects: &Subjects) -> Result<(), StoreError> {
    let succeed = concat!(
        "UPDATE mfa_attempts SET streak = 0, failures = 0, lock_count = 0, delayed_until = NULL, \
        locked_until = NULL, ",
        one_less!(),
        of_subjects!()
    );
    sqlx::query(succeed)
        .bind(&subjects.authenticator)
        .bind(&subjects.account)
        .bind(&subjects.address)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// One more failure of the authenticator. The one that makes `lock_after` in a row locks it, and the row begins anew.
///
/// # Errors
/// As any statement.
pub async fn fail(tx: &mut Tx, authenticator: &str, brings: &Failure) -> Result<Counter, StoreError> {
    let fail = concat!(
        "UPDATE mfa_attempts SET failures = failures + 1, \
        delayed_until = CASE WHEN streak + 1 >= $2 THEN NULL ELSE $3 END, \
        locked_until = CASE WHEN streak + 1 >= $2 THEN $4 ELSE locked_until END, \
        lock_count = CASE WHEN streak + 1 >= $2 THEN lock_count + 1 ELSE lock_count END, \
        streak = CASE WHEN streak + 1 >= $2 THEN 0 ELSE streak + 1 END \
        WHERE scope = 'authenticator' AND subject = $1 \
        RETURNING ",
        columns!()
    );
    let row = sqlx::query(fail)
        .bind(authenticator)
        .bind(i64::from(brings.lock_after))
        .bind(brings.delayed_until.map(Timestamp::as_millis))
        .bind(brings.locked_until.as_millis())
        .fetch_one(tx.connection())
        .await?;
    Ok(counter(&row)?)
}

/// Forgets failures, pauses and locks of an authenticator.
///
/// # Errors
/// As any statement.
pub async fn forget(tx: &mut Tx, authenticator: &str) -> Result<(), StoreError> {
    let forget = "UPDATE mfa_attempts SET streak = 0, failures = 0, lock_count = 0, delayed_until = NULL, \
                  locked_until = NULL WHERE scope = 'authenticator' AND subject = $1";
    sqlx::query(forget).bind(authenticator).execute(tx.connection()).await?;
    Ok(())
}

fn counters(rows: &[AnyRow]) -> Result<Vec<Counter>, StoreError> {
    Ok(rows.iter().map(counter).collect::<Result<_, _>>()?)
}

fn counter(row: &AnyRow) -> Result<Counter, sqlx::Error> {
    let scope = match row.try_get("scope")? {
        "authenticator" => Scope::Authenticator,
        "account" => Scope::Account,
        _ => Scope::Address,
    };
    Ok(Counter {
        scope,
        minute_start: row.time("minute_start")?,
        minute_count: row.count("minute_count")?,
        hour_start: row.time("hour_start")?,
        hour_count: row.count("hour_count")?,
        streak: row.count("streak")?,
        failures: row.count("failures")?,
        lock_count: row.count("lock_count")?,
        delayed_until: row.maybe_time("delayed_until")?,
        locked_until: row.maybe_time("locked_until")?,
    })
}
