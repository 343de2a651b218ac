mod attacks;
mod crash;
mod crash_slots;
mod files;
mod places;
mod slots;
mod trash;
mod usage;

use std::path::{Path, PathBuf};

use countersign_protocol::Timestamp;
use sqlx::{Connection as _, SqliteConnection};
use tempfile::TempDir;

use super::{
    Item, ItemRow, LockedVault, NewKey, Passphrase, SqliteStore, Store as _, StoreError, UnlockKey, Vault,
    VaultError, entries::CodeEntry, sqlite_store::options,
};
use crate::{crypto::kdf::Argon2Cost, otp::TotpEntry, ports::Ports, testing};

/// A folder, and the name of a vault in it.
struct Desk {
    folder: TempDir,
    ports: Ports,
}

impl Desk {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), ports: testing::ports() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("codes.vault")
    }

    fn log_of_changes(&self) -> PathBuf {
        self.folder.path().join("codes.vault-wal")
    }

    async fn create(&self) -> Vault {
        Vault::create(&self.path(), &passphrase("one"), cheap(), self.ports.clone()).await.unwrap()
    }

    /// A closed vault with so many entries in it, which are returned.
    async fn with_entries(&self, count: u32) -> Vec<Item<CodeEntry>> {
        let vault = self.create().await;
        let entries: Vec<_> = (0..count).map(|number| self.entry(number)).collect();
        vault.put_all(&entries).await.unwrap();
        vault.lock().close().await.unwrap();
        entries
    }

    async fn open(&self) -> Result<LockedVault, VaultError> {
        Vault::open(&self.path(), self.ports.clone()).await
    }

    /// Opens and unlocks.
    async fn unlock(&self, text: &str) -> Result<Vault, VaultError> {
        self.open().await?.unlock(&passphrase(text)).await.map_err(|error| error.source)
    }

    /// The rows as they lie in the file of a closed vault.
    async fn rows(&self) -> Vec<ItemRow> {
        let mut store = Box::new(SqliteStore::open(&self.path()).await.unwrap());
        let rows = store.items().await.unwrap();
        store.close().await.unwrap();
        rows
    }

    /// Changes the file as somebody could who has no key.
    async fn tamper(&self, statements: &'static str) {
        let mut connection = SqliteConnection::connect_with(&options(&self.path())).await.unwrap();
        sqlx::raw_sql(statements).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    fn entry(&self, number: u32) -> Item<CodeEntry> {
        let uri = format!("otpauth://totp/Acme%20{number}:mia?secret=JBSWY3DPEHPK3PXP&period={}", number + 1);
        let entry = TotpEntry::parse(&uri).unwrap().entry;
        let created = Timestamp::from_seconds(1_700_000_000);
        let record = CodeEntry { position: number, ..CodeEntry::new(entry, created) };
        Item::new(record, &*self.ports.random).unwrap()
    }
}

/// The files of an open vault, as they would lie on the disk if the power failed now.
struct Files {
    database: Vec<u8>,
    log: Vec<u8>,
}

impl Files {
    fn of(desk: &Desk) -> Self {
        let read = |path: &Path| std::fs::read(path).unwrap();
        Self { database: read(&desk.path()), log: read(&desk.log_of_changes()) }
    }

    /// Another desk with such files on it, of which the device remembers nothing.
    fn lay_out(database: &[u8], log: &[u8]) -> Desk {
        let desk = Desk { folder: tempfile::tempdir().unwrap(), ports: testing::ports() };
        std::fs::write(desk.path(), database).unwrap();
        std::fs::write(desk.log_of_changes(), log).unwrap();
        desk
    }
}

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(&text.into()).unwrap()
}

/// A passphrase as the key of a vault that is to be made.
fn new_key(text: &str) -> NewKey {
    NewKey::Passphrase { passphrase: passphrase(text), cost: cheap() }
}

/// A passphrase as one of the keys of a vault.
fn key(text: &str) -> UnlockKey {
    passphrase(text).into()
}

/// The least that Argon2id takes, for tests only.
fn cheap() -> Argon2Cost {
    Argon2Cost::new(8, 1, 1).unwrap()
}

async fn codes(vault: &Vault) -> Vec<String> {
    written(&vault.list().await.unwrap())
}

/// Everything there is to an entry, comparable.
fn written(entries: &[Item<CodeEntry>]) -> Vec<String> {
    let write = |item: &Item<CodeEntry>| {
        let CodeEntry { entry, created, position, pinned, hidden } = &item.record;
        format!("{position} {pinned} {hidden} {} {} {created}", item.id, entry.to_uri().expose())
    };
    let mut written: Vec<_> = entries.iter().map(write).collect();
    written.sort();
    written
}

fn store_error<T>(result: Result<T, VaultError>) -> StoreError {
    match result {
        Err(VaultError::Store(error)) => error,
        Err(error) => panic!("not an error of the store: {error}"),
        Ok(_) => panic!("it worked"),
    }
}
