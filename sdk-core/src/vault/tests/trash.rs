//! What was thrown away: out of sight, still there, and gone for good when its time is over.

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use super::{Desk, codes, written};
use crate::{
    testing::FixedClock,
    vault::{Item, ItemId, Record, TRASH_KEPT, Trashed, Vault, entries::CodeEntry},
};

const DAY: Duration = Duration::from_hours(24);

impl Desk {
    fn with_clock(clock: &Arc<FixedClock>) -> Self {
        let mut desk = Self::new();
        desk.ports.clock = clock.clone();
        desk
    }
}

async fn trashed(vault: &Vault) -> Vec<ItemId> {
    let trashed: Vec<Trashed<CodeEntry>> = vault.trashed().await.unwrap();
    trashed.into_iter().map(|trashed| trashed.item.id).collect()
}

#[tokio::test]
async fn what_was_thrown_away_is_out_of_sight_and_comes_back_as_it_was() {
    let desk = Desk::new();
    let entries = desk.with_entries(3).await;
    let vault = desk.unlock("one").await.unwrap();
    let id = entries[1].id;
    assert!(vault.trash(id).await.unwrap());
    assert!(!vault.trash(id).await.unwrap(), "it lies there already");
    assert_eq!(codes(&vault).await, written(&[entries[0].clone(), entries[2].clone()]));
    assert!(vault.get::<CodeEntry>(id).await.unwrap().is_none());
    vault.lock().close().await.unwrap();

    let vault = desk.unlock("one").await.unwrap();
    vault.rotate_key(&[super::key("one")]).await.unwrap();
    let thrown = vault.trashed::<CodeEntry>().await.unwrap();
    assert_eq!(thrown[0].since, desk.ports.clock.now());
    assert_eq!(written(&[thrown[0].item.clone()]), written(&entries[1..2]));
    assert!(vault.restore(id).await.unwrap());
    assert!(!vault.restore(id).await.unwrap(), "it is back");
    assert_eq!(codes(&vault).await, written(&entries));
    assert!(trashed(&vault).await.is_empty());
}

#[tokio::test]
async fn what_is_stored_again_is_back_and_what_is_removed_is_gone() {
    let desk = Desk::new();
    let entries = desk.with_entries(2).await;
    let vault = desk.unlock("one").await.unwrap();
    for entry in &entries {
        vault.trash(entry.id).await.unwrap();
    }
    vault.put(&entries[0]).await.unwrap();
    assert!(vault.remove(entries[1].id).await.unwrap());
    assert_eq!(codes(&vault).await, written(&entries[..1]));
    assert!(trashed(&vault).await.is_empty());

    let nobody = desk.entry(9).id;
    assert!(!vault.trash(nobody).await.unwrap());
    assert!(!vault.restore(nobody).await.unwrap());
}

#[derive(Serialize, Deserialize)]
struct Note(String);

impl Record for Note {
    const KIND: &'static str = "note";
    const VERSION: u32 = 1;
}

#[tokio::test]
async fn what_has_lain_there_for_its_time_goes_whatever_its_kind() {
    let clock = Arc::new(FixedClock::skipping());
    let desk = Desk::with_clock(&clock);
    let entries = desk.with_entries(4).await;
    let vault = desk.unlock("one").await.unwrap();
    let note = Item::new(Note("two\nlines".to_owned()), &*desk.ports.random).unwrap();
    vault.put(&note).await.unwrap();

    vault.trash(entries[0].id).await.unwrap();
    vault.trash(note.id).await.unwrap();
    clock.advance(DAY);
    vault.trash(entries[1].id).await.unwrap();
    assert_eq!(trashed(&vault).await, [entries[1].id, entries[0].id], "the latest first");
    assert_eq!(vault.trashed::<Note>().await.unwrap()[0].item.record.0, "two\nlines");

    clock.advance(28 * DAY);
    assert_eq!(vault.purge_older_than(TRASH_KEPT).await.unwrap(), 0);
    clock.advance(DAY);
    assert_eq!(vault.purge_older_than(TRASH_KEPT).await.unwrap(), 2);
    assert_eq!(trashed(&vault).await, [entries[1].id]);
    assert!(vault.get::<Note>(note.id).await.unwrap().is_none());
    assert_eq!(codes(&vault).await, written(&entries[2..]));
    vault.lock().close().await.unwrap();
    assert_eq!(desk.rows().await.len(), 3);
}

#[tokio::test]
async fn a_clock_that_was_set_back_removes_nothing() {
    let clock = Arc::new(FixedClock::skipping());
    let desk = Desk::with_clock(&clock);
    let entries = desk.with_entries(1).await;
    let vault = desk.unlock("one").await.unwrap();
    clock.advance(DAY);
    vault.trash(entries[0].id).await.unwrap();
    clock.set(desk.ports.clock.now().minus(DAY));
    assert_eq!(vault.purge_older_than(Duration::ZERO).await.unwrap(), 0);
    assert_eq!(trashed(&vault).await.len(), 1);
}

#[tokio::test]
async fn nobody_sees_what_lies_in_the_trash() {
    let desk = Desk::new();
    let entries = desk.with_entries(2).await;
    let vault = desk.unlock("one").await.unwrap();
    vault.trash(entries[0].id).await.unwrap();
    vault.lock().close().await.unwrap();
    let file = std::fs::read(desk.path()).unwrap();
    assert!(!file.windows(7).any(|bytes| bytes == b"trashed"));
}
