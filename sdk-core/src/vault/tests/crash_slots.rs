//! Ends in the middle of changing keys, where a file and secure storage change, but not together.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;

use super::{Desk, Files, codes, crash::KeepsLog, key, new_key, passphrase, slots::Ring, written};
use crate::{
    ports::{Ports, SecureStorage, StorageError},
    testing::{self, MemoryStorage},
    vault::{
        Change, Header, ItemRow, MemoryPlace, MemoryStore, NewKey, RecoveryCode, SlotKind, SqliteStore,
        Store, StoreError, UnlockKey, Vault, VaultError,
    },
};

/// How many writes there will be, on the disk and in secure storage, before the power fails.
#[derive(Clone)]
struct Power(Arc<AtomicUsize>);

impl Power {
    fn spend(&self) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }

    fn set(&self, writes: usize) {
        self.0.store(writes, Ordering::Relaxed);
    }
}

struct PoweredStorage(MemoryStorage, Power);

impl PoweredStorage {
    fn spend(&self) -> Result<(), StorageError> {
        if self.1.spend() { Ok(()) } else { Err(StorageError::Broken { reason: "no power".to_owned() }) }
    }
}

impl SecureStorage for PoweredStorage {
    fn get(&self, name: &str) -> Result<Option<String>, StorageError> {
        self.0.get(name)
    }

    fn set(&self, name: &str, value: &str) -> Result<(), StorageError> {
        self.spend()?;
        self.0.set(name, value)
    }

    fn remove(&self, name: &str) -> Result<(), StorageError> {
        self.spend()?;
        self.0.remove(name)
    }
}

struct PoweredStore(MemoryStore, Power);

#[async_trait]
impl Store for PoweredStore {
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
        if self.1.spend() { self.0.apply(change).await } else { Err(StoreError::Full) }
    }

    async fn close(self: Box<Self>) -> Result<(), StoreError> {
        Ok(())
    }
}

/// A vault in memory whose device can lose its power.
struct Device {
    place: MemoryPlace,
    power: Power,
    ports: Ports,
    code: RecoveryCode,
    entries: Vec<String>,
}

impl Device {
    async fn new() -> Self {
        let power = Power(Arc::new(AtomicUsize::new(usize::MAX)));
        let storage = Arc::new(PoweredStorage(MemoryStorage::default(), power.clone()));
        let desk = Desk { ports: Ports { storage, ..testing::ports() }, ..Desk::new() };
        let code = RecoveryCode::generate(&*desk.ports.random).unwrap();
        let place = MemoryPlace::default();
        let store = Box::new(PoweredStore(place.open().unwrap(), power.clone()));
        let vault = Vault::create_in(store, &new_key("one"), desk.ports.clone()).await.unwrap();
        vault.add_slot(&NewKey::SecureStorage).await.unwrap();
        vault.add_slot(&NewKey::RecoveryCode(code.clone())).await.unwrap();
        let entry = desk.entry(0);
        vault.put(&entry).await.unwrap();
        Self { place, power, ports: desk.ports, code, entries: written(&[entry]) }
    }

    async fn open(&self) -> crate::vault::LockedVault {
        let store = Box::new(PoweredStore(self.place.open().unwrap(), self.power.clone()));
        Vault::open_in(store, self.ports.clone()).await.unwrap()
    }

    async fn opens(&self, key: &UnlockKey) -> Result<(), VaultError> {
        let vault = self.open().await.unlock_with(key).await.map_err(|refused| refused.source)?;
        assert_eq!(codes(&vault).await, self.entries);
        Ok(())
    }
}

#[derive(Debug, Clone, Copy)]
enum Deed {
    AddStorage,
    AddPassphrase,
    AddCode,
    RemoveStorage,
    RemovePassphrase,
    Rotate,
}

async fn perform(deed: Deed, vault: &Vault, device: &Device, new_code: &RecoveryCode) -> bool {
    let slot = |kind| async move {
        vault.slots().await.unwrap().into_iter().find(|slot| slot.kind == kind).unwrap().id
    };
    match deed {
        Deed::AddStorage => vault.add_slot(&NewKey::SecureStorage).await.is_ok(),
        Deed::AddPassphrase => vault.add_slot(&new_key("two")).await.is_ok(),
        Deed::AddCode => vault.add_slot(&NewKey::RecoveryCode(new_code.clone())).await.is_ok(),
        Deed::RemoveStorage => vault.remove_slot(slot(SlotKind::SecureStorage).await).await.is_ok(),
        Deed::RemovePassphrase => vault.remove_slot(slot(SlotKind::Passphrase).await).await.is_ok(),
        Deed::Rotate => {
            let keys = [key("one"), UnlockKey::SecureStorage, device.code.clone().into()];
            vault.rotate_key(&keys).await.is_ok()
        }
    }
}

#[tokio::test]
async fn power_that_fails_at_any_write_leaves_each_way_to_open_the_vault_working() {
    for deed in [
        Deed::AddStorage,
        Deed::AddPassphrase,
        Deed::AddCode,
        Deed::RemoveStorage,
        Deed::RemovePassphrase,
        Deed::Rotate,
    ] {
        let mut seen = BTreeSet::new();
        for writes in 0.. {
            let device = Device::new().await;
            let new_code = RecoveryCode::generate(&*device.ports.random).unwrap();
            let vault = device.open().await.unlock(&passphrase("one")).await.unwrap();
            device.power.set(writes);
            let done = perform(deed, &vault, &device, &new_code).await;
            let rest = device.power.0.load(Ordering::Relaxed);
            drop(vault);
            device.power.set(usize::MAX);

            // Whatever the vault says opens it does open it: by the former key or by the new one.
            let ways = device.open().await.ways();
            for way in &ways {
                let opened = match way {
                    SlotKind::SecureStorage => vec![device.opens(&UnlockKey::SecureStorage).await],
                    SlotKind::Passphrase => {
                        vec![device.opens(&key("one")).await, device.opens(&key("two")).await]
                    }
                    SlotKind::RecoveryCode => vec![
                        device.opens(&device.code.clone().into()).await,
                        device.opens(&new_code.clone().into()).await,
                    ],
                };
                let works = opened.iter().filter(|opened| opened.is_ok()).count();
                assert_eq!(works, 1, "{deed:?} cut off after {writes} writes: {way}, {opened:?}");
            }
            seen.insert(ways);
            if done && rest > 0 {
                break;
            }
        }
        let removes = matches!(deed, Deed::RemoveStorage | Deed::RemovePassphrase);
        assert_eq!(seen.len(), if removes { 2 } else { 1 }, "{deed:?}");
    }
}

#[tokio::test]
async fn a_log_that_ends_anywhere_holds_slots_that_open() {
    let desk = Desk::new();
    let entries = written(&desk.with_entries(2).await);
    let store = Box::new(KeepsLog(SqliteStore::open(&desk.path()).await.unwrap()));
    let locked = Vault::open_in(store, desk.ports.clone()).await.unwrap();
    let vault = locked.unlock(&passphrase("one")).await.unwrap();
    let code = RecoveryCode::generate(&*desk.ports.random).unwrap();
    vault.add_slot(&NewKey::SecureStorage).await.unwrap();
    vault.add_slot(&NewKey::RecoveryCode(code.clone())).await.unwrap();
    let slots = vault.slots().await.unwrap();
    let former = slots.iter().find(|slot| slot.kind == SlotKind::Passphrase).unwrap();
    vault.remove_slot(former.id).await.unwrap();

    let files = Files::of(&desk);
    let mut seen = BTreeSet::new();
    for length in (0..files.log.len()).step_by(389).chain([files.log.len()]) {
        let mut copy = Files::lay_out(&files.database, &files.log[..length]);
        copy.ports.storage = desk.ports.storage.clone();
        let ways = copy.open().await.unwrap().ways();
        for way in &ways {
            let key = match way {
                SlotKind::Passphrase => key("one"),
                SlotKind::SecureStorage => UnlockKey::SecureStorage,
                SlotKind::RecoveryCode => code.clone().into(),
            };
            let locked = copy.open().await.unwrap().accept_older_copy();
            let vault = locked.unlock_with(&key).await.unwrap();
            assert_eq!(codes(&vault).await, entries, "{length}: {way}");
        }
        seen.insert(ways);
    }
    assert_eq!(seen.len(), 4, "each state between the first and the last");
}

#[tokio::test]
async fn a_change_of_keys_that_was_cut_off_can_be_made_again() {
    let (ring, entries) = Ring::new(1).await;
    let vault = ring.desk.unlock("one").await.unwrap();
    ring.storage.fail_set(2);
    // The second is what the device remembers of the vault; the third would tidy up.
    vault.add_slot(&NewKey::SecureStorage).await.unwrap();
    vault.rotate_key(&ring.keys()).await.unwrap();
    vault.lock().close().await.unwrap();
    let (_, held) = ring.entry().unwrap();
    assert!(!held.contains(' '), "no key is left over");
    for key in ring.keys() {
        let vault = ring.desk.open().await.unwrap().unlock_with(&key).await.unwrap();
        assert_eq!(codes(&vault).await, entries);
    }
}
