//! Files that are no vault, files that cannot be written, and formats.

use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{Desk, cheap, codes, key, passphrase, store_error, written};
use crate::{
    Error,
    vault::{
        FORMAT, LockedVault, SqliteStore, StoreError, Vault, VaultError,
        format::{APPLICATION_ID, STEPS},
        sqlite_store::options,
    },
};

impl Desk {
    /// Opens with other options or steps than usual.
    async fn open_with(
        &self,
        options: SqliteConnectOptions,
        steps: &[&'static str],
    ) -> Result<LockedVault, VaultError> {
        let store = SqliteStore::open_with(options, &self.path(), steps).await?;
        Vault::open_in(Box::new(store), self.ports.clone()).await
    }

    async fn create_again(&self) -> Result<Vault, VaultError> {
        Vault::create(&self.path(), &passphrase("two"), cheap(), self.ports.clone()).await
    }
}

#[tokio::test]
async fn where_nothing_is_nothing_is_opened_or_made() {
    let desk = Desk::new();
    let missing = store_error(desk.open().await);
    assert!(matches!(missing, StoreError::Missing { .. }));
    assert!(!desk.path().exists());
    let Error::InvalidInput { field, .. } = missing.into() else { panic!("not an input") };
    assert_eq!(field, "path");

    let folder = Vault::open(desk.folder.path(), desk.ports.clone()).await;
    assert!(matches!(store_error(folder), StoreError::File(_)));
    let nowhere = desk.folder.path().join("no/such/folder");
    let created = Vault::create(&nowhere, &passphrase("one"), cheap(), desk.ports.clone()).await;
    assert!(matches!(store_error(created), StoreError::File(_)));
}

#[tokio::test]
async fn a_file_of_somebody_else_is_not_touched() {
    let desk = Desk::new();
    let theirs = desk.folder.path().join("theirs.db");
    let options = SqliteConnectOptions::new().filename(&theirs).create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql("CREATE TABLE meta (format, vault); INSERT INTO meta VALUES (1, 2)")
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();

    let database = std::fs::read(&theirs).unwrap();
    for content in [b"a letter to grandmother".as_slice(), &[0; 5000], &database, &database[..90]] {
        std::fs::write(desk.path(), content).unwrap();
        assert!(matches!(store_error(desk.open().await), StoreError::NotAVault { .. }));
        assert!(matches!(store_error(desk.create_again().await), StoreError::Occupied { .. }));
        assert_eq!(std::fs::read(desk.path()).unwrap(), content);
        assert!(!desk.log_of_changes().exists());
    }
}

#[tokio::test]
async fn creating_never_replaces_a_vault_but_finishes_one_that_was_begun() {
    let desk = Desk::new();
    let entries = desk.with_entries(1).await;
    assert!(matches!(store_error(desk.create_again().await), StoreError::Occupied { .. }));
    assert_eq!(codes(&desk.unlock("one").await.unwrap()).await, written(&entries));

    let begun = Desk::new();
    std::fs::write(begun.path(), b"").unwrap();
    assert!(matches!(store_error(begun.open().await), StoreError::Missing { .. }));
    begun.create_again().await.unwrap();
}

#[tokio::test]
async fn a_second_opener_is_told_that_the_vault_is_in_use() {
    let desk = Desk::new();
    desk.with_entries(1).await;
    let first = desk.open().await.unwrap();
    assert!(matches!(store_error(desk.open().await), StoreError::InUse));
    let first = first.unlock(&passphrase("one")).await.unwrap();
    assert!(matches!(store_error(desk.open().await), StoreError::InUse));
    first.put(&desk.entry(1)).await.unwrap();
    first.lock().close().await.unwrap();
    assert_eq!(codes(&desk.unlock("one").await.unwrap()).await.len(), 2);
}

#[tokio::test]
async fn a_vault_that_cannot_be_written_says_so() {
    let desk = Desk::new();
    let entries = desk.with_entries(1).await;
    let locked = desk.open_with(options(&desk.path()).pragma("query_only", "ON"), &STEPS).await.unwrap();
    let vault = locked.unlock(&passphrase("one")).await.unwrap();
    assert!(matches!(store_error(vault.put(&desk.entry(1)).await), StoreError::ReadOnly));
    assert!(matches!(store_error(vault.rotate_key(&[key("one")]).await), StoreError::ReadOnly));
    assert_eq!(codes(&vault).await, written(&entries));
    vault.lock().unlock(&passphrase("one")).await.unwrap().lock().close().await.unwrap();

    let read_only = desk.open_with(options(&desk.path()).read_only(true), &STEPS).await;
    assert!(matches!(store_error(read_only), StoreError::ReadOnly));
    assert_eq!(codes(&desk.unlock("one").await.unwrap()).await, written(&entries));
}

#[tokio::test]
async fn a_full_disk_leaves_all_as_it_was() {
    let desk = Desk::new();
    let entries = desk.with_entries(40).await;
    let pages = desk.path().metadata().unwrap().len() / 4096;
    let full = options(&desk.path()).pragma("max_page_count", pages.to_string());
    let vault = desk.open_with(full, &STEPS).await.unwrap().unlock(&passphrase("one")).await.unwrap();

    let more: Vec<_> = (40..80).map(|number| desk.entry(number)).collect();
    assert!(matches!(store_error(vault.put_all(&more).await), StoreError::Full));
    assert_eq!(codes(&vault).await, written(&entries));
    vault.lock().close().await.unwrap();
    assert_eq!(codes(&desk.unlock("one").await.unwrap()).await, written(&entries));
}

#[tokio::test]
async fn a_newer_format_is_refused_and_left_alone() {
    let desk = Desk::new();
    let entries = desk.with_entries(2).await;
    let newer = [STEPS[0], "CREATE TABLE wishes (wish TEXT) STRICT"];
    let locked = desk.open_with(options(&desk.path()), &newer).await.unwrap();
    let vault = locked.unlock(&passphrase("one")).await.unwrap();
    assert_eq!(codes(&vault).await, written(&entries));
    vault.lock().close().await.unwrap();

    let file = std::fs::read(desk.path()).unwrap();
    let refused = store_error(desk.open().await);
    assert!(matches!(refused, StoreError::NewerFormat { found: 2, supported: FORMAT }));
    assert_eq!(std::fs::read(desk.path()).unwrap(), file);
    assert!(!desk.log_of_changes().exists());
}

#[tokio::test]
async fn an_upgrade_that_fails_leaves_the_former_format() {
    let desk = Desk::new();
    let entries = desk.with_entries(2).await;
    let newer = [STEPS[0], "DROP TABLE items", "CREATE TABLE wishes (wish TEXT) STRICT; NONSENSE"];
    assert!(matches!(
        store_error(desk.open_with(options(&desk.path()), &newer).await),
        StoreError::Damaged { .. }
    ));
    assert_eq!(codes(&desk.unlock("one").await.unwrap()).await, written(&entries));
}

#[test]
fn the_steps_lead_to_the_format_that_is_written() {
    assert_eq!(STEPS.len(), usize::try_from(FORMAT).unwrap());
    assert!(STEPS[0].contains(&format!("PRAGMA application_id = {APPLICATION_ID};")));
}
