//! Deleting rows that are over, a batch at a time, so that nobody waits long for the writer.

use countersign_protocol::Timestamp;

use super::{StoreError, Tx};

/// Rows that one batch deletes at most.
pub const BATCH: u64 = 500;

/// A kind of rows that are over once their time is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Their table.
    pub table: &'static str,
    delete: &'static str,
}

/// The condition stands twice: a row that is renewed while this waits for it, such as a counter that counts again, is
/// looked at anew and stays.
macro_rules! kind {
    ($table:literal ($key:literal), $time:literal $(and $condition:literal)?) => {
        Kind {
            table: $table,
            delete: concat!(
                "DELETE FROM ", $table, " WHERE ", $time, " <= $1 ", $("AND ", $condition, " ",)?
                "AND (", $key, ") IN (SELECT ", $key, " FROM ", $table, " WHERE ", $time, " <= $1 ",
                $("AND ", $condition, " ",)? "ORDER BY ", $time, " LIMIT 500)"
            ),
        }
    };
}

/// Answers that are kept, by their end.
pub const IDEMPOTENCY: Kind = kind!("idempotency"("caller, key_hash"), "expires_at");
/// Enrolment tickets, by their end.
pub const TICKETS: Kind = kind!("enrolment_tickets"("hash"), "expires_at");
/// Logins with their push challenges and requests, by their end.
pub const LOGINS: Kind = kind!("logins"("id"), "expires_at");
/// Refresh tokens, by when they were made.
pub const REFRESH_TOKENS: Kind = kind!("refresh_tokens"("hash"), "created_at");
/// Trust tokens, by when they were made.
pub const TRUST_TOKENS: Kind = kind!("mfa_trust_tokens"("hash"), "created_at");
/// Counters of attempts without a failure, by the begin of their longer window. Failures in a row are remembered for
/// as long as it takes.
pub const ATTEMPTS: Kind = kind!("mfa_attempts" ("scope, subject"), "hour_start" and "failures = 0");

/// Deletes up to [`BATCH`] rows of a kind whose time is `over` or earlier, the oldest first, and says how many.
///
/// # Errors
/// As any statement.
pub async fn batch(tx: &mut Tx, kind: Kind, over: Timestamp) -> Result<u64, StoreError> {
    let deleted = sqlx::query(kind.delete).bind(over.as_millis()).execute(tx.connection()).await?;
    Ok(deleted.rows_affected())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use sqlx::Row as _;

    use super::*;
    use crate::store::{Database, Store};

    #[tokio::test]
    async fn no_table_is_scanned() {
        let store = Store::open(&Database::Memory { name: "purge".to_owned() }).await.unwrap();
        for kind in [IDEMPOTENCY, TICKETS, LOGINS, REFRESH_TOKENS, TRUST_TOKENS, ATTEMPTS] {
            assert!(kind.delete.ends_with(&format!("LIMIT {BATCH})")));
            let plan = store.read(move |connection| {
                Box::pin(async move {
                    let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", kind.delete));
                    let rows = sqlx::query(explain).bind(0_i64).fetch_all(connection).await?;
                    Ok::<Vec<String>, StoreError>(rows.iter().map(|row| row.get("detail")).collect())
                })
            });
            let plan = plan.await.unwrap();
            let scans = plan.iter().any(|step| step.contains(&format!("SCAN {}", kind.table)));
            assert!(!scans && plan.len() > 1, "{}: {plan:?}", kind.table);
        }
    }
}
