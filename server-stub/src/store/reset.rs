//! A realm as new, but with the keys it had.

use super::{StoreError, Tx};

/// Every table but `signing_keys`, those first that refer to others.
const DELETE_ROWS: &str = "
    DELETE FROM idempotency;
    DELETE FROM outbox;
    DELETE FROM sequences;
    DELETE FROM mfa_audit_heads;
    DELETE FROM mfa_audit_log;
    DELETE FROM mfa_attempts;
    DELETE FROM refresh_tokens;
    DELETE FROM sessions;
    DELETE FROM mfa_trust_tokens;
    DELETE FROM mfa_trusted_devices;
    DELETE FROM mfa_push_requests;
    DELETE FROM mfa_push_challenges;
    DELETE FROM logins;
    DELETE FROM mfa_push_devices;
    DELETE FROM enrolment_tickets;
    DELETE FROM mfa_totp_secrets;
    DELETE FROM mfa_methods;
    DELETE FROM devices;
    DELETE FROM users;
    DELETE FROM tenants;
";

pub(super) async fn delete_rows(tx: &mut Tx) -> Result<(), StoreError> {
    sqlx::raw_sql(DELETE_ROWS).execute(tx.connection()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::store::{Database, Store};

    #[tokio::test]
    async fn no_table_is_forgotten() {
        let store = Store::open(&Database::Memory { name: "reset".to_owned() }).await.unwrap();
        let tables: Vec<String> = store
            .read(|connection| {
                Box::pin(async move {
                    let tables = "SELECT name FROM sqlite_master WHERE type = 'table'";
                    Ok::<_, StoreError>(sqlx::query_scalar(tables).fetch_all(connection).await?)
                })
            })
            .await
            .unwrap();
        assert!(tables.len() > 20);
        for table in tables {
            let kept = table == "signing_keys" || table == "_sqlx_migrations";
            assert_eq!(DELETE_ROWS.contains(&format!("FROM {table};")), !kept, "{table}");
        }
    }
}
