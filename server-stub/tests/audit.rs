//! `countersign-server audit verify` as an operator meets it.
#![allow(clippy::expect_used)]

use std::{
    path::Path,
    process::{Command, Output},
};

use countersign_protocol::{Timestamp, ids::TenantId};
use countersign_server::store::{
    Database, Store, StoreError,
    audit::{AuditEntry, PersonalFields},
};

fn verify(database: &str) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_countersign-server"));
    program.args(["audit", "verify", "--database", database]).output().expect("the program runs")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("it is text")
}

/// Runs a statement behind the server's back.
async fn change(file: &Path, statement: &'static str) {
    let store = Store::open(&Database::File(file.to_owned())).await.expect("it opens");
    let write = store.write(move |tx| {
        Box::pin(async move {
            sqlx::query(statement).execute(tx.connection()).await?;
            Ok::<_, StoreError>(())
        })
    });
    write.await.expect("it is written");
    store.close().await;
}

/// A tenant with a chain of two rows.
async fn add(file: &Path, tenant_id: TenantId) {
    let store = Store::open(&Database::File(file.to_owned())).await.expect("it opens");
    let write = store.write(move |tx| {
        Box::pin(async move {
            let insert = "INSERT INTO tenants (id, name, created_at) VALUES ($1, 'Acme', 0)";
            sqlx::query(insert).bind(tenant_id.to_string()).execute(tx.connection()).await?;
            for salt in [[1; 32], [2; 32]] {
                let entry = AuditEntry {
                    tenant_id,
                    occurred_at: Timestamp::from_millis(0),
                    event: "login_succeeded",
                    outcome: "success",
                    user_id: None,
                    method: None,
                    correlation_id: None,
                    personal: PersonalFields::default(),
                };
                tx.queue_audit(salt, entry);
            }
            Ok::<_, StoreError>(())
        })
    });
    write.await.expect("it is written");
    store.close().await;
}

#[tokio::test]
async fn each_chain_has_a_line_and_a_break_is_a_failure() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("server.sqlite");
    let database = file.to_str().expect("a path of text");
    let (acme, other) = (TenantId::from_parts(0, 1), TenantId::from_parts(0, 2));
    add(&file, acme).await;
    add(&file, other).await;
    let whole = verify(database);
    assert!(whole.status.success(), "{}", text(&whole.stderr));
    assert_eq!(text(&whole.stdout), format!("{acme} whole, rows: 2\n{other} whole, rows: 2\n"));

    change(&file, "UPDATE mfa_audit_log SET outcome = 'denied' WHERE seq = 2 AND tenant_id LIKE '%1'").await;
    let broken = verify(database);
    assert!(!broken.status.success());
    let lines: Vec<_> = text(&broken.stdout).lines().collect();
    assert!(lines[0].starts_with(&format!("{acme} FAILED: audit row 2 is not")), "{lines:?}");
    assert_eq!(lines[1..], [format!("{other} whole, rows: 2")], "one break hides no other tenant");
    assert!(text(&broken.stderr).contains("1 of 2"), "{}", text(&broken.stderr));
}

#[test]
fn where_there_is_nothing_to_verify_nothing_is_made_and_it_fails() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("mistyped.sqlite");
    for database in [file.to_str().expect("a path of text"), "memory"] {
        let output = verify(database);
        assert!(!output.status.success() && output.stdout.is_empty(), "{output:?}");
    }
    assert!(!file.exists());
}
