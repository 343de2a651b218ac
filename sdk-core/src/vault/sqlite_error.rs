use std::path::Path;

use super::StoreError;

/// What went wrong while rows were read or written.
pub(super) enum Failure {
    Database(sqlx::Error),
    Conflict,
    Damaged(&'static str),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl Failure {
    pub(super) fn at(self, path: &Path) -> StoreError {
        match self {
            Self::Database(error) => database_error(error, path),
            Self::Conflict => StoreError::Conflict,
            Self::Damaged(reason) => StoreError::Damaged { reason: reason.to_owned() },
        }
    }
}

/// Sorts an error by SQLite's result code, <https://sqlite.org/rescode.html>.
pub(super) fn database_error(error: sqlx::Error, path: &Path) -> StoreError {
    const ERROR: u32 = 1;
    const BUSY: u32 = 5;
    const LOCKED: u32 = 6;
    const READONLY: u32 = 8;
    const CORRUPT: u32 = 11;
    const IOERR_SHORT_READ: u32 = 0x020a;
    const IOERR_LOCK: u32 = 0x0f0a;
    const FULL: u32 = 13;
    const SCHEMA: u32 = 17;
    const CONSTRAINT: u32 = 19;
    const NOTADB: u32 = 26;

    let damaged = |error: &dyn std::fmt::Display| StoreError::Damaged { reason: error.to_string() };
    let database = match &error {
        sqlx::Error::Database(database) => database,
        sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::ColumnIndexOutOfBounds { .. }
        | sqlx::Error::Decode(_) => {
            return damaged(&error);
        }
        _ => return StoreError::Database(error),
    };
    let code = database.code().and_then(|code| code.parse::<u32>().ok());
    match code {
        // A file that is not open for writing cannot be locked against others.
        Some(IOERR_LOCK) => return StoreError::ReadOnly,
        Some(IOERR_SHORT_READ) => return damaged(database),
        _ => {}
    }
    // The lowest eight bits are the primary code, the rest says more.
    match code.map(|code| code & 0xff) {
        Some(BUSY | LOCKED) => StoreError::InUse,
        Some(READONLY) => StoreError::ReadOnly,
        Some(FULL) => StoreError::Full,
        Some(NOTADB) => StoreError::NotAVault { path: path.to_owned() },
        // The statements are fixed and right for the tables: where they do not fit, the tables are not those.
        Some(ERROR | CORRUPT | SCHEMA | CONSTRAINT) => damaged(database),
        _ => StoreError::Database(error),
    }
}
