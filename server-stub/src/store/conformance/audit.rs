//! The chain of audit rows.

use countersign_protocol::{
    Timestamp,
    ids::{TenantId, UserId},
};

use tokio::sync::oneshot;

use super::{Backend, execute, run};
use crate::{
    random::Random,
    store::{
        Store, StoreError,
        audit::{AuditEntry, ChainError, PersonalFields, append, erase, verify},
    },
};

fn acme() -> TenantId {
    TenantId::from_parts(0, 1)
}

fn mia() -> UserId {
    UserId::from_parts(0, 2)
}

pub(super) async fn add_tenant(store: &Store, tenant_id: TenantId) {
    let add = store.write(move |tx| {
        Box::pin(async move {
            let add = "INSERT INTO tenants (id, name, created_at) VALUES ($1, 'Acme', 0)";
            sqlx::query(add).bind(tenant_id.to_string()).execute(tx.connection()).await?;
            Ok::<_, StoreError>(())
        })
    });
    add.await.unwrap();
}

fn entry(tenant_id: TenantId) -> AuditEntry {
    AuditEntry {
        tenant_id,
        occurred_at: Timestamp::from_millis(1_700_000_000_000),
        event: "login",
        outcome: "success",
        user_id: Some(mia()),
        method: Some("totp"),
        correlation_id: None,
        personal: PersonalFields {
            address: Some("192.0.2.1".to_owned()),
            device: Some("Mia's laptop".to_owned()),
            ..PersonalFields::default()
        },
    }
}

pub(super) async fn add(store: &Store, tenant_id: TenantId) -> i64 {
    let entry = entry(tenant_id);
    let salt = Random::system().bytes().unwrap();
    store.write(move |tx| Box::pin(async move { append(tx, salt, &entry).await })).await.unwrap()
}

pub(super) async fn check(store: &Store, tenant_id: TenantId) -> Result<i64, ChainError> {
    store.read(move |connection| Box::pin(verify(connection, tenant_id))).await
}

/// A store with a chain of three rows.
async fn three(backend: &Backend) -> Store {
    let store = backend.open().await;
    add_tenant(&store, acme()).await;
    for seq in 1..=3 {
        assert_eq!(add(&store, acme()).await, seq);
    }
    store
}

pub(super) async fn a_chain_verifies(backend: Backend) {
    let store = three(&backend).await;
    let other = TenantId::from_parts(0, 9);
    assert_eq!(check(&store, other).await.unwrap(), 0);
    add_tenant(&store, other).await;
    assert_eq!(add(&store, other).await, 1);
    assert_eq!(check(&store, other).await.unwrap(), 1);
    assert_eq!(check(&store, acme()).await.unwrap(), 3);
}

pub(super) async fn erasure_leaves_the_chain_whole(backend: Backend) {
    let store = three(&backend).await;
    let erased = store.write(|tx| Box::pin(erase(tx, mia()))).await.unwrap();
    assert_eq!(erased, 3);
    let left =
        "DELETE FROM mfa_audit_log WHERE address IS NOT NULL OR device IS NOT NULL OR salt IS NOT NULL";
    assert_eq!(run(&store, left).await.unwrap(), 0);
    assert_eq!(check(&store, acme()).await.unwrap(), 3);
    assert_eq!(add(&store, acme()).await, 4);
    assert_eq!(check(&store, acme()).await.unwrap(), 4);
}

pub(super) async fn every_change_is_seen(backend: Backend) {
    let store = three(&backend).await;
    for change in [
        "UPDATE mfa_audit_log SET occurred_at = 0 WHERE seq = 2",
        "UPDATE mfa_audit_log SET event = 'logout' WHERE seq = 2",
        "UPDATE mfa_audit_log SET outcome = 'failure' WHERE seq = 2",
        "UPDATE mfa_audit_log SET user_id = NULL WHERE seq = 2",
        "UPDATE mfa_audit_log SET method = 'push' WHERE seq = 2",
        "UPDATE mfa_audit_log SET correlation_id = 'made-up' WHERE seq = 2",
        "UPDATE mfa_audit_log SET address = '192.0.2.2' WHERE seq = 2",
        "UPDATE mfa_audit_log SET address = NULL WHERE seq = 2",
        "UPDATE mfa_audit_log SET salt = NULL WHERE seq = 2",
        "UPDATE mfa_audit_log SET metadata = '{}' WHERE seq = 2",
        "UPDATE mfa_audit_log SET metadata = '{}', salt = NULL WHERE seq = 2",
        "UPDATE mfa_audit_log SET location_commitment = hash WHERE seq = 2",
        "UPDATE mfa_audit_log SET prev_hash = hash WHERE seq = 2",
        "UPDATE mfa_audit_log SET hash = prev_hash WHERE seq = 2",
    ] {
        let found = after(&store, change).await;
        assert!(matches!(found, Err(ChainError::Changed { seq: 2 })), "{change}: {found:?}");
    }
    assert_eq!(check(&store, acme()).await.unwrap(), 3);
}

pub(super) async fn missing_rows_are_seen(backend: Backend) {
    let store = three(&backend).await;
    for (change, first) in [
        ("DELETE FROM mfa_audit_log WHERE seq = 1", 1),
        ("DELETE FROM mfa_audit_log WHERE seq = 2", 2),
        ("DELETE FROM mfa_audit_log WHERE seq = 3", 3),
        ("DELETE FROM mfa_audit_log", 1),
        ("DELETE FROM mfa_audit_heads", 1),
        ("UPDATE mfa_audit_heads SET seq = 2, hash = (SELECT hash FROM mfa_audit_log WHERE seq = 2)", 3),
        ("UPDATE mfa_audit_heads SET seq = 2", 2),
    ] {
        match after(&store, change).await {
            Err(ChainError::Missing { seq } | ChainError::Changed { seq }) => {
                assert_eq!(seq, first, "{change}");
            }
            other => panic!("{change}: {other:?}"),
        }
    }
}

pub(super) async fn a_queued_entry_shares_its_transactions_fate(backend: Backend) {
    let store = backend.open().await;
    add_tenant(&store, acme()).await;
    let write = |number: u8| {
        store.write(move |tx| {
            Box::pin(async move {
                tx.queue_audit([number; 32], entry(acme()));
                assert_ne!(number, 2, "as this test wants");
                if number == 1 { Err(Undo::Found(Ok(0))) } else { Ok(()) }
            })
        })
    };
    let (undone, panicked, kept) = tokio::join!(write(1), write(2), write(3));
    assert!(matches!(undone, Err(Undo::Found(_))));
    assert!(matches!(panicked, Err(Undo::Store(StoreError::Panicked))));
    assert!(kept.is_ok());
    assert_eq!(check(&store, acme()).await.unwrap(), 1);
    let unknown = store.write(|tx| {
        Box::pin(async move {
            super::insert(tx, "row", 0).await?;
            tx.queue_audit([0; 32], entry(TenantId::from_parts(0, 9)));
            Ok::<_, StoreError>(())
        })
    });
    assert!(matches!(unknown.await, Err(StoreError::Database(_))));
    assert!(super::names(&store).await.unwrap().is_empty(), "what cannot be told is not done");
}

/// Three closures that are one group where there are groups: the second gives its rows back after it has appended them.
pub(super) async fn an_undone_row_leaves_no_gap(backend: Backend) {
    let store = backend.open().await;
    add_tenant(&store, acme()).await;
    let write = |kept: bool| {
        store.write(move |tx| {
            Box::pin(async move {
                append(tx, [1; 32], &entry(acme())).await?;
                if kept { Ok(()) } else { Err(Undo::Found(Ok(0))) }
            })
        })
    };
    let (first, undone, last) = tokio::join!(write(true), write(false), write(true));
    assert!(first.is_ok() && last.is_ok());
    assert!(matches!(undone, Err(Undo::Found(_))));
    assert_eq!(check(&store, acme()).await.unwrap(), 2);
    assert_eq!(add(&store, acme()).await, 3);
    assert_eq!(check(&store, acme()).await.unwrap(), 3);
}

/// Where transactions run side by side, one that has queued an entry and is not at its end holds up no other.
pub(super) async fn a_queued_entry_holds_nobody_up(backend: Backend) {
    let store = backend.open().await;
    add_tenant(&store, acme()).await;
    let (queued, is_queued) = oneshot::channel();
    let (go, may_go) = oneshot::channel();
    let slow = store.write(move |tx| {
        Box::pin(async move {
            tx.queue_audit([1; 32], entry(acme()));
            queued.send(()).unwrap();
            may_go.await.unwrap();
            Ok::<_, StoreError>(())
        })
    });
    let quick = async {
        is_queued.await.unwrap();
        assert_eq!(add(&store, acme()).await, 1);
        go.send(()).unwrap();
    };
    let (slow, ()) = tokio::join!(slow, quick);
    slow.unwrap();
    assert_eq!(check(&store, acme()).await.unwrap(), 2);
}

/// What the check finds after `change`, which is then undone.
async fn after(store: &Store, change: &'static str) -> Result<i64, ChainError> {
    let found: Result<(), Undo> = store
        .write(move |tx| {
            Box::pin(async move {
                assert_ne!(execute(tx, change).await?, 0, "{change}");
                Err(Undo::Found(verify(tx.connection(), acme()).await))
            })
        })
        .await;
    match found {
        Err(Undo::Found(found)) => found,
        other => panic!("{change}: {other:?}"),
    }
}

#[derive(Debug, thiserror::Error)]
enum Undo {
    #[error("the chain was checked")]
    Found(Result<i64, ChainError>),
    #[error(transparent)]
    Store(#[from] StoreError),
}
