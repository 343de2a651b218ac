//! Ends in the middle: of the process, of the power, of the caller's patience. The vault is the old one or the new
//! one, whole.

use std::{
    env,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use async_trait::async_trait;

use super::{Desk, Files, cheap, codes, key, new_key, passphrase, store_error, written};
use crate::vault::{
    Change, Header, ItemRow, MemoryPlace, MemoryStore, SqliteStore, Store, StoreError, Vault, VaultError,
    conformance::cut_short, entries::CodeEntry,
};

#[tokio::test]
async fn a_log_that_ends_anywhere_gives_the_old_or_the_new_content() {
    let desk = Desk::new();
    let old = desk.with_entries(3).await;
    let vault = desk.unlock("one").await.unwrap();
    let mut new = old.clone();
    new[0].record.position = 9;
    new.push(desk.entry(3));
    vault.put_all(&new).await.unwrap();
    let files = Files::of(&desk);

    let mut news = 0;
    for length in (0..files.log.len()).step_by(97).chain([files.log.len()]) {
        let copy = Files::lay_out(&files.database, &files.log[..length]);
        let found = codes(&copy.unlock("one").await.unwrap()).await;
        if found == written(&new) {
            news += 1;
        } else {
            assert_eq!((found, news), (written(&old), 0), "{length} of {}", files.log.len());
        }
    }
    assert!(news > 0, "the whole log gives the new content");
}

#[tokio::test]
async fn a_merge_that_ends_anywhere_gives_the_new_content() {
    let desk = Desk::new();
    desk.with_entries(60).await;
    let vault = desk.unlock("one").await.unwrap();
    vault.rotate_key(&[key("one")]).await.unwrap();
    let new: Vec<_> = (0..60).map(|number| desk.entry(number)).collect();
    vault.put_all(&new).await.unwrap();
    let expected = codes(&vault).await;
    let files = Files::of(&desk);
    vault.lock().close().await.unwrap();
    let merged = std::fs::read(desk.path()).unwrap();

    for done in (0..merged.len()).step_by(1500) {
        let rest = files.database.get(done..).unwrap_or_default();
        let copy = Files::lay_out(&[&merged[..done], rest].concat(), &files.log);
        assert_eq!(codes(&copy.unlock("one").await.unwrap()).await, expected, "{done}");
    }
}

#[tokio::test]
async fn a_change_of_passphrase_or_key_that_ends_anywhere_leaves_one_that_opens() {
    for rotate in [false, true] {
        let desk = Desk::new();
        let entries = written(&desk.with_entries(3).await);
        let store = Box::new(KeepsLog(SqliteStore::open(&desk.path()).await.unwrap()));
        let locked = Vault::open_in(store, desk.ports.clone()).await.unwrap();
        let vault = locked.unlock(&passphrase("one")).await.unwrap();
        vault.change_passphrase(&passphrase("two"), cheap()).await.unwrap();
        if rotate {
            vault.rotate_key(&[key("two")]).await.unwrap();
        }
        let files = Files::of(&desk);
        let mut last = "one";
        for length in (0..files.log.len()).step_by(389).chain([files.log.len()]) {
            let copy = Files::lay_out(&files.database, &files.log[..length]);
            let locked = copy.open().await.unwrap();
            let vault = match locked.unlock(&passphrase(last)).await {
                Ok(vault) => vault,
                Err(refused) => {
                    assert!(matches!(refused.source, VaultError::WrongPassphrase), "{length}");
                    assert_eq!(last, "one", "{length}");
                    last = "two";
                    refused.vault.unlock(&passphrase("two")).await.unwrap()
                }
            };
            assert_eq!(codes(&vault).await, entries, "{length}");
        }
        assert_eq!(last, "two", "the whole log gives the new passphrase");
    }
}

/// A store that does not empty its log after a change of slots, so that there is something left to cut off.
pub(super) struct KeepsLog(pub(super) SqliteStore);

#[async_trait]
impl Store for KeepsLog {
    async fn initialise(&mut self, header: &Header, manifest: &[u8]) -> Result<(), StoreError> {
        self.0.initialise(header, manifest).await
    }

    async fn header(&mut self) -> Result<Header, StoreError> {
        self.0.header().await
    }

    async fn manifest(&mut self) -> Result<Vec<u8>, StoreError> {
        self.0.manifest().await
    }

    async fn items(&mut self) -> Result<Vec<ItemRow>, StoreError> {
        self.0.items().await
    }

    async fn apply(&mut self, change: &Change) -> Result<(), StoreError> {
        self.0.commit(change).await
    }

    async fn close(self: Box<Self>) -> Result<(), StoreError> {
        Box::new(self.0).close().await
    }
}

#[tokio::test]
async fn a_change_that_fails_half_way_leaves_all_as_it_was() {
    for fault in [
        "CREATE TRIGGER fault BEFORE UPDATE ON manifest BEGIN SELECT RAISE(FAIL, 'fault'); END",
        "CREATE TRIGGER fault BEFORE INSERT ON slots BEGIN SELECT RAISE(FAIL, 'fault'); END",
        "CREATE TRIGGER fault AFTER DELETE ON slots BEGIN SELECT RAISE(FAIL, 'fault'); END",
    ] {
        let desk = Desk::new();
        let entries = written(&desk.with_entries(3).await);
        desk.tamper(fault).await;
        let vault = desk.unlock("one").await.unwrap();
        assert!(vault.change_passphrase(&passphrase("two"), cheap()).await.is_err());
        assert!(vault.rotate_key(&[key("one")]).await.is_err());
        assert_eq!(codes(&vault).await, entries);
        vault.lock().unlock(&passphrase("one")).await.unwrap().lock().close().await.unwrap();

        desk.tamper("DROP TRIGGER fault").await;
        assert_eq!(codes(&desk.unlock("one").await.unwrap()).await, entries);
    }
}

/// A store that makes each change and says that it did not work, as a disk may that fails at the very end.
struct SaysNo(MemoryStore);

#[async_trait]
impl Store for SaysNo {
    async fn initialise(&mut self, header: &Header, manifest: &[u8]) -> Result<(), StoreError> {
        self.0.initialise(header, manifest).await
    }

    async fn header(&mut self) -> Result<Header, StoreError> {
        self.0.header().await
    }

    async fn manifest(&mut self) -> Result<Vec<u8>, StoreError> {
        self.0.manifest().await
    }

    async fn items(&mut self) -> Result<Vec<ItemRow>, StoreError> {
        self.0.items().await
    }

    async fn apply(&mut self, change: &Change) -> Result<(), StoreError> {
        self.0.apply(change).await?;
        Err(StoreError::Full)
    }

    async fn close(self: Box<Self>) -> Result<(), StoreError> {
        Ok(())
    }
}

#[tokio::test]
async fn a_change_that_was_made_after_all_is_found_out() {
    let desk = Desk::new();
    let store = Box::new(SaysNo(MemoryPlace::default().open().unwrap()));
    let vault = Vault::create_in(store, &new_key("one"), desk.ports.clone()).await.unwrap();
    let entry = desk.entry(0);
    assert!(matches!(store_error(vault.put(&entry).await), StoreError::Full));
    assert!(matches!(store_error(vault.rotate_key(&[key("one")]).await), StoreError::Full));
    assert!(matches!(
        store_error(vault.change_passphrase(&passphrase("two"), cheap()).await),
        StoreError::Full
    ));
    assert_eq!(codes(&vault).await, written(std::slice::from_ref(&entry)));
    let vault = vault.lock().unlock(&passphrase("two")).await.unwrap();
    assert_eq!(codes(&vault).await, written(&[entry]));
}

#[tokio::test]
async fn a_caller_that_stops_waiting_leaves_the_old_or_the_new_content() {
    let desk = Desk::new();
    let vault = desk.create().await;
    let mut expected: Vec<String> = Vec::new();
    for polls in 1.. {
        let entry = desk.entry(0);
        let mut new = expected.clone();
        new.extend(written(std::slice::from_ref(&entry)));
        new.sort();
        let finished = cut_short(vault.put(&entry), polls).await;
        let found = codes(&vault).await;
        assert!(found == expected || found == new, "after {polls} polls");
        expected = found;
        if finished.is_some() {
            assert_eq!(expected, new);
            break;
        }
    }
    let mut vault = vault;
    for polls in 1.. {
        let finished = cut_short(vault.rotate_key(&[key("one")]), polls).await;
        assert_eq!(codes(&vault).await, expected, "after {polls} polls");
        vault.put_all::<CodeEntry>(&[]).await.unwrap();
        vault = vault.lock().unlock(&passphrase("one")).await.unwrap();
        if finished.is_some() {
            break;
        }
    }
    vault.lock().close().await.unwrap();
    assert_eq!(codes(&desk.unlock("one").await.unwrap()).await, expected);
}

const VAULT_OF_THE_CHILD: &str = "COUNTERSIGN_TEST_VAULT";

/// Runs itself a second time: as the child, which stores entries for ever and says of each when it is stored.
#[tokio::test]
async fn a_killed_process_loses_nothing_that_was_stored_and_frees_the_vault() {
    let desk = Desk::new();
    if let Some(path) = env::var_os(VAULT_OF_THE_CHILD) {
        let locked = Vault::open(Path::new(&path), desk.ports.clone()).await.unwrap();
        let vault = locked.unlock(&passphrase("one")).await.unwrap();
        for number in 0.. {
            let entry = desk.entry(number);
            vault.put(&entry).await.unwrap();
            println!("\nstored {}", entry.id);
        }
    }
    for stored_at_least in [1, 7, 20] {
        desk_killed_after(stored_at_least).await;
    }
}

async fn desk_killed_after(count: usize) {
    let desk = Desk::new();
    desk.with_entries(0).await;
    let name = "vault::tests::crash::a_killed_process_loses_nothing_that_was_stored_and_frees_the_vault";
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(VAULT_OF_THE_CHILD, desk.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut ids = lines.filter_map(|line| line.strip_prefix("stored ").map(str::to_owned));
    let mut stored: Vec<String> = ids.by_ref().take(count).collect();
    assert!(matches!(store_error(desk.open().await), StoreError::InUse), "the child has it open");
    child.kill().unwrap();
    child.wait().unwrap();
    stored.extend(ids);

    let found = codes(&desk.unlock("one").await.unwrap()).await;
    for id in &stored {
        assert!(found.iter().any(|code| code.contains(id)), "{id} was stored");
    }
    assert!(stored.len() >= count && found.len() <= stored.len() + 1);
}
