//! What can go wrong between a repository and its database.

use std::sync::Arc;

use sqlx::migrate::MigrateError;

/// A failure of the store. Its text holds no row and no address; the cause is kept as the source.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The name of an in-memory database or of a schema cannot be one.
    #[error(
        "{name:?} cannot name a database; use 1 to 48 characters of a-z, 0-9 and _, the first one a letter"
    )]
    Name {
        /// The name as it was given.
        name: String,
    },
    /// The address of the database could not be read.
    #[error(
        "the database address could not be read; write a file path or postgres://user:password@host:port/name"
    )]
    Address(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database could not be reached.
    #[error("the database could not be opened; check its address, its permissions and that it is running")]
    Open(#[source] sqlx::Error),
    /// The database belongs to a newer version of the server.
    #[error(
        "the database was changed by a newer version of the server (migration {version}); start that version, \
         or begin with an empty database"
    )]
    Newer {
        /// Number of the migration that this version does not know.
        version: i64,
    },
    /// A migration was applied in another form than this version has it.
    #[error(
        "migration {version} of the database differs from this version of the server; start the version that \
         made the database, or begin with an empty one"
    )]
    Changed {
        /// Number of the migration.
        version: i64,
    },
    /// A migration failed.
    #[error("the database could not be brought up to date; it is as it was before")]
    Migration(#[source] MigrateError),
    /// A unique index has the value already.
    #[error("another row has the same unique value")]
    UniqueViolation(#[source] sqlx::Error),
    /// The database could not do it now: locked, overloaded, or a deadlock that another transaction won.
    #[error("the database is busy; try again")]
    Busy(#[source] sqlx::Error),
    /// Any other refusal of the database.
    #[error("the database could not run a statement")]
    Database(#[source] sqlx::Error),
    /// The transaction did not end well, so nothing that it did may be relied on. One failed commit is told to
    /// everyone whose work was in it.
    #[error("the transaction was not committed; try again")]
    Commit(#[source] Arc<sqlx::Error>),
    /// The closure panicked. What it had done is rolled back.
    #[error("a store operation failed inside the server and was rolled back")]
    Panicked,
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// Whether the same request may succeed when it is sent again, here or to the server that takes this one's place.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Busy(_) | Self::Commit(_) | Self::Closed)
    }
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(version) => Self::Newer { version },
            MigrateError::VersionMismatch(version) => Self::Changed { version },
            other => Self::Migration(other),
        }
    }
}
