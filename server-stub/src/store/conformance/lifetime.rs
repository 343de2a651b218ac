//! Opening, closing, resetting, and databases of other versions.

use super::{Backend, insert, names, put, run};
use crate::store::{Store, StoreError};

pub(super) async fn a_reopened_database_has_its_rows(backend: Backend) {
    let store = backend.open().await;
    put(&store, "row", 0).await;
    store.close().await;
    let again = backend.open().await;
    let expected: &[&str] = if backend.is_lasting() { &["row"] } else { &[] };
    assert_eq!(names(&again).await.unwrap(), expected);
}

pub(super) async fn a_closed_store_refuses(backend: Backend) {
    let store = backend.open().await;
    let mut wakes = store.subscribe("anything");
    let taken = store.write(|tx| Box::pin(insert(tx, "taken", 0)));
    let (taken, ()) = tokio::join!(taken, store.close());
    assert!(taken.is_ok(), "what was taken is done");
    wakes.wait().await;
    assert!(matches!(names(&store).await, Err(StoreError::Closed)));
    assert!(matches!(run(&store, "SELECT 1").await, Err(StoreError::Closed)));
    store.close().await;
}

pub(super) async fn reset_keeps_only_the_keys(backend: Backend) {
    let store = backend.open().await;
    put(&store, "row", 0).await;
    let key =
        "INSERT INTO signing_keys (kid, purpose, private_key, created_at) VALUES ('1', 'access', 'key', 0)";
    run(&store, key).await.unwrap();
    run(&store, "INSERT INTO tenants (id, name, created_at) VALUES ('1', 'Acme', 0)").await.unwrap();
    let mut wakes = store.subscribe("anything");
    store.reset().await.unwrap();
    wakes.wait().await;
    assert!(names(&store).await.unwrap().is_empty());
    assert_eq!(run(&store, "DELETE FROM tenants").await.unwrap(), 0);
    assert_eq!(run(&store, "DELETE FROM signing_keys").await.unwrap(), 1);
}

pub(super) async fn a_destroyed_database_is_gone(backend: Backend) {
    let store = backend.open().await;
    put(&store, "row", 0).await;
    store.destroy().await.unwrap();
    assert!(matches!(names(&store).await, Err(StoreError::Closed)));
    if backend.is_postgres() {
        assert!(names(&backend.open().await).await.unwrap().is_empty());
    }
}

pub(super) async fn a_newer_database_is_refused(backend: Backend) {
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 SELECT 9999, description, success, checksum, 0 FROM _sqlx_migrations";
    let error = refusal(backend, newer).await;
    assert!(matches!(error, StoreError::Newer { version: 9999 }), "{error}");
}

pub(super) async fn a_changed_migration_is_refused(backend: Backend) {
    let changed = "UPDATE _sqlx_migrations SET checksum = substr(checksum, 2)";
    let error = refusal(backend, changed).await;
    assert!(matches!(error, StoreError::Changed { version: 1 }), "{error}");
}

/// Why a database is refused after `change`; it keeps its rows all the same.
async fn refusal(backend: Backend, change: &'static str) -> StoreError {
    let store = backend.open().await;
    run(&store, change).await.unwrap();
    store.close().await;
    Store::open(&backend.database).await.err().unwrap()
}
