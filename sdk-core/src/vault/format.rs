//! Versions of the format of the database, and the steps from each to the next.

use sqlx::SqliteConnection;

/// The newest format, which is the one that is written.
pub const FORMAT: u32 = 1;

/// `application_id` in the header of the database (offset 68): the letters `CSvt`.
pub(super) const APPLICATION_ID: u32 = 0x4353_7674;

/// Step `n` (from 0) takes a database of format `n` to format `n + 1`; format 0 is an empty database.
///
/// Steps change tables only. Content is sealed and gets its newer form when it is next written, by the version of
/// its row. A step, once published, is never edited.
pub(super) const STEPS: [&str; 1] = [
    // Tables without row ids: the tree that is searched is then the one that holds the rows, so there is no index
    // that could tell something else than the table. 1129543284 is APPLICATION_ID.
    "CREATE TABLE meta (
         only INTEGER PRIMARY KEY NOT NULL CHECK (only = 1),
         format INTEGER NOT NULL,
         vault BLOB NOT NULL
     ) STRICT;
     CREATE TABLE slots (
         id BLOB PRIMARY KEY NOT NULL,
         kind TEXT NOT NULL,
         parameters TEXT NOT NULL,
         wrapped BLOB NOT NULL,
         checksum BLOB NOT NULL
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE items (
         id BLOB PRIMARY KEY NOT NULL,
         kind TEXT NOT NULL,
         version INTEGER NOT NULL,
         sealed BLOB NOT NULL
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE manifest (
         only INTEGER PRIMARY KEY NOT NULL CHECK (only = 1),
         sealed BLOB NOT NULL
     ) STRICT;
     PRAGMA application_id = 1129543284;",
];

/// Takes a database of format `found` through the rest of `steps`. Call it inside a transaction.
///
/// # Errors
/// Any of the database; roll back then.
pub(super) async fn take_steps(
    connection: &mut SqliteConnection,
    found: u32,
    steps: &[&'static str],
) -> Result<(), sqlx::Error> {
    let done = usize::try_from(found).unwrap_or(usize::MAX);
    for step in steps.iter().skip(done) {
        sqlx::raw_sql(*step).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Notes which format the database has now.
///
/// # Errors
/// Any of the database.
pub(super) async fn note_format(connection: &mut SqliteConnection, format: u32) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE meta SET format = $1").bind(i64::from(format)).execute(connection).await.map(|_| ())
}
