//! What a store promises, run on every backend there is.
#![allow(clippy::unwrap_used, clippy::panic)]

mod audit;
mod idempotency;
mod lifetime;
mod nodes;
mod waking;
mod writing;

use tempfile::TempDir;

use super::{Database, Store, StoreError, Tx};
use crate::testing;

/// Makes a test of each case on each backend that it is about. A case is an `async fn(Backend)`.
macro_rules! store_conformance {
    (everywhere { $($any:tt)+ } lasting { $($lasting:tt)+ } postgres { $($postgres:tt)+ }) => {
        store_conformance!(@on sqlite_memory, Backend::memory(), $($any)+);
        store_conformance!(@on sqlite_file, Backend::file(), $($any)+ $($lasting)+);
        store_conformance!(@on postgres, Backend::postgres(), $($any)+ $($lasting)+ $($postgres)+);
    };
    (@on $backend:ident, $make:expr, $($module:ident: $($case:ident),+;)+) => {
        mod $backend {
            use super::Backend;
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let Some(backend) = $make else { return };
                    super::$module::$case(backend).await;
                }
            )+)+
        }
    };
}

store_conformance! {
    everywhere {
        writing: an_error_undoes_its_closure_alone, a_panic_undoes_its_closure_alone, one_of_64_consumes,
            a_write_goes_on_without_its_caller, readers_see_whole_transactions, readers_cannot_write,
            a_swallowed_failure_never_passes_for_a_commit, constraints_hold_and_are_told_apart,
            sequences_have_no_gaps;
        waking: a_wake_comes_after_the_commit, undone_work_wakes_nobody, no_wake_is_lost;
        lifetime: a_reopened_database_has_its_rows, a_closed_store_refuses, reset_keeps_only_the_keys,
            a_destroyed_database_is_gone;
        audit: a_chain_verifies, erasure_leaves_the_chain_whole, every_change_is_seen, missing_rows_are_seen,
            a_queued_entry_shares_its_transactions_fate, an_undone_row_leaves_no_gap;
        idempotency: a_look_claims_nothing, an_answer_is_replayed, another_request_conflicts, one_of_64_claims,
            a_key_expires;
    }
    lasting {
        lifetime: a_newer_database_is_refused, a_changed_migration_is_refused;
    }
    postgres {
        nodes: one_node_wakes_another, a_lost_listener_comes_back, one_chain_from_two_nodes;
        audit: a_queued_entry_holds_nobody_up;
    }
}

/// A database that is there for one test.
struct Backend {
    database: Database,
    _folder: Option<TempDir>,
}

impl Backend {
    #[expect(clippy::unnecessary_wraps, reason = "the macro takes every backend the same way")]
    fn memory() -> Option<Self> {
        Some(Self { database: Database::Memory { name: "conformance".to_owned() }, _folder: None })
    }

    #[expect(clippy::unnecessary_wraps, reason = "the macro takes every backend the same way")]
    fn file() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        // A path with characters that mean something in a URL.
        let database = Database::File(folder.path().join("a b%20#?.sqlite"));
        Some(Self { database, _folder: Some(folder) })
    }

    fn postgres() -> Option<Self> {
        let database = testing::postgres().unwrap()?;
        Some(Self { database, _folder: None })
    }

    fn is_postgres(&self) -> bool {
        matches!(self.database, Database::Postgres { .. })
    }

    /// Whether its rows outlive the store.
    fn is_lasting(&self) -> bool {
        !matches!(self.database, Database::Memory { .. })
    }

    async fn open(&self) -> Store {
        Store::open(&self.database).await.unwrap()
    }
}

/// The sequences serve as plain named numbers.
async fn insert(tx: &mut Tx, name: &str, value: i64) -> Result<(), StoreError> {
    let insert = "INSERT INTO sequences (name, value) VALUES ($1, $2)";
    sqlx::query(insert).bind(name).bind(value).execute(tx.connection()).await?;
    Ok(())
}

async fn put(store: &Store, name: &'static str, value: i64) {
    store.write(move |tx| Box::pin(insert(tx, name, value))).await.unwrap();
}

async fn names(store: &Store) -> Result<Vec<String>, StoreError> {
    let names = "SELECT name FROM sequences ORDER BY name";
    store
        .read(move |connection| {
            Box::pin(async move { Ok(sqlx::query_scalar(names).fetch_all(connection).await?) })
        })
        .await
}

/// Runs one statement without parameters in a transaction, and gives the number of rows it touched.
async fn execute(tx: &mut Tx, sql: &'static str) -> Result<u64, StoreError> {
    Ok(sqlx::query(sql).execute(tx.connection()).await?.rows_affected())
}

async fn run(store: &Store, sql: &'static str) -> Result<u64, StoreError> {
    store.write(move |tx| Box::pin(execute(tx, sql))).await
}
