//! Who is woken, and when.

use futures_util::FutureExt;
use tokio::sync::oneshot;

use super::{Backend, execute, insert, names, put};
use crate::store::{Store, StoreError};

async fn notify(store: &Store, topic: &'static str) {
    let notify = store.write(move |tx| {
        Box::pin(async move {
            tx.notify(topic);
            Ok::<_, StoreError>(())
        })
    });
    notify.await.unwrap();
}

pub(super) async fn a_wake_comes_after_the_commit(backend: Backend) {
    let store = backend.open().await;
    let mut wakes = store.subscribe("login:1");
    let (notified, has_notified) = oneshot::channel();
    let (go, may_go) = oneshot::channel::<()>();
    let write = tokio::spawn({
        let store = store.clone();
        async move {
            let write = store.write(|tx| {
                Box::pin(async move {
                    insert(tx, "done", 0).await?;
                    tx.notify("login:1");
                    notified.send(()).unwrap();
                    may_go.await.unwrap();
                    Ok::<_, StoreError>(())
                })
            });
            write.await.unwrap();
        }
    });
    has_notified.await.unwrap();
    assert!(wakes.wait().now_or_never().is_none(), "nothing is committed yet");
    go.send(()).unwrap();
    wakes.wait().await;
    assert_eq!(names(&store).await.unwrap(), ["done"]);
    write.await.unwrap();
}

pub(super) async fn undone_work_wakes_nobody(backend: Backend) {
    let store = backend.open().await;
    let (mut undone, mut done) = (store.subscribe("undone"), store.subscribe("done"));
    let undo = store.write(|tx| {
        Box::pin(async move {
            tx.notify("undone");
            execute(tx, "SELECT nothing").await
        })
    });
    let (undo, ()) = tokio::join!(undo, notify(&store, "done"));
    assert!(undo.is_err());
    done.wait().await;
    // A second round: what was sent before it has arrived before it.
    notify(&store, "done").await;
    done.wait().await;
    assert!(undone.wait().now_or_never().is_none());
}

/// Whoever subscribes, reads and waits, in this order, sees every state in the end. A lost wake hangs this test.
pub(super) async fn no_wake_is_lost(backend: Backend) {
    const STEPS: i64 = 100;
    let store = backend.open().await;
    put(&store, "step", 0).await;
    let follow = || async {
        let mut wakes = store.subscribe("step");
        loop {
            let step = store.read(|connection| {
                Box::pin(async move {
                    Ok::<i64, StoreError>(
                        sqlx::query_scalar("SELECT value FROM sequences").fetch_one(connection).await?,
                    )
                })
            });
            if step.await.unwrap() == STEPS {
                return;
            }
            wakes.wait().await;
        }
    };
    let lead = async {
        for _ in 0..STEPS {
            let step = store.write(|tx| {
                Box::pin(async move {
                    execute(tx, "UPDATE sequences SET value = value + 1").await?;
                    tx.notify("step");
                    Ok::<_, StoreError>(())
                })
            });
            step.await.unwrap();
        }
    };
    tokio::join!(follow(), follow(), follow(), lead);
}
