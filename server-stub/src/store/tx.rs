//! One transaction, and one queued unit of work in it.

use std::{collections::BTreeMap, panic::AssertUnwindSafe};

use countersign_protocol::ids::TenantId;
use futures_util::{FutureExt, future::BoxFuture};
use sqlx::{Any, AnyConnection, SqlSafeStr, Transaction};
use tokio::sync::oneshot;

use super::{
    StoreError,
    audit::{self, AuditEntry, Head},
};

#[cfg(test)]
thread_local! {
    /// Statements in transactions on this thread, for tests that compare what two requests do.
    pub(crate) static STATEMENTS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// A running transaction, handed to the closure of [`super::Store::write`].
pub struct Tx {
    connection: Held,
    /// What to notify after the commit.
    pub(super) topics: Vec<String>,
    /// What to append to the audit log at the end, each with its salt.
    pub(super) entries: Vec<([u8; 32], AuditEntry)>,
    /// Where the chains end that were appended to; written before the commit.
    pub(super) heads: BTreeMap<TenantId, Head>,
}

/// The writer of SQLite keeps one connection for life; PostgreSQL borrows one per transaction.
pub(super) enum Held {
    Writer(AnyConnection),
    Transaction(Transaction<'static, Any>),
}

impl Tx {
    pub(super) fn new(connection: Held) -> Self {
        Self { connection, topics: Vec::new(), entries: Vec::new(), heads: BTreeMap::new() }
    }

    /// Where statements run. The transaction is begun and ended by the store alone: use no `BEGIN`, `COMMIT`,
    /// `ROLLBACK` and no `begin()` of sqlx on it.
    pub fn connection(&mut self) -> &mut AnyConnection {
        #[cfg(test)]
        STATEMENTS.set(STATEMENTS.get() + 1);
        match &mut self.connection {
            Held::Writer(connection) => connection,
            Held::Transaction(transaction) => transaction,
        }
    }

    /// Whether no other transaction runs beside this one, so that there is nobody to lock a row against.
    pub(super) fn is_alone(&self) -> bool {
        matches!(self.connection, Held::Writer(_))
    }

    /// Wakes whoever waits for `topic`, on every node, if and after this transaction is committed.
    ///
    /// A topic is at most 1000 bytes, such as `login:01J9…`.
    pub fn notify(&mut self, topic: &str) {
        if !self.topics.iter().any(|known| known == topic) {
            self.topics.push(topic.to_owned());
        }
    }

    /// Appends an entry to its tenant's chain as the last deed of this transaction, if it is committed. `salt` is
    /// fresh random bytes.
    ///
    /// A chain is held from its first append to the commit, and all of a tenant wait for it: so nothing else is done
    /// meanwhile.
    pub fn queue_audit(&mut self, salt: [u8; 32], entry: AuditEntry) {
        self.entries.push((salt, entry));
    }

    pub(super) async fn execute(&mut self, sql: impl SqlSafeStr) -> Result<(), sqlx::Error> {
        sqlx::query(sql).execute(self.connection()).await.map(drop)
    }

    /// The connection again, after the last transaction on it.
    pub(super) fn into_held(self) -> Held {
        self.connection
    }
}

/// A closure of [`super::Store::write`] with the way back to its caller; its types are erased, so that one queue
/// takes them all.
pub(super) trait Job: Send {
    /// Runs the closure, once. True if what it did is to be kept.
    fn run<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, bool>;

    /// Tells the caller: the closure's own result if the transaction ended well, else why not.
    fn answer(self: Box<Self>, ended: Result<(), StoreError>);
}

pub(super) struct Work<T, E, F> {
    closure: Option<F>,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Work<T, E, F> {
    pub(super) fn new(closure: F, reply: oneshot::Sender<Result<T, E>>) -> Self {
        Self { closure: Some(closure), result: None, reply }
    }
}

impl<T, E, F> Job for Work<T, E, F>
where
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn run<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, bool> {
        let Some(closure) = self.closure.take() else { return Box::pin(std::future::ready(false)) };
        Box::pin(async move {
            // What the closure leaves half-done is rolled back with its savepoint, so that nobody sees it.
            let run = AssertUnwindSafe(async {
                let answer = closure(&mut *tx).await?;
                audit::append_queued(tx).await?;
                Ok(answer)
            });
            let run = run.catch_unwind().await;
            tx.entries.clear();
            let result = run.unwrap_or_else(|_| Err(E::from(StoreError::Panicked)));
            self.result.insert(result).is_ok()
        })
    }

    fn answer(self: Box<Self>, ended: Result<(), StoreError>) {
        let result = match ended {
            Ok(()) => self.result.unwrap_or_else(|| Err(E::from(StoreError::Closed))),
            Err(error) => Err(E::from(error)),
        };
        // The caller may be gone; the work is done all the same.
        let _ = self.reply.send(result);
    }
}
