//! What a vault does for its user.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Desk, Files, cheap, codes, key, new_key, passphrase, written};
use crate::{
    Error, UserAction,
    testing::{MemoryLog, MemoryStorage, SeededRandom},
    vault::{Item, ItemId, ItemRow, MemoryPlace, Record, Vault, VaultError, entries::CodeEntry},
};

#[tokio::test]
async fn entries_come_back_after_locking_and_after_reopening() {
    let desk = Desk::new();
    let vault = desk.create().await;
    let entries = [desk.entry(0), desk.entry(1)];
    vault.put_all(&entries).await.unwrap();
    assert_eq!(codes(&vault).await, written(&entries));

    let vault = vault.lock().unlock(&passphrase("one")).await.unwrap();
    assert_eq!(codes(&vault).await, written(&entries));
    vault.lock().close().await.unwrap();

    let vault = desk.unlock("one").await.unwrap();
    assert_eq!(codes(&vault).await, written(&entries));
    let one: Item<CodeEntry> = vault.get(entries[1].id).await.unwrap().unwrap();
    assert_eq!(written(&[one]), written(&entries[1..]));
}

#[tokio::test]
async fn an_item_is_replaced_and_removed() {
    let desk = Desk::new();
    let vault = desk.create().await;
    let mut entry = desk.entry(0);
    vault.put(&entry).await.unwrap();
    entry.record.position = 7;
    vault.put(&entry).await.unwrap();
    assert_eq!(codes(&vault).await, written(std::slice::from_ref(&entry)));

    assert!(vault.remove(entry.id).await.unwrap());
    assert!(!vault.remove(entry.id).await.unwrap());
    assert!(vault.get::<CodeEntry>(entry.id).await.unwrap().is_none());
    vault.lock().close().await.unwrap();
    assert!(codes(&desk.unlock("one").await.unwrap()).await.is_empty());
}

#[tokio::test]
async fn nothing_of_an_entry_stands_in_the_file() {
    let desk = Desk::new();
    let entries = desk.with_entries(3).await;
    let file = std::fs::read(desk.path()).unwrap();
    let secret = entries[0].record.entry.totp().secret().expose().clone();
    for hidden in [b"Acme".as_slice(), b"mia", b"JBSWY3", b"SHA1", &secret] {
        assert!(!file.windows(hidden.len()).any(|bytes| bytes == hidden));
    }
    assert!(file.windows(4).any(|bytes| bytes == b"code"), "the kind is not hidden");
}

#[tokio::test]
#[cfg(unix)]
async fn only_its_owner_reads_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::new();
    let vault = desk.create().await;
    vault.put(&desk.entry(0)).await.unwrap();
    for path in [desk.path(), desk.log_of_changes()] {
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{path:?}");
    }
}

#[tokio::test]
async fn a_wrong_passphrase_gives_the_vault_back() {
    let desk = Desk::new();
    let entries = desk.with_entries(1).await;
    let refused = desk.open().await.unwrap().unlock(&passphrase("two")).await.err().unwrap();
    assert!(matches!(refused.source, VaultError::WrongPassphrase));
    let vault = refused.vault.unlock(&passphrase("one")).await.unwrap();
    assert_eq!(codes(&vault).await, written(&entries));

    let error = Error::from(VaultError::WrongPassphrase);
    assert_eq!((error.clone(), error.user_action()), (Error::WrongPassphrase, UserAction::CorrectInput));
}

#[tokio::test]
async fn a_new_passphrase_takes_the_place_of_the_old_one() {
    let desk = Desk::new();
    let entries = desk.with_entries(2).await;
    let mut locked = desk.open().await.unwrap();
    let old_key = locked.derive(&key("one")).await.unwrap();
    let vault = locked.unlock_derived(&old_key).await.unwrap();
    vault.change_passphrase(&passphrase("two"), cheap()).await.unwrap();

    let refused = vault.lock().unlock_derived(&old_key).await.err().unwrap();
    assert!(matches!(refused.source, VaultError::WrongPassphrase));
    refused.vault.close().await.unwrap();
    assert!(matches!(desk.unlock("one").await.err(), Some(VaultError::WrongPassphrase)));
    assert_eq!(codes(&desk.unlock("two").await.unwrap()).await, written(&entries));
}

#[tokio::test]
async fn a_new_key_seals_everything_anew() {
    let desk = Desk::new();
    let entries = desk.with_entries(3).await;
    let vault = desk.unlock("one").await.unwrap();
    assert!(matches!(vault.rotate_key(&[key("two")]).await, Err(VaultError::WrongPassphrase)));
    vault.rotate_key(&[key("one")]).await.unwrap();
    assert_eq!(codes(&vault).await, written(&entries));
    vault.lock().close().await.unwrap();
    assert_eq!(codes(&desk.unlock("one").await.unwrap()).await, written(&entries));
}

#[tokio::test]
async fn nothing_that_a_former_key_opens_stays_in_the_files() {
    let desk = Desk::new();
    let mut entries = desk.with_entries(3).await;
    let mut former = desk.rows().await;
    let vault = desk.unlock("one").await.unwrap();
    for entry in &mut entries {
        entry.record.position += 10;
    }
    vault.put_all(&entries).await.unwrap();
    let now = Files::of(&desk);
    former.extend(Files::lay_out(&now.database, &now.log).rows().await);

    vault.remove(entries[0].id).await.unwrap();
    vault.rotate_key(&[key("one")]).await.unwrap();
    let now = Files::of(&desk);
    let files = [now.database, now.log].concat();
    let is_there = |row: &ItemRow| files.windows(row.sealed.len()).any(|bytes| bytes == row.sealed);
    assert_eq!(former.len(), 6);
    assert!(!former.iter().any(is_there));
    vault.lock().close().await.unwrap();
    assert!(desk.rows().await.iter().all(is_there));
}

#[derive(Serialize, Deserialize)]
struct Note(String);

impl Record for Note {
    const KIND: &'static str = "note";
    const VERSION: u32 = 1;
}

#[derive(Serialize, Deserialize)]
struct NewerNote(String);

impl Record for NewerNote {
    const KIND: &'static str = "note";
    const VERSION: u32 = 2;
}

#[derive(Serialize, Deserialize)]
struct OtherNote {
    text: u8,
}

impl Record for OtherNote {
    const KIND: &'static str = "note";
    const VERSION: u32 = 1;
}

#[tokio::test]
async fn an_item_is_read_only_as_what_it_is() {
    let desk = Desk::new();
    let vault = desk.create().await;
    let random = &*desk.ports.random;
    let note = Item::new(Note("my secret".to_owned()), random).unwrap();
    vault.put(&note).await.unwrap();

    let wrong = VaultError::WrongKind { expected: "code", found: "note".to_owned() }.to_string();
    assert_eq!(vault.get::<CodeEntry>(note.id).await.err().unwrap().to_string(), wrong);
    let in_its_place = Item { id: note.id, record: desk.entry(0).record };
    assert_eq!(vault.put(&in_its_place).await.err().unwrap().to_string(), wrong);
    assert!(vault.list::<CodeEntry>().await.unwrap().is_empty());

    let unreadable = vault.get::<OtherNote>(note.id).await.err().unwrap();
    assert!(matches!(unreadable, VaultError::Unreadable { kind: "note" }));
    assert!(!format!("{unreadable} {unreadable:?}").contains("my secret"));

    vault.put(&Item { id: note.id, record: NewerNote(String::new()) }).await.unwrap();
    let newer = vault.list::<Note>().await.err().unwrap();
    assert!(matches!(newer, VaultError::Newer { found: 2, supported: 1, .. }));
}

#[tokio::test]
async fn an_older_copy_of_the_file_is_noticed_and_can_be_accepted() {
    let desk = Desk::new();
    let entries = desk.with_entries(1).await;
    let copy = std::fs::read(desk.path()).unwrap();
    let vault = desk.unlock("one").await.unwrap();
    vault.put(&desk.entry(1)).await.unwrap();
    vault.lock().close().await.unwrap();

    std::fs::write(desk.path(), &copy).unwrap();
    let refused = desk.open().await.unwrap().unlock(&passphrase("one")).await.err().unwrap();
    assert!(matches!(refused.source, VaultError::OlderCopy { found: 2, expected: 3 }));
    let vault = refused.vault.accept_older_copy().unlock(&passphrase("one")).await.unwrap();
    assert_eq!(codes(&vault).await, written(&entries));
    // From here on, it is the newest.
    vault.lock().unlock(&passphrase("one")).await.unwrap();
}

#[tokio::test]
async fn a_vault_opens_without_secure_storage() {
    let mut desk = Desk::new();
    let (storage, log) = (MemoryStorage::default(), Arc::new(MemoryLog::default()));
    desk.ports.storage = Arc::new(storage.clone());
    desk.ports.log = log.clone();
    let entries = desk.with_entries(1).await;
    assert!(log.lines().is_empty());

    storage.set_locked(true);
    let vault = desk.unlock("one").await.unwrap();
    assert_eq!(codes(&vault).await, written(&entries));
    assert!(!log.lines().is_empty());
}

#[tokio::test]
async fn without_randomness_nothing_is_stored() {
    let mut desk = Desk::new();
    let random = Arc::new(SeededRandom::new(1));
    desk.ports.random = random.clone();
    let vault = desk.create().await;
    let entry = desk.entry(0);
    random.fail();
    assert!(vault.put(&entry).await.is_err());
    assert!(vault.change_passphrase(&passphrase("two"), cheap()).await.is_err());
    assert!(vault.rotate_key(&[key("one")]).await.is_err());
    assert!(codes(&vault).await.is_empty());
    vault.lock().unlock(&passphrase("one")).await.unwrap();
}

#[tokio::test]
async fn a_vault_in_memory_works_the_same() {
    let desk = Desk::new();
    let place = MemoryPlace::default();
    let store = Box::new(place.open().unwrap());
    let vault = Vault::create_in(store, &new_key("one"), desk.ports.clone()).await.unwrap();
    let entry = desk.entry(0);
    vault.put(&entry).await.unwrap();
    vault.rotate_key(&[key("one")]).await.unwrap();
    drop(vault);
    let locked = Vault::open_in(Box::new(place.open().unwrap()), desk.ports.clone()).await.unwrap();
    let vault = locked.unlock(&passphrase("one")).await.unwrap();
    assert_eq!(codes(&vault).await, written(&[entry]));
}

#[test]
fn ids_are_read_as_they_are_written() {
    let id = ItemId::random(&SeededRandom::new(1)).unwrap();
    assert_eq!(id.to_string().parse::<ItemId>().unwrap(), id);
    for wrong in ["", "00", "zz", &id.to_string().to_uppercase(), &format!("{id}00")] {
        assert_eq!(wrong.parse::<ItemId>().unwrap_err().field, "item_id", "{wrong}");
    }
}
