//! Transactions beside each other.

use futures_util::{FutureExt, future::join_all};
use sqlx::Row;

use super::{Backend, execute, insert, names, put, run};
use crate::store::StoreError;

#[derive(Debug, thiserror::Error)]
enum TestError {
    #[error("given up")]
    GivenUp,
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub(super) async fn an_error_undoes_its_closure_alone(backend: Backend) {
    let store = backend.open().await;
    let writes = (10..42).map(|number| {
        store.write(move |tx| {
            Box::pin(async move {
                insert(tx, &format!("row {number}"), 0).await?;
                if number % 3 == 0 { Err(TestError::GivenUp) } else { Ok(number) }
            })
        })
    });
    let mut expected = Vec::new();
    for (number, result) in (10..42).zip(join_all(writes).await) {
        match result {
            Ok(told) => assert_eq!(told, number),
            Err(error) => assert!(matches!(error, TestError::GivenUp), "{error}"),
        }
        if number % 3 != 0 {
            expected.push(format!("row {number}"));
        }
    }
    assert_eq!(names(&store).await.unwrap(), expected);
}

pub(super) async fn a_panic_undoes_its_closure_alone(backend: Backend) {
    let store = backend.open().await;
    let before = store.write(|tx| Box::pin(insert(tx, "before", 0)));
    let panics = store.write(|tx| {
        Box::pin(async move {
            insert(tx, "panics", 0).await?;
            if tx.connection().backend_name().is_empty() { Ok(()) } else { panic!("as this test wants") }
        })
    });
    let after = store.write(|tx| Box::pin(insert(tx, "after", 0)));
    let (before, panics, after) = tokio::join!(before, panics, after);
    assert!(before.is_ok() && after.is_ok());
    assert!(matches!(panics, Err(StoreError::Panicked)));
    assert_eq!(names(&store).await.unwrap(), ["after", "before"]);
}

pub(super) async fn one_of_64_consumes(backend: Backend) {
    let store = backend.open().await;
    put(&store, "code", 0).await;
    let consume = "UPDATE sequences SET value = 1 WHERE name = 'code' AND value = 0";
    let results = join_all((0..64).map(|_| run(&store, consume))).await;
    let winners: u64 = results.into_iter().map(Result::unwrap).sum();
    assert_eq!(winners, 1);
}

pub(super) async fn a_write_goes_on_without_its_caller(backend: Backend) {
    let store = backend.open().await;
    let mut wakes = store.subscribe("done");
    let mut write = Box::pin(store.write(|tx| {
        Box::pin(async move {
            insert(tx, "left behind", 0).await?;
            tx.notify("done");
            Ok::<_, StoreError>(())
        })
    }));
    assert!((&mut write).now_or_never().is_none(), "it is queued, not done");
    drop(write);
    wakes.wait().await;
    assert_eq!(names(&store).await.unwrap(), ["left behind"]);
}

/// A reader that saw half of a transaction would find the two numbers apart.
pub(super) async fn readers_see_whole_transactions(backend: Backend) {
    let store = backend.open().await;
    put(&store, "left", 0).await;
    put(&store, "right", 0).await;
    let writers = join_all((0..4).map(|_| async {
        for _ in 0..50 {
            let write = store.write(|tx| {
                Box::pin(async move {
                    execute(tx, "UPDATE sequences SET value = value + 1 WHERE name = 'left'").await?;
                    execute(tx, "UPDATE sequences SET value = value + 1 WHERE name = 'right'").await
                })
            });
            assert_eq!(write.await.unwrap(), 1);
        }
    }));
    let readers = join_all((0..8).map(|_| async {
        for _ in 0..50 {
            let values = store.read(|connection| {
                Box::pin(async move {
                    let values = "SELECT value FROM sequences ORDER BY name";
                    Ok::<Vec<i64>, StoreError>(sqlx::query_scalar(values).fetch_all(connection).await?)
                })
            });
            let values = values.await.unwrap();
            assert_eq!(values[0], values[1]);
        }
    }));
    tokio::join!(writers, readers);
    let total = "UPDATE sequences SET value = value WHERE value = 200";
    assert_eq!(run(&store, total).await.unwrap(), 2);
}

pub(super) async fn readers_cannot_write(backend: Backend) {
    let store = backend.open().await;
    let write = store.read(|connection| {
        Box::pin(async move {
            sqlx::query("INSERT INTO sequences (name, value) VALUES ('a', 1)").execute(connection).await?;
            Ok::<_, StoreError>(())
        })
    });
    assert!(matches!(write.await, Err(StoreError::Database(_))));
    assert!(names(&store).await.unwrap().is_empty());
}

/// After a failed statement, PostgreSQL turns COMMIT into a rollback without saying so.
pub(super) async fn a_swallowed_failure_never_passes_for_a_commit(backend: Backend) {
    let store = backend.open().await;
    let write = store.write(|tx| {
        Box::pin(async move {
            insert(tx, "kept", 0).await?;
            let _ = insert(tx, "kept", 0).await;
            Ok::<_, StoreError>(())
        })
    });
    match write.await {
        Ok(()) => assert_eq!(names(&store).await.unwrap(), ["kept"]),
        Err(error) => {
            assert!(matches!(error, StoreError::Commit(_)), "{error}");
            assert!(names(&store).await.unwrap().is_empty());
        }
    }
}

pub(super) async fn constraints_hold_and_are_told_apart(backend: Backend) {
    let store = backend.open().await;
    put(&store, "once", 0).await;
    let twice = store.write(|tx| Box::pin(insert(tx, "once", 0))).await;
    assert!(matches!(twice, Err(StoreError::UniqueViolation(_))));
    let orphan = "INSERT INTO mfa_audit_heads (tenant_id, seq, hash) VALUES ('nobody', 1, '')";
    assert!(matches!(run(&store, orphan).await, Err(StoreError::Database(_))));
    let unknown =
        "INSERT INTO signing_keys (kid, purpose, private_key, created_at) VALUES ('1', 'any', '', 0)";
    assert!(matches!(run(&store, unknown).await, Err(StoreError::Database(_))));
    assert!(matches!(run(&store, "SELECT nothing").await, Err(StoreError::Database(_))));
}

pub(super) async fn sequences_have_no_gaps(backend: Backend) {
    let store = backend.open().await;
    let writes = (0..30).map(|number| {
        store.write(move |tx| {
            Box::pin(async move {
                let next = tx.next_number("outbox").await?;
                if number % 5 == 0 { Err(TestError::GivenUp) } else { Ok(next) }
            })
        })
    });
    let mut drawn: Vec<i64> = join_all(writes).await.into_iter().flatten().collect();
    drawn.sort_unstable();
    assert_eq!(drawn, (1..=24).collect::<Vec<_>>());
    let row = store.read(|connection| {
        Box::pin(async move {
            let last = "SELECT CAST(SUM(value) AS BIGINT) AS total FROM sequences";
            Ok::<i64, StoreError>(sqlx::query(last).fetch_one(connection).await?.try_get("total")?)
        })
    });
    assert_eq!(row.await.unwrap(), 24);
}
