use std::{collections::BTreeMap, path::Path};

use tokio::sync::{Mutex, MutexGuard};

use super::{
    FORMAT, Header, Item, ItemId, LockedVault, NewKey, Passphrase, Record, SlotKind, SqliteStore, Store,
    VaultError, VaultId, anchor,
    keys::VaultKeys,
    manifest::Manifest,
    open::{Content, Open},
    record, slot, slot_key,
};
use crate::{crypto::kdf::Argon2Cost, ports::Ports};

/// An unlocked vault. Dropping it locks it.
///
/// Each change is durable when its call returns, and made whole or not at all. A call that is dropped before it
/// returns leaves the one or the other, and the next call finds out which.
pub struct Vault {
    open: Mutex<Open>,
    id: VaultId,
}

impl Vault {
    /// Creates a vault under a passphrase in a new file and leaves it unlocked.
    ///
    /// # Errors
    /// As [`Vault::create_with`].
    pub async fn create(
        path: &Path,
        passphrase: &Passphrase,
        cost: Argon2Cost,
        ports: Ports,
    ) -> Result<Self, VaultError> {
        let passphrase = passphrase.clone();
        Self::create_with(path, &NewKey::Passphrase { passphrase, cost }, ports).await
    }

    /// Creates a vault in a new file and leaves it unlocked. [`Vault::add_slot`] gives it more keys; one that lies in
    /// secure storage alone is lost with that, so give it a recovery code too.
    ///
    /// # Errors
    /// [`StoreError::Occupied`](super::StoreError::Occupied) if there is a file with something in it; it is not
    /// touched. [`VaultError::LastKey`] for a recovery code, which is not for every day. [`VaultError`].
    pub async fn create_with(path: &Path, key: &NewKey, ports: Ports) -> Result<Self, VaultError> {
        check_first_key(key)?;
        Self::create_in(Box::new(SqliteStore::create(path).await?), key, ports).await
    }

    /// As [`Vault::create_with`], in any store.
    ///
    /// # Errors
    /// As [`Vault::create_with`].
    pub async fn create_in(
        mut store: Box<dyn Store>,
        key: &NewKey,
        ports: Ports,
    ) -> Result<Self, VaultError> {
        check_first_key(key)?;
        let random = &*ports.random;
        let vault = VaultId::random(random)?;
        let keys = VaultKeys::generate(vault, random)?;
        let slot = slot::make(&keys, vault, key, None, &ports).await?;
        let mut manifest = Manifest::empty().next();
        manifest.add_all([keys.slot_hash(&slot)]);
        let sealed_manifest = keys.seal_manifest(random, &manifest)?;
        let header = Header { format: FORMAT, vault, slots: vec![slot] };
        if let Err(error) = store.initialise(&header, &sealed_manifest).await {
            if key.kind() == SlotKind::SecureStorage {
                slot_key::forget_others(&ports, vault, None).await;
            }
            return Err(error.into());
        }
        anchor::remember(&ports, vault, &manifest).await;
        let content = Content { header, keys, manifest, sealed_manifest, items: BTreeMap::new() };
        Ok(Self::new(Open::new(store, ports, content)))
    }

    /// Opens the file of a vault, which stays locked.
    ///
    /// # Errors
    /// [`VaultError::Store`] says why: no vault, no file, a newer format, in use. The file is unchanged.
    pub async fn open(path: &Path, ports: Ports) -> Result<LockedVault, VaultError> {
        LockedVault::open(path, ports).await
    }

    /// As [`Vault::open`], of any store.
    ///
    /// # Errors
    /// As [`Vault::open`].
    pub async fn open_in(store: Box<dyn Store>, ports: Ports) -> Result<LockedVault, VaultError> {
        LockedVault::open_in(store, ports).await
    }

    pub(super) fn new(open: Open) -> Self {
        let id = open.content().header.vault;
        Self { open: Mutex::new(open), id }
    }

    /// Which vault it is.
    pub fn id(&self) -> VaultId {
        self.id
    }

    /// Wipes the key from memory and keeps the file.
    pub fn lock(self) -> LockedVault {
        let (store, header, ports) = self.open.into_inner().into_parts();
        LockedVault::new(store, &header, ports)
    }

    /// Stores an item, new or in place of the one of that id.
    ///
    /// # Errors
    /// [`VaultError::WrongKind`] if the id is that of an item of another kind. [`VaultError`].
    pub async fn put<R: Record>(&self, item: &Item<R>) -> Result<(), VaultError> {
        self.put_all(std::slice::from_ref(item)).await
    }

    /// Stores several items, all or none. Of two with one id, the latter counts. One that lies in the trash comes back
    /// by it.
    ///
    /// # Errors
    /// As [`Vault::put`].
    pub async fn put_all<R: Record>(&self, items: &[Item<R>]) -> Result<(), VaultError> {
        let mut open = self.settled().await?;
        open.put_all(items).await
    }

    /// The item of that id, if there is one and it does not lie in the trash.
    ///
    /// # Errors
    /// [`VaultError::WrongKind`], [`VaultError::Newer`], [`VaultError::Unreadable`].
    pub async fn get<R: Record>(&self, id: ItemId) -> Result<Option<Item<R>>, VaultError> {
        let open = self.settled().await?;
        let Some(row) = open.content().items.get(&id) else { return Ok(None) };
        record::expect_kind::<R>(row)?;
        let (item, trashed) = open.content().read(row)?;
        Ok(trashed.is_none().then_some(item))
    }

    /// All items of a kind but those in the trash, by id.
    ///
    /// # Errors
    /// [`VaultError::Newer`], [`VaultError::Unreadable`].
    pub async fn list<R: Record>(&self) -> Result<Vec<Item<R>>, VaultError> {
        let open = self.settled().await?;
        let mut items = open.content().list()?;
        items.retain(|(_, trashed)| trashed.is_none());
        Ok(items.into_iter().map(|(item, _)| item).collect())
    }

    /// Removes an item of any kind for good, wherever it lies; says whether there was one. See [`Vault::trash`].
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn remove(&self, id: ItemId) -> Result<bool, VaultError> {
        let mut open = self.settled().await?;
        if !open.content().items.contains_key(&id) {
            return Ok(false);
        }
        let draft = open.draft_items(BTreeMap::from([(id, None)]))?;
        open.commit(draft).await.map(|()| true)
    }

    pub(super) async fn settled(&self) -> Result<MutexGuard<'_, Open>, VaultError> {
        let mut open = self.open.lock().await;
        open.settle().await?;
        Ok(open)
    }
}

/// A vault that opens by a recovery code alone would be used with what is meant to lie in a drawer.
fn check_first_key(key: &NewKey) -> Result<(), VaultError> {
    if key.kind().is_for_every_day() { Ok(()) } else { Err(VaultError::LastKey) }
}
