use std::{collections::BTreeMap, path::Path};

use tokio::sync::{Mutex, MutexGuard};

use super::{
    FORMAT, Header, Item, ItemId, LockedVault, Passphrase, Record, SlotRow, SqliteStore, Store, VaultError,
    VaultId, anchor,
    keys::VaultKeys,
    locked::derive,
    manifest::Manifest,
    open::{Content, Open},
    record,
    slot::{self, PassphraseParameters, SlotKind},
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
    /// Creates a vault in a new file and leaves it unlocked.
    ///
    /// # Errors
    /// [`StoreError::Occupied`](super::StoreError::Occupied) if there is a file with something in it; it is not
    /// touched. [`VaultError`].
    pub async fn create(
        path: &Path,
        passphrase: &Passphrase,
        cost: Argon2Cost,
        ports: Ports,
    ) -> Result<Self, VaultError> {
        Self::create_in(Box::new(SqliteStore::create(path).await?), passphrase, cost, ports).await
    }

    /// As [`Vault::create`], in any store.
    ///
    /// # Errors
    /// As [`Vault::create`].
    pub async fn create_in(
        mut store: Box<dyn Store>,
        passphrase: &Passphrase,
        cost: Argon2Cost,
        ports: Ports,
    ) -> Result<Self, VaultError> {
        let random = &*ports.random;
        let vault = VaultId::random(random)?;
        let keys = VaultKeys::generate(vault, random)?;
        let slot = new_slot(&keys, vault, passphrase, cost, &ports).await?;
        let mut manifest = Manifest::empty().next();
        manifest.add_all([keys.slot_hash(&slot)]);
        let sealed_manifest = keys.seal_manifest(random, &manifest)?;
        let header = Header { format: FORMAT, vault, slots: vec![slot] };
        store.initialise(&header, &sealed_manifest).await?;
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
        let (store, ports) = self.open.into_inner().into_parts();
        LockedVault::new(store, self.id, ports)
    }

    /// Stores an item, new or in place of the one of that id.
    ///
    /// # Errors
    /// [`VaultError::WrongKind`] if the id is that of an item of another kind. [`VaultError`].
    pub async fn put<R: Record>(&self, item: &Item<R>) -> Result<(), VaultError> {
        self.put_all(std::slice::from_ref(item)).await
    }

    /// Stores several items, all or none. Of two with one id, the latter counts.
    ///
    /// # Errors
    /// As [`Vault::put`].
    pub async fn put_all<R: Record>(&self, items: &[Item<R>]) -> Result<(), VaultError> {
        let mut open = self.settled().await?;
        let Content { keys, items: former, .. } = open.content();
        let mut changes = BTreeMap::new();
        for Item { id, record } in items {
            former.get(id).map_or(Ok(()), record::expect_kind::<R>)?;
            let content = record::write(record)?;
            let row = keys.seal_item(&*open.ports().random, (*id, R::KIND, R::VERSION), &content)?;
            changes.insert(*id, Some(row));
        }
        let draft = open.draft_items(changes)?;
        open.commit(draft).await
    }

    /// The item of that id, if there is one.
    ///
    /// # Errors
    /// [`VaultError::WrongKind`], [`VaultError::Newer`], [`VaultError::Unreadable`].
    pub async fn get<R: Record>(&self, id: ItemId) -> Result<Option<Item<R>>, VaultError> {
        let open = self.settled().await?;
        let Content { keys, items, .. } = open.content();
        let Some(row) = items.get(&id) else { return Ok(None) };
        record::expect_kind::<R>(row)?;
        Ok(Some(Item { id, record: record::read(row, &keys.open_item(row)?)? }))
    }

    /// All items of a kind, by id.
    ///
    /// # Errors
    /// [`VaultError::Newer`], [`VaultError::Unreadable`].
    pub async fn list<R: Record>(&self) -> Result<Vec<Item<R>>, VaultError> {
        let open = self.settled().await?;
        let Content { keys, items, .. } = open.content();
        let rows = items.values().filter(|row| row.kind == R::KIND);
        rows.map(|row| Ok(Item { id: row.id, record: record::read(row, &keys.open_item(row)?)? })).collect()
    }

    /// Removes an item of any kind; says whether there was one.
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

    /// Replaces the passphrase. The vault key stays: whoever has an older copy of the file and the former passphrase
    /// can still read what is sealed under that key. Use [`Vault::rotate_key`] where that matters.
    ///
    /// # Errors
    /// [`VaultError`]; the former passphrase then still opens the vault.
    pub async fn change_passphrase(
        &self,
        passphrase: &Passphrase,
        cost: Argon2Cost,
    ) -> Result<(), VaultError> {
        let mut open = self.settled().await?;
        let Content { keys, header, .. } = open.content();
        let slot = new_slot(keys, self.id, passphrase, cost, open.ports()).await?;
        let mut slots = vec![slot];
        for row in &header.slots {
            if slot::read(&self.id, row)?.is_none() {
                slots.push(row.clone());
            }
        }
        let draft = open.draft_slots(slots)?;
        open.commit(draft).await
    }

    /// Replaces the vault key and seals everything anew. The passphrase stays, and is asked for to wrap the new key.
    ///
    /// # Errors
    /// [`VaultError::WrongPassphrase`], [`VaultError::UnknownSlot`]; nothing has changed then.
    pub async fn rotate_key(&self, passphrase: &Passphrase) -> Result<(), VaultError> {
        let mut open = self.settled().await?;
        let header = &open.content().header;
        derive(header, passphrase).await?;
        let keys = VaultKeys::generate(self.id, &*open.ports().random)?;
        let mut slots = Vec::with_capacity(header.slots.len());
        for row in &header.slots {
            let Some(SlotKind::Passphrase(parameters)) = slot::read(&self.id, row)? else {
                return Err(VaultError::UnknownSlot);
            };
            slots.push(new_slot(&keys, self.id, passphrase, parameters.cost(), open.ports()).await?);
        }
        let draft = open.draft_keys(keys, slots)?;
        open.commit(draft).await
    }

    async fn settled(&self) -> Result<MutexGuard<'_, Open>, VaultError> {
        let mut open = self.open.lock().await;
        open.settle().await?;
        Ok(open)
    }
}

async fn new_slot(
    keys: &VaultKeys,
    vault: VaultId,
    passphrase: &Passphrase,
    cost: Argon2Cost,
    ports: &Ports,
) -> Result<SlotRow, VaultError> {
    let parameters = PassphraseParameters::generate(cost, &*ports.random)?;
    let key = parameters.derive(passphrase).await?;
    slot::wrap(keys, &vault, &parameters, &key, &*ports.random)
}
