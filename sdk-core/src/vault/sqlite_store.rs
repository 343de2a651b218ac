use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use async_trait::async_trait;
use futures_util::TryStreamExt as _;
use sqlx::{
    ConnectOptions as _, Connection as _, Row as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteLockingMode, SqliteQueryResult, SqliteSynchronous},
};

use super::{
    Change, Header, ItemRow, Store, StoreError,
    format::{STEPS, note_format, take_steps},
    sqlite_error::{Failure, database_error},
    sqlite_file::{claim, recognise, sync_folder},
    sqlite_rows::{bind_item, insert_slot, read_item, read_slot},
};
use crate::ports::blocking;

/// A vault in one SQLite file. While it is open, a second file `<name>-wal` holds what is not merged yet.
///
/// The file is held by an exclusive lock of SQLite, which ends with the process however that ends. Commits are
/// durable (`synchronous = FULL`, `fullfsync`); what is deleted is overwritten (`secure_delete`).
pub struct SqliteStore {
    connection: SqliteConnection,
    path: PathBuf,
}

impl SqliteStore {
    /// Makes the file, readable by its owner only, and opens it; [`Store::initialise`] fills it. A file that an
    /// interrupted creation left empty is used.
    ///
    /// # Errors
    /// [`StoreError::Occupied`] if there is a file with something in it; it is not touched.
    pub async fn create(path: &Path) -> Result<Self, StoreError> {
        let claimed = path.to_owned();
        blocking(interrupted, move || claim(&claimed)).await?;
        Self::connect(options(path), path).await.map_err(|error| match error {
            StoreError::NotAVault { path } => StoreError::Occupied { path },
            other => other,
        })
    }

    /// Opens the file, and takes it to the newest format if it is older.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::NotAVault`], [`StoreError::NewerFormat`], [`StoreError::InUse`]: the file
    /// is unchanged.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_with(options(path), path, &STEPS).await
    }

    pub(super) async fn open_with(
        options: SqliteConnectOptions,
        path: &Path,
        steps: &[&'static str],
    ) -> Result<Self, StoreError> {
        let checked = path.to_owned();
        blocking(interrupted, move || recognise(&checked)).await?;
        let mut store = Self::connect(options, path).await?;
        match store.upgrade(steps).await {
            Ok(()) => Ok(store),
            Err(error) => {
                // Leaves nothing behind. What went wrong before matters more than whether this works.
                let _ = store.connection.close().await;
                Err(error)
            }
        }
    }

    async fn connect(options: SqliteConnectOptions, path: &Path) -> Result<Self, StoreError> {
        let connection = options.connect().await.map_err(|error| database_error(error, path))?;
        Ok(Self { connection, path: path.to_owned() })
    }

    async fn upgrade(&mut self, steps: &[&'static str]) -> Result<(), StoreError> {
        let supported = u32::try_from(steps.len()).unwrap_or(u32::MAX);
        let found = self.meta().await?.0;
        if found > supported {
            return Err(StoreError::NewerFormat { found, supported });
        }
        if found == supported {
            return Ok(());
        }
        let upgraded = async {
            let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
            take_steps(&mut transaction, found, steps).await?;
            note_format(&mut transaction, supported).await?;
            transaction.commit().await
        };
        upgraded.await.map_err(|error| database_error(error, &self.path))
    }

    async fn meta(&mut self) -> Result<(u32, Vec<u8>), StoreError> {
        let row = match sqlx::query("SELECT format, vault FROM meta")
            .fetch_optional(&mut self.connection)
            .await
        {
            Ok(row) => row.ok_or_else(|| damaged("it has lost its description"))?,
            Err(_) if self.is_empty().await? => return Err(StoreError::Missing { path: self.path.clone() }),
            Err(error) => return Err(database_error(error, &self.path)),
        };
        let read = || -> Result<_, sqlx::Error> { Ok((row.try_get::<i64, _>(0)?, row.try_get(1)?)) };
        let (format, vault) = read().map_err(|error| database_error(error, &self.path))?;
        match u32::try_from(format) {
            Ok(format @ 1..) => Ok((format, vault)),
            _ => Err(damaged("its format has no valid number")),
        }
    }

    async fn is_empty(&mut self) -> Result<bool, StoreError> {
        let tables =
            sqlx::query("SELECT 1 FROM sqlite_schema LIMIT 1").fetch_optional(&mut self.connection).await;
        Ok(tables.map_err(|error| database_error(error, &self.path))?.is_none())
    }

    async fn fill(&mut self, header: &Header, manifest: &[u8]) -> Result<(), sqlx::Error> {
        let mut transaction = self.connection.begin_with("BEGIN EXCLUSIVE").await?;
        take_steps(&mut transaction, 0, &STEPS).await?;
        let meta = sqlx::query("INSERT INTO meta (only, format, vault) VALUES (1, $1, $2)");
        meta.bind(i64::from(header.format)).bind(header.vault.as_bytes()).execute(&mut *transaction).await?;
        for slot in &header.slots {
            insert_slot(slot).execute(&mut *transaction).await?;
        }
        let sealed = sqlx::query("INSERT INTO manifest (only, sealed) VALUES (1, $1)").bind(manifest);
        sealed.execute(&mut *transaction).await?;
        transaction.commit().await?;
        // Kept in the header from here on. Not before: until it has its tables, the file is an empty one.
        sqlx::raw_sql("PRAGMA journal_mode = WAL").execute(&mut self.connection).await.map(|_| ())
    }

    pub(super) async fn commit(&mut self, change: &Change) -> Result<(), StoreError> {
        self.transact(change).await.map_err(|failure| failure.at(&self.path))
    }

    async fn transact(&mut self, change: &Change) -> Result<(), Failure> {
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        let manifest = sqlx::query("UPDATE manifest SET sealed = $1 WHERE sealed = $2")
            .bind(&*change.manifest)
            .bind(&*change.expected_manifest);
        if manifest.execute(&mut *transaction).await?.rows_affected() != 1 {
            return Err(Failure::Conflict);
        }
        for id in &change.removed {
            let delete = sqlx::query("DELETE FROM items WHERE id = $1").bind(id.as_bytes());
            exactly_one(&delete.execute(&mut *transaction).await?)?;
        }
        for row in &change.updated {
            let update = sqlx::query("UPDATE items SET kind = $2, version = $3, sealed = $4 WHERE id = $1");
            exactly_one(&bind_item(update, row).execute(&mut *transaction).await?)?;
        }
        for row in &change.inserted {
            let insert = sqlx::query("INSERT INTO items (id, kind, version, sealed) VALUES ($1, $2, $3, $4)");
            bind_item(insert, row).execute(&mut *transaction).await?;
        }
        if let Some(slots) = &change.slots {
            sqlx::query("DELETE FROM slots").execute(&mut *transaction).await?;
            for slot in slots {
                insert_slot(slot).execute(&mut *transaction).await?;
            }
        }
        Ok(transaction.commit().await?)
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn initialise(&mut self, header: &Header, manifest: &[u8]) -> Result<(), StoreError> {
        if !self.is_empty().await? {
            return Err(StoreError::Occupied { path: self.path.clone() });
        }
        self.fill(header, manifest).await.map_err(|error| database_error(error, &self.path))?;
        let path = self.path.clone();
        blocking(interrupted, move || sync_folder(&path)).await
    }

    async fn header(&mut self) -> Result<Header, StoreError> {
        let (format, vault) = self.meta().await?;
        let vault = vault.as_slice().try_into().map_err(|_| damaged("its id has the wrong length"))?;
        let rows = sqlx::query("SELECT id, kind, parameters, wrapped, checksum FROM slots")
            .fetch_all(&mut self.connection)
            .await;
        let rows = rows.map_err(|error| database_error(error, &self.path))?;
        let slots = rows.iter().map(read_slot).collect::<Result<_, _>>();
        Ok(Header { format, vault, slots: slots.map_err(|failure| failure.at(&self.path))? })
    }

    async fn manifest(&mut self) -> Result<Vec<u8>, StoreError> {
        let row = sqlx::query("SELECT sealed FROM manifest").fetch_optional(&mut self.connection).await;
        let row = row.map_err(|error| database_error(error, &self.path))?;
        let row = row.ok_or_else(|| damaged("it has lost its manifest"))?;
        row.try_get(0).map_err(|error| database_error(error, &self.path))
    }

    async fn items(&mut self) -> Result<Vec<ItemRow>, StoreError> {
        sqlx::query("SELECT id, kind, version, sealed FROM items")
            .fetch(&mut self.connection)
            .map_err(Failure::from)
            .and_then(|row| std::future::ready(read_item(&row)))
            .try_collect()
            .await
            .map_err(|failure| failure.at(&self.path))
    }

    async fn apply(&mut self, change: &Change) -> Result<(), StoreError> {
        self.commit(change).await?;
        if change.slots.is_some() {
            // The former slots still lie in the log. Removing them is not part of the change, which is done; where it
            // does not work now, it happens when the vault is closed.
            let _ = sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut self.connection).await;
        }
        Ok(())
    }

    async fn close(self: Box<Self>) -> Result<(), StoreError> {
        self.connection.close().await.map_err(|error| database_error(error, &self.path))
    }
}

pub(super) fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .locking_mode(SqliteLockingMode::Exclusive)
        .synchronous(SqliteSynchronous::Full)
        .pragma("fullfsync", "ON")
        .pragma("secure_delete", "ON")
        // A file may have been tampered with: look at each page before using it, and run nothing that it brings.
        .pragma("cell_size_check", "ON")
        .pragma("trusted_schema", "OFF")
        // Whoever has it open keeps it; a connection that is just closing is soon gone.
        .busy_timeout(Duration::from_millis(250))
        // Rows cross from SQLite's thread in batches of this size; ten thousand take half the time of the default.
        .row_buffer_size(4096)
        .disable_statement_logging()
}

fn exactly_one(result: &SqliteQueryResult) -> Result<(), Failure> {
    if result.rows_affected() == 1 {
        Ok(())
    } else {
        Err(Failure::Damaged("an item is not where it should be"))
    }
}

fn interrupted() -> StoreError {
    StoreError::File(std::io::ErrorKind::Interrupted.into())
}

fn damaged(reason: &str) -> StoreError {
    StoreError::Damaged { reason: reason.to_owned() }
}
