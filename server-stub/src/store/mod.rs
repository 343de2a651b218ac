//! The database of a realm: transactions, reads and wakes over SQLite or PostgreSQL, with one SQL text for both.
//!
//! Repositories are functions over [`Tx`] (or a plain connection, for reading), one file per aggregate. SQL that
//! both databases understand alike: `$n`, TEXT, BIGINT for times and booleans, BYTEA, `ON CONFLICT`, `RETURNING`,
//! `CAST(SUM(…) AS BIGINT)`; select `1` and look for a row instead of `EXISTS`.
//!
//! What is single use is consumed by one statement (`UPDATE … WHERE used_at IS NULL`) whose row count decides.
//! Claim, check and consume are one closure of [`Store::write`]. A wrong code is not an error of the closure but a
//! result: an error would roll back the claim. A statement that fails ends the closure: PostgreSQL runs no further
//! one in that transaction, so what may exist already is met with `ON CONFLICT`, not by catching
//! [`StoreError::UniqueViolation`].
//!
//! ```
//! use countersign_server::store::{Database, Store, StoreError};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), StoreError> {
//! let store = Store::open(&Database::Memory { name: "docs".to_owned() }).await?;
//! let mut wakes = store.subscribe("tenant:1");
//! store
//!     .write(|tx| {
//!         Box::pin(async move {
//!             let insert = "INSERT INTO tenants (id, name, created_at) VALUES ($1, $2, $3)";
//!             sqlx::query(insert).bind("1").bind("Acme").bind(0_i64).execute(tx.connection()).await?;
//!             tx.notify("tenant:1");
//!             Ok::<_, StoreError>(())
//!         })
//!     })
//!     .await?;
//! wakes.wait().await;
//! # Ok(())
//! # }
//! ```

pub mod attempts;
pub mod audit;
mod backend;
pub mod challenges;
#[cfg(test)]
mod conformance;
pub mod devices;
mod error;
pub mod idempotency;
pub mod logins;
pub mod methods;
pub mod outbox;
pub mod purge;
pub mod push_devices;
mod queue;
mod reset;
pub mod rotation;
mod row;
mod sequence;
pub mod sessions;
pub mod signing_keys;
pub mod tenants;
pub mod totp;
pub mod trust;
mod tx;
pub mod users;
mod wakes;

use std::{path::PathBuf, sync::Arc};

use countersign_protocol::Secret;
use futures_util::future::BoxFuture;
use sqlx::{AnyConnection, AnyPool};
use tokio::sync::oneshot;

#[cfg(test)]
pub(crate) use self::tx::STATEMENTS;
use self::{backend::Writer, tx::Work, wakes::Hub};
pub use self::{error::StoreError, tx::Tx, wakes::Wakes};
/// Where rows are read, inside a transaction or outside.
pub use sqlx::AnyConnection as Connection;

/// Where the rows are.
#[derive(Debug, Clone)]
pub enum Database {
    /// SQLite in memory: gone when the store is closed or dropped.
    Memory {
        /// For people; two stores with the same name do not share rows. 1 to 48 characters of `a-z0-9_`, the first
        /// a letter.
        name: String,
    },
    /// SQLite in a file, made if it is missing. An answered write survives a power cut.
    File(PathBuf),
    /// A schema of a PostgreSQL database. Stores on the same schema, in any process, behave as one.
    Postgres {
        /// `postgres://user:password@host:port/database`.
        url: Secret<String>,
        /// Made if it is missing. Named as an in-memory database is.
        schema: String,
    },
}

/// An open database. A clone is the same store.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    database: Database,
    readers: AnyPool,
    writer: Writer,
    hub: Arc<Hub>,
}

impl Store {
    /// Opens the database and brings its tables up to date. Needs a Tokio runtime, which then runs the writer.
    ///
    /// # Errors
    /// [`StoreError::Name`] and [`StoreError::Address`] for what cannot be an address, [`StoreError::Open`] if the
    /// database does not answer, [`StoreError::Newer`], [`StoreError::Changed`] and [`StoreError::Migration`] if its
    /// tables do not fit; then the database is as it was before.
    pub async fn open(database: &Database) -> Result<Self, StoreError> {
        let hub = Arc::new(Hub::default());
        let (readers, writer) = backend::open(database, &hub).await?;
        Ok(Self(Arc::new(Inner { database: database.clone(), readers, writer, hub })))
    }

    /// Runs `work` in a transaction, once, and answers after the commit is durable.
    ///
    /// An `Err` or a panic of the closure rolls back what it did, and nothing else. Once it is queued the work is
    /// done even if this future is dropped. On SQLite all closures of a store run one after the other; so await
    /// nothing in one but its own statements, and never another call of this store.
    ///
    /// # Errors
    /// What the closure returned, or a [`StoreError`] as `E` if the transaction could not be begun or committed.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.0.writer.submit(Box::new(Work::new(work, reply))).await?;
        answer.await.unwrap_or_else(|_| Err(E::from(StoreError::Closed)))
    }

    /// Runs `work` on a connection that can only read, outside a transaction: each statement sees what was committed
    /// when it began.
    ///
    /// # Errors
    /// What the closure returned, or a [`StoreError`] as `E` if no connection could be had.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut AnyConnection) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let mut connection = self.0.readers.acquire().await.map_err(StoreError::from)?;
        work(&mut connection).await
    }

    /// Wakes for `topic` from now on: see [`Tx::notify`] for who sends them. Subscribe before reading the state that
    /// is waited for.
    pub fn subscribe(&self, topic: &str) -> Wakes {
        self.0.hub.subscribe(topic)
    }

    /// Deletes all rows but those of `signing_keys`, and wakes everyone.
    ///
    /// # Errors
    /// As [`Store::write`]; then all rows are still there.
    pub async fn reset(&self) -> Result<(), StoreError> {
        self.write(|tx| Box::pin(reset::delete_rows(tx))).await?;
        self.0.hub.wake_all();
        Ok(())
    }

    /// Refuses further work, finishes what was taken, closes all connections and wakes everyone who waits, so that
    /// they meet [`StoreError::Closed`] when they read.
    pub async fn close(&self) {
        self.0.readers.close().await;
        self.0.writer.close().await;
        self.0.hub.wake_all();
    }

    /// Closes the store and removes the database of its realm: the rows in memory, or the schema with all in it. A
    /// file is left to its owner.
    ///
    /// # Errors
    /// [`StoreError::Open`] or [`StoreError::Database`] if the schema could not be dropped; the store is closed then
    /// too.
    pub async fn destroy(&self) -> Result<(), StoreError> {
        self.close().await;
        backend::destroy(&self.0.database).await
    }
}
