//! The one writer of a SQLite database: takes queued jobs and commits what is waiting as one group.
//!
//! A durable commit costs the same for one job as for fifty, and SQLite has one writer at a time anyway. So each
//! group is one `BEGIN IMMEDIATE … COMMIT`, each job in it has its own savepoint, and nobody is answered before the
//! commit has returned.

use std::sync::{Arc, Mutex, PoisonError};

use sqlx::{AnyConnection, Connection};
use tokio::{sync::mpsc, task::JoinHandle};

use super::{
    StoreError, audit,
    tx::{Held, Job, Tx},
    wakes::Hub,
};

/// More would let the first job of a group wait long for its answer without making the rest much cheaper.
const GROUP: usize = 64;
/// Jobs that may wait; after that callers wait to queue theirs.
const WAITING: usize = 1024;

const BEGIN: &str = "BEGIN IMMEDIATE; SAVEPOINT job";
const KEEP: &str = "RELEASE job; SAVEPOINT job";
const UNDO: &str = "ROLLBACK TO job";
/// Ends the open savepoint too.
const COMMIT: &str = "COMMIT";
const ROLLBACK: &str = "ROLLBACK";

pub(super) struct Queue {
    jobs: Mutex<Option<mpsc::Sender<Box<dyn Job>>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl Queue {
    /// Starts the writer on its connection. It ends when the queue is closed or dropped, after the last job.
    pub(super) fn start(connection: AnyConnection, hub: Arc<Hub>) -> Self {
        let (jobs, waiting) = mpsc::channel(WAITING);
        let writer = tokio::spawn(write(Tx::new(Held::Writer(connection)), waiting, hub));
        Self { jobs: Mutex::new(Some(jobs)), writer: Mutex::new(Some(writer)) }
    }

    pub(super) async fn push(&self, job: Box<dyn Job>) -> Result<(), StoreError> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner).clone();
        jobs.ok_or(StoreError::Closed)?.send(job).await.map_err(|_| StoreError::Closed)
    }

    /// Refuses new jobs, and returns when those that were taken are committed and the connection is closed.
    pub(super) async fn close(&self) {
        drop(self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take());
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer {
            // The writer catches the panics of jobs and has none of its own.
            let _ = writer.await;
        }
    }
}

async fn write(mut tx: Tx, mut waiting: mpsc::Receiver<Box<dyn Job>>, hub: Arc<Hub>) {
    let mut group = Vec::with_capacity(GROUP);
    while waiting.recv_many(&mut group, GROUP).await > 0 {
        let ended = commit(&mut tx, &mut group).await.map_err(Arc::new);
        if let Err(error) = &ended {
            tracing::warn!(%error, jobs = group.len(), "a group of writes was not committed");
            // Fails where the database has rolled back by itself, as it does when a disk is full.
            let _ = tx.execute(ROLLBACK).await;
            tx.topics.clear();
            tx.heads.clear();
        }
        for topic in tx.topics.drain(..) {
            hub.wake(&topic);
        }
        for job in group.drain(..) {
            job.answer(ended.clone().map_err(StoreError::Commit));
        }
    }
    if let Held::Writer(connection) = tx.into_held()
        && let Err(error) = connection.close().await
    {
        tracing::warn!(%error, "the database was not closed cleanly");
    }
}

async fn commit(tx: &mut Tx, group: &mut [Box<dyn Job>]) -> Result<(), sqlx::Error> {
    tx.execute(BEGIN).await?;
    let count = group.len();
    for (index, job) in group.iter_mut().enumerate() {
        let (notified, heads) = (tx.topics.len(), tx.heads.clone());
        if !job.run(tx).await {
            tx.topics.truncate(notified);
            tx.heads = heads;
            tx.execute(UNDO).await?;
        } else if index + 1 < count {
            tx.execute(KEEP).await?;
        }
    }
    audit::write_heads(tx).await?;
    tx.execute(COMMIT).await
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use futures_util::future::join_all;
    use sqlx::query;

    use crate::store::{Database, Store, StoreError};

    async fn store() -> Store {
        Store::open(&Database::Memory { name: "queue".to_owned() }).await.unwrap()
    }

    /// Runs each statement in a write of its own. On the one thread of these tests all of them are queued before the
    /// writer runs, so that few enough are one group.
    async fn group(store: &Store, statements: &[&'static str]) -> Vec<Result<(), StoreError>> {
        let write = |statement| {
            store.write(move |tx| {
                Box::pin(async move {
                    query(statement).execute(tx.connection()).await?;
                    Ok::<_, StoreError>(())
                })
            })
        };
        join_all(statements.iter().map(|&statement| write(statement))).await
    }

    async fn rows(store: &Store) -> usize {
        let rows = store.read(|connection| {
            Box::pin(async move {
                let rows = query("SELECT 1 FROM sequences").fetch_all(connection).await?;
                Ok::<_, StoreError>(rows.len())
            })
        });
        rows.await.unwrap()
    }

    const A: &str = "INSERT INTO sequences (name, value) VALUES ('a', 0)";
    const B: &str = "INSERT INTO sequences (name, value) VALUES ('b', 0)";

    /// SQLite rolls back by itself when a disk is full; here a statement does it.
    #[tokio::test]
    async fn a_group_that_is_lost_is_told_so_and_the_next_one_is_not() {
        let store = store().await;
        for result in group(&store, &[A, "ROLLBACK", B]).await {
            assert!(matches!(result, Err(StoreError::Commit(_))), "{result:?}");
        }
        assert_eq!(rows(&store).await, 0);
        assert!(group(&store, &[A, B]).await.iter().all(Result::is_ok));
        assert_eq!(rows(&store).await, 2);
    }

    #[tokio::test]
    async fn jobs_of_one_group_see_what_those_before_them_did() {
        let store = store().await;
        let results = group(&store, &[A, A, B]).await;
        assert!(results[0].is_ok() && results[2].is_ok());
        assert!(matches!(results[1], Err(StoreError::UniqueViolation(_))));
        assert_eq!(rows(&store).await, 2);
    }

    #[tokio::test]
    async fn more_jobs_than_a_group_holds_are_all_done() {
        let store = store().await;
        let results = group(&store, &["UPDATE sequences SET value = value + 1"; 3 * super::GROUP + 1]).await;
        assert_eq!(results.len(), 3 * super::GROUP + 1);
        assert!(results.iter().all(Result::is_ok));
    }
}
