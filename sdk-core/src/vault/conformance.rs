//! What every [`Store`] does, as tests. Run them on a store with [`vault_conformance!`](crate::vault_conformance).

#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "these are tests: they fail by panicking"
)]
#![expect(missing_docs, reason = "the name of each case says what it shows")]

use async_trait::async_trait;

use super::{Change, FORMAT, Header, ItemId, ItemRow, SlotId, SlotRow, Store, StoreError, VaultId};
use crate::{ports::Random, testing::SeededRandom};

/// Somewhere a store can be put, empty at first.
#[async_trait]
pub trait Place: Send + Sync {
    /// Opens an empty store there.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn create(&self) -> Result<Box<dyn Store>, StoreError>;

    /// Opens the store that was filled there.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn open(&self) -> Result<Box<dyn Store>, StoreError>;
}

/// Makes one test of each case in this module. Takes an expression that gives a new [`Place`] each time.
#[macro_export]
macro_rules! vault_conformance {
    ($place:expr) => {
        $crate::vault_conformance! { $place =>
            an_empty_place_holds_no_vault
            what_was_written_is_there_when_opened_again
            a_filled_store_is_not_filled_again
            a_change_is_made_as_a_whole
            slots_change_as_a_set_and_leave_the_items_alone
            a_change_that_cannot_be_finished_is_not_begun
            a_change_made_for_another_state_is_refused
            a_change_that_is_cut_short_is_made_or_not_made
            one_has_it_open_at_a_time
        }
    };
    ($place:expr => $($case:ident)*) => {$(
        #[tokio::test]
        async fn $case() {
            $crate::vault::conformance::$case(&$place).await;
        }
    )*};
}

pub async fn an_empty_place_holds_no_vault(place: &dyn Place) {
    let header = match place.open().await {
        Ok(mut store) => store.header().await,
        Err(error) => Err(error),
    };
    assert!(matches!(header, Err(StoreError::Missing { .. })));
}

pub async fn what_was_written_is_there_when_opened_again(place: &dyn Place) {
    let mut store = filled(place).await;
    store.apply(&first_change()).await.unwrap();
    let held = content(&mut *store).await;
    store.close().await.unwrap();
    let mut store = place.open().await.unwrap();
    assert_eq!(content(&mut *store).await, held);
    assert_eq!(held.2, first_change().inserted);
}

pub async fn a_filled_store_is_not_filled_again(place: &dyn Place) {
    let mut store = filled(place).await;
    let held = content(&mut *store).await;
    let again = store.initialise(&Header { slots: Vec::new(), ..header() }, b"other").await;
    assert!(matches!(again, Err(StoreError::Occupied { .. })));
    assert_eq!(content(&mut *store).await, held);
}

pub async fn a_change_is_made_as_a_whole(place: &dyn Place) {
    let mut store = filled(place).await;
    store.apply(&first_change()).await.unwrap();
    let change = second_change();
    store.apply(&change).await.unwrap();
    let (header, manifest, items) = content(&mut *store).await;
    assert_eq!(Some(header.slots), change.slots);
    assert_eq!(manifest, change.manifest);
    assert_eq!(items, sorted([change.inserted, change.updated].concat()));
}

pub async fn slots_change_as_a_set_and_leave_the_items_alone(place: &dyn Place) {
    let mut store = filled(place).await;
    store.apply(&first_change()).await.unwrap();
    let mut manifest = first_change().manifest;
    // More, others of the same kinds, fewer: also where one of the former ones stays.
    for (round, numbers) in [vec![1, 2, 3], vec![1, 4, 5, 6], vec![6]].into_iter().enumerate() {
        let slots: Vec<_> = numbers.into_iter().map(slot).collect();
        let change = Change {
            expected_manifest: manifest,
            manifest: format!("slots {round}").into_bytes(),
            inserted: Vec::new(),
            updated: Vec::new(),
            removed: Vec::new(),
            slots: Some(slots.clone()),
        };
        store.apply(&change).await.unwrap();
        manifest = change.manifest;
        let (header, held, items) = content(&mut *store).await;
        assert_eq!(by_id(header.slots), by_id(slots), "round {round}");
        assert_eq!((held, items), (manifest.clone(), first_change().inserted));
    }
    store.close().await.unwrap();
    let mut store = place.open().await.unwrap();
    assert_eq!(store.header().await.unwrap().slots, [slot(6)]);
}

pub async fn a_change_that_cannot_be_finished_is_not_begun(place: &dyn Place) {
    let mut store = filled(place).await;
    store.apply(&first_change()).await.unwrap();
    let held = content(&mut *store).await;
    let good = second_change();
    let unknown = item(9, b"nowhere");
    for change in [
        Change { inserted: vec![item(8, b"new"), item(3, b"there already")], ..good.clone() },
        Change { updated: vec![item(3, b"new"), unknown.clone()], ..good.clone() },
        Change { removed: vec![id(2), unknown.id], ..good.clone() },
    ] {
        assert!(store.apply(&change).await.is_err());
        assert_eq!(content(&mut *store).await, held);
    }
    store.apply(&good).await.unwrap();
}

pub async fn a_change_made_for_another_state_is_refused(place: &dyn Place) {
    let mut store = filled(place).await;
    let held = content(&mut *store).await;
    let refused = store.apply(&Change { expected_manifest: b"another".to_vec(), ..first_change() }).await;
    assert!(matches!(refused, Err(StoreError::Conflict)));
    assert_eq!(content(&mut *store).await, held);
}

pub async fn a_change_that_is_cut_short_is_made_or_not_made(place: &dyn Place) {
    let mut store = filled(place).await;
    let (mut there, mut manifest) = (false, b"manifest 0".to_vec());
    for polls in 1.. {
        let mut change = Change { expected_manifest: manifest.clone(), ..first_change() };
        change.manifest = format!("cut {polls}").into_bytes();
        if there {
            change.removed = change.inserted.drain(..).map(|row| row.id).collect();
        }
        let finished = cut_short(store.apply(&change), polls).await;
        let (_, held, items) = content(&mut *store).await;
        if held == change.manifest {
            there = !there;
            manifest = held;
        } else {
            assert_eq!(held, manifest);
        }
        let expected = if there { first_change().inserted } else { Vec::new() };
        assert_eq!(items, expected, "after {polls} polls");
        if let Some(result) = finished {
            result.unwrap();
            assert_eq!(manifest, change.manifest);
            break;
        }
    }
}

pub async fn one_has_it_open_at_a_time(place: &dyn Place) {
    let store = filled(place).await;
    assert!(matches!(place.open().await.err(), Some(StoreError::InUse)));
    store.close().await.unwrap();
    place.open().await.unwrap();
}

/// Drives a future for so many polls and drops it then, as a caller does that stops waiting. `None` if it had not
/// finished.
pub(super) async fn cut_short<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = Box::pin(future);
    let mut left = polls;
    std::future::poll_fn(move |context| {
        left -= 1;
        match future.as_mut().poll(context) {
            std::task::Poll::Ready(output) => std::task::Poll::Ready(Some(output)),
            std::task::Poll::Pending if left == 0 => std::task::Poll::Ready(None),
            std::task::Poll::Pending => std::task::Poll::Pending,
        }
    })
    .await
}

async fn filled(place: &dyn Place) -> Box<dyn Store> {
    let mut store = place.create().await.unwrap();
    store.initialise(&header(), b"manifest 0").await.unwrap();
    assert_eq!(content(&mut *store).await, (header(), b"manifest 0".to_vec(), Vec::new()));
    store
}

async fn content(store: &mut dyn Store) -> (Header, Vec<u8>, Vec<ItemRow>) {
    let header = store.header().await.unwrap();
    let manifest = store.manifest().await.unwrap();
    (header, manifest, sorted(store.items().await.unwrap()))
}

fn header() -> Header {
    let vault = VaultId::random(&random(0)).unwrap();
    Header { format: FORMAT, vault, slots: vec![slot(1)] }
}

fn first_change() -> Change {
    Change {
        expected_manifest: b"manifest 0".to_vec(),
        manifest: b"manifest 1".to_vec(),
        inserted: sorted(vec![item(1, b"one"), item(2, &[0xa5; 70_000]), item(3, b"")]),
        updated: Vec::new(),
        removed: Vec::new(),
        slots: None,
    }
}

fn second_change() -> Change {
    Change {
        expected_manifest: b"manifest 1".to_vec(),
        manifest: b"manifest 2".to_vec(),
        inserted: vec![item(4, b"four")],
        updated: vec![item(3, b"three, with more in it")],
        removed: vec![id(1), id(2)],
        slots: Some(vec![slot(2)]),
    }
}

fn item(number: u64, sealed: &[u8]) -> ItemRow {
    ItemRow { id: id(number), kind: format!("kind {number}"), version: u32::MAX, sealed: sealed.to_vec() }
}

fn slot(number: u64) -> SlotRow {
    SlotRow {
        id: SlotId::random(&random(number)).unwrap(),
        kind: ["passphrase", "secure_storage", "recovery_code"][usize::try_from(number % 3).unwrap()]
            .to_owned(),
        parameters: format!("{{\"ü\":{number}}}"),
        wrapped: vec![0; 60],
        checksum: vec![0xff; 32],
    }
}

fn id(number: u64) -> ItemId {
    ItemId::random(&random(number)).unwrap()
}

fn random(seed: u64) -> impl Random {
    SeededRandom::new(seed)
}

fn by_id(mut slots: Vec<SlotRow>) -> Vec<SlotRow> {
    slots.sort_by_key(|row| row.id);
    slots
}

fn sorted(mut items: Vec<ItemRow>) -> Vec<ItemRow> {
    items.sort_by_key(|row| row.id);
    items
}
