//! The keys that open a vault: each alone, none in the place of another.

use sqlx::{Connection as _, SqliteConnection};

use super::{Desk, codes, key, new_key, passphrase, written};
use crate::{
    Error, UserAction,
    ports::{SecureStorage as _, StorageError},
    testing::{MemoryStorage, SeededRandom},
    vault::{
        Header, NewKey, RecoveryCode, SlotId, SlotKind, SlotRow, SqliteStore, Store as _, UnlockKey, Vault,
        VaultError, keys::slot_checksum, sqlite_store::options,
    },
};

/// The passphrase `one`, a key in secure storage and a recovery code, and the vault that they open.
pub(super) struct Ring {
    pub(super) desk: Desk,
    pub(super) storage: MemoryStorage,
    pub(super) code: RecoveryCode,
}

impl Ring {
    /// A closed vault of three entries, which are returned.
    pub(super) async fn new(seed: u64) -> (Self, Vec<String>) {
        let (mut desk, storage) = (Desk::new(), MemoryStorage::default());
        desk.ports.storage = std::sync::Arc::new(storage.clone());
        desk.ports.random = std::sync::Arc::new(SeededRandom::new(seed));
        let entries = desk.with_entries(3).await;
        let code = RecoveryCode::generate(&*desk.ports.random).unwrap();
        let vault = desk.unlock("one").await.unwrap();
        vault.add_slot(&NewKey::SecureStorage).await.unwrap();
        vault.add_slot(&NewKey::RecoveryCode(code.clone())).await.unwrap();
        vault.lock().close().await.unwrap();
        (Self { desk, storage, code }, written(&entries))
    }

    pub(super) fn keys(&self) -> [UnlockKey; 3] {
        [key("one"), UnlockKey::SecureStorage, self.code.clone().into()]
    }

    async fn unlock(&self, key: &UnlockKey) -> Result<Vault, VaultError> {
        self.desk.open().await?.unlock_with(key).await.map_err(|refused| refused.source)
    }

    /// The name of the entry with the vault's key, and what it holds.
    pub(super) fn entry(&self) -> Option<(String, String)> {
        let is_slot = |name: &str| name.split('.').next_back() == Some("slot");
        self.storage.entries().into_iter().find(|(name, _)| is_slot(name))
    }

    async fn header(&self) -> Header {
        let mut store = Box::new(SqliteStore::open(&self.desk.path()).await.unwrap());
        let header = store.header().await.unwrap();
        store.close().await.unwrap();
        header
    }

    /// Puts a slot in the place of another one, with a checksum that fits: it has no key.
    async fn exchange(&self, former: SlotId, new: &SlotRow) {
        let checksum = slot_checksum(&self.header().await.vault, new);
        let mut connection = SqliteConnection::connect_with(&options(&self.desk.path())).await.unwrap();
        sqlx::query(
            "UPDATE slots SET id = $2, kind = $3, parameters = $4, wrapped = $5, checksum = $6 WHERE id = $1",
        )
        .bind(former.as_bytes())
        .bind(new.id.as_bytes())
        .bind(&new.kind)
        .bind(&new.parameters)
        .bind(&new.wrapped)
        .bind(checksum.as_slice())
        .execute(&mut connection)
        .await
        .unwrap();
        connection.close().await.unwrap();
    }
}

async fn id_of(vault: &Vault, kind: SlotKind) -> SlotId {
    vault.slots().await.unwrap().into_iter().find(|slot| slot.kind == kind).unwrap().id
}

#[tokio::test]
async fn each_key_opens_the_vault_alone() {
    let (ring, entries) = Ring::new(1).await;
    let ways = ring.desk.open().await.unwrap().ways();
    assert_eq!(ways, [SlotKind::Passphrase, SlotKind::SecureStorage, SlotKind::RecoveryCode]);
    for key in ring.keys() {
        assert_eq!(codes(&ring.unlock(&key).await.unwrap()).await, entries);
    }
    let other = RecoveryCode::generate(&*ring.desk.ports.random).unwrap();
    assert!(matches!(ring.unlock(&other.into()).await.err(), Some(VaultError::WrongRecoveryCode)));
}

#[tokio::test]
async fn a_vault_begins_with_a_key_for_every_day() {
    let (desk, storage) = (Desk::new(), MemoryStorage::default());
    let ports = crate::ports::Ports { storage: std::sync::Arc::new(storage.clone()), ..desk.ports.clone() };
    let code = RecoveryCode::generate(&*desk.ports.random).unwrap();
    let refused = Vault::create_with(&desk.path(), &NewKey::RecoveryCode(code), ports.clone()).await;
    assert!(matches!(refused.err(), Some(VaultError::LastKey)));
    assert!(!desk.path().exists());

    let vault = Vault::create_with(&desk.path(), &NewKey::SecureStorage, ports.clone()).await.unwrap();
    let locked = vault.lock();
    assert_eq!(locked.ways(), [SlotKind::SecureStorage]);
    let refused = locked.unlock(&passphrase("one")).await.err().unwrap();
    assert!(matches!(refused.source, VaultError::NoSuchKey { kind: SlotKind::Passphrase }));
    refused.vault.close().await.unwrap();

    // Where no vault comes about, no key is left behind.
    let held = storage.entries();
    assert!(Vault::create_with(&desk.path(), &NewKey::SecureStorage, ports).await.is_err());
    assert_eq!(storage.entries(), held);
}

#[tokio::test]
async fn a_removed_key_opens_nothing_and_the_last_one_stays() {
    let (ring, entries) = Ring::new(1).await;
    let vault = ring.unlock(&key("one")).await.unwrap();
    assert!(!vault.remove_slot(SlotId::random(&SeededRandom::new(9)).unwrap()).await.unwrap());

    assert!(vault.remove_slot(id_of(&vault, SlotKind::SecureStorage).await).await.unwrap());
    assert!(ring.entry().is_none());
    let refused = vault.remove_slot(id_of(&vault, SlotKind::Passphrase).await).await;
    assert!(matches!(refused, Err(VaultError::LastKey)), "a recovery code alone is not enough");
    assert!(vault.remove_slot(id_of(&vault, SlotKind::RecoveryCode).await).await.unwrap());
    let refused = vault.remove_slot(id_of(&vault, SlotKind::Passphrase).await).await;
    assert!(matches!(refused, Err(VaultError::LastKey)));
    vault.lock().close().await.unwrap();

    assert_eq!(codes(&ring.unlock(&key("one")).await.unwrap()).await, entries);
    for gone in [UnlockKey::SecureStorage, ring.code.clone().into()] {
        let refused = ring.unlock(&gone).await.err().unwrap();
        assert!(matches!(refused, VaultError::NoSuchKey { kind } if kind == gone.kind()));
    }
}

#[tokio::test]
async fn a_new_key_takes_the_place_of_the_one_of_its_kind() {
    let (ring, entries) = Ring::new(1).await;
    let vault = ring.unlock(&ring.code.clone().into()).await.unwrap();
    let former = ring.entry().unwrap();
    let code = RecoveryCode::generate(&*ring.desk.ports.random).unwrap();
    for key in [NewKey::RecoveryCode(code.clone()), new_key("two"), NewKey::SecureStorage] {
        let id = vault.add_slot(&key).await.unwrap();
        assert_eq!(id_of(&vault, key.kind()).await, id);
    }
    let kinds: Vec<_> = vault.slots().await.unwrap().into_iter().map(|slot| slot.kind).collect();
    assert_eq!(kinds, [SlotKind::Passphrase, SlotKind::SecureStorage, SlotKind::RecoveryCode]);
    vault.lock().close().await.unwrap();

    assert!(matches!(
        ring.unlock(&ring.code.clone().into()).await.err(),
        Some(VaultError::WrongRecoveryCode)
    ));
    assert!(matches!(ring.unlock(&key("one")).await.err(), Some(VaultError::WrongPassphrase)));
    let present = ring.entry().unwrap();
    assert!(present.1 != former.1 && !present.1.contains(' '), "one key, another one");
    for key in [code.into(), key("two"), UnlockKey::SecureStorage] {
        assert_eq!(codes(&ring.unlock(&key).await.unwrap()).await, entries);
    }
}

#[tokio::test]
async fn a_new_vault_key_is_wrapped_for_each_key() {
    let (ring, entries) = Ring::new(1).await;
    let vault = ring.unlock(&key("one")).await.unwrap();
    let former = ring.entry().unwrap();
    let all = ring.keys();
    for missing in 0..all.len() {
        let mut some = all.to_vec();
        let kind = some.remove(missing).kind();
        let refused = vault.rotate_key(&some).await.err().unwrap();
        assert!(matches!(refused, VaultError::KeyNotGiven { kind: named } if named == kind), "{refused}");
    }
    let wrong = [key("two"), UnlockKey::SecureStorage, ring.code.clone().into()];
    assert!(matches!(vault.rotate_key(&wrong).await, Err(VaultError::WrongPassphrase)));
    assert_eq!(ring.entry().unwrap(), former);

    vault.rotate_key(&all).await.unwrap();
    assert_ne!(ring.entry().unwrap(), former);
    vault.lock().close().await.unwrap();
    for key in all {
        assert_eq!(codes(&ring.unlock(&key).await.unwrap()).await, entries);
    }
}

#[tokio::test]
async fn a_key_in_secure_storage_that_is_not_there_or_not_right_is_told_apart() {
    let (ring, entries) = Ring::new(1).await;
    let (name, value) = ring.entry().unwrap();
    let (other, _) = Ring::new(2).await;
    let (_, of_another) = other.entry().unwrap();
    let flipped = value.replace(':', ":A").chars().take(value.len()).collect::<String>();
    for (changed, expected) in [
        (None, VaultError::StorageKeyMissing),
        // The key of another vault, or of a slot that is gone.
        (Some(of_another), VaultError::StorageKeyMissing),
        (Some(flipped), VaultError::StorageKeyWrong),
        (Some(String::new()), VaultError::StorageKeyWrong),
        (Some("a letter".to_owned()), VaultError::StorageKeyWrong),
        (Some(value.replace(':', "")), VaultError::StorageKeyWrong),
    ] {
        match &changed {
            Some(changed) => ring.storage.set(&name, changed).unwrap(),
            None => ring.storage.remove(&name).unwrap(),
        }
        let refused =
            ring.desk.open().await.unwrap().unlock_with(&UnlockKey::SecureStorage).await.err().unwrap();
        assert_eq!(refused.source.to_string(), expected.to_string(), "{changed:?}");
        assert_eq!(Error::from(refused.source).user_action(), UserAction::Unlock);

        // What the error says to do works.
        let vault = refused.vault.unlock(&passphrase("one")).await.unwrap();
        vault.add_slot(&NewKey::SecureStorage).await.unwrap();
        vault.lock().close().await.unwrap();
        assert_eq!(codes(&ring.unlock(&UnlockKey::SecureStorage).await.unwrap()).await, entries);
    }
}

#[tokio::test]
async fn a_locked_storage_is_named_and_the_other_keys_open_without_it() {
    let (ring, entries) = Ring::new(1).await;
    ring.storage.set_locked(true);
    let refused = ring.unlock(&UnlockKey::SecureStorage).await.err().unwrap();
    assert!(matches!(refused, VaultError::Storage(StorageError::Locked { .. })));
    assert!(matches!(Error::from(refused), Error::Locked { .. }));
    let vault = ring.unlock(&ring.code.clone().into()).await.unwrap();
    assert_eq!(codes(&vault).await, entries);
    // A key that cannot be kept does not come into the vault.
    let slots = vault.slots().await.unwrap();
    assert!(matches!(vault.add_slot(&NewKey::SecureStorage).await, Err(VaultError::Storage(_))));
    assert_eq!(vault.slots().await.unwrap(), slots);
    vault.lock().close().await.unwrap();
    ring.storage.set_locked(false);
    assert_eq!(codes(&ring.unlock(&UnlockKey::SecureStorage).await.unwrap()).await, entries);
}

#[tokio::test]
async fn a_slot_of_another_vault_opens_nothing_here() {
    let (theirs, _) = Ring::new(2).await;
    let their_slots = theirs.header().await.slots;
    for (their_key, slot) in
        theirs.keys().iter().map(|key| (key, their_slots.iter().find(|row| row.kind == key.kind().as_str())))
    {
        let (mine, _) = Ring::new(1).await;
        let slot = slot.unwrap();
        let former = mine.header().await.slots.into_iter().find(|row| row.kind == slot.kind).unwrap().id;
        mine.exchange(former, slot).await;
        if let Some((name, _)) = mine.entry() {
            mine.storage.set(&name, &theirs.entry().unwrap().1).unwrap();
        }
        // It is right in itself, and bound to its own vault.
        let refused = mine.unlock(their_key).await.err().unwrap();
        assert!(
            matches!(
                refused,
                VaultError::WrongPassphrase | VaultError::StorageKeyWrong | VaultError::WrongRecoveryCode
            ),
            "{refused}"
        );
        // Whoever opens the vault by another key learns of it.
        let other = mine
            .keys()
            .into_iter()
            .find(|key| key.kind() != their_key.kind() && key.kind() != SlotKind::SecureStorage);
        assert!(matches!(mine.unlock(&other.unwrap()).await.err(), Some(VaultError::Damaged { .. })));
    }
}

#[tokio::test]
async fn a_slot_opens_by_its_own_kind_of_key_only() {
    const SALT: &str = r#"{"salt":"AAAAAAAAAAAAAAAAAAAAAA"}"#;
    const COST: &str = r#"{"salt":"AAAAAAAAAAAAAAAAAAAAAA","memory_kib":8,"passes":1,"lanes":1}"#;
    let kinds = [("passphrase", COST), ("secure_storage", "{}"), ("recovery_code", SALT), ("sesame", "{}")];
    for at in 0..3 {
        for (kind, parameters) in kinds {
            let (ring, _) = Ring::new(1).await;
            let slot = ring.header().await.slots.remove(at);
            if slot.kind == kind {
                continue;
            }
            for parameters in [parameters, &slot.parameters] {
                let parameters = parameters.to_owned();
                let row = SlotRow { kind: kind.to_owned(), parameters, ..slot.clone() };
                ring.exchange(slot.id, &row).await;
                for key in ring.keys() {
                    let refused = ring.unlock(&key).await.err().unwrap();
                    let expected = match refused {
                        VaultError::Damaged { .. } | VaultError::StorageKeyMissing => true,
                        VaultError::NoSuchKey { kind } => kind == key.kind(),
                        _ => false,
                    };
                    assert!(expected, "{} as {kind}: {refused}", slot.kind);
                }
            }
        }
    }
}
