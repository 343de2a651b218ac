//! What an unlocked vault holds in memory, and how that and the store change together.

use std::collections::BTreeMap;

use countersign_protocol::Timestamp;

use super::{
    Change, Header, Item, ItemId, ItemRow, Record, SlotRow, Store, StoreError, VaultError, anchor,
    keys::VaultKeys, manifest::Manifest, record,
};
use crate::ports::Ports;

/// What was read from the store and found to be right.
pub(super) struct Content {
    pub(super) header: Header,
    pub(super) keys: VaultKeys,
    pub(super) manifest: Manifest,
    pub(super) sealed_manifest: Vec<u8>,
    /// Still sealed, each.
    pub(super) items: BTreeMap<ItemId, ItemRow>,
}

/// An item, and since when it lies in the trash.
pub(super) type Stored<R> = (Item<R>, Option<Timestamp>);

/// An open store and its content.
pub(super) struct Open {
    store: Box<dyn Store>,
    ports: Ports,
    content: Content,
    /// A change that was given to the store and of which it is not known whether the store has made it.
    unsettled: Option<Draft>,
}

/// A change, and what is true once it is made.
pub(super) struct Draft {
    change: Change,
    manifest: Manifest,
    keys: Option<VaultKeys>,
}

/// Checks that these are the rows that the manifest speaks of: all of them, each once, each as it was written.
pub(super) fn verify(
    keys: VaultKeys,
    header: Header,
    sealed_manifest: Vec<u8>,
    rows: Vec<ItemRow>,
) -> Result<Content, VaultError> {
    let manifest = keys.open_manifest(&sealed_manifest)?;
    if manifest.format > header.format {
        let what = "the vault's content".to_owned();
        return Err(VaultError::Newer { what, found: manifest.format, supported: header.format });
    }
    let mut found = manifest.without_rows();
    found.add_all(header.slots.iter().map(|row| keys.slot_hash(row)));
    found.add_all(rows.iter().map(|row| keys.item_hash(row)));
    if found != manifest {
        return Err(VaultError::damaged("rows are missing, exchanged or older than the rest"));
    }
    let items = rows.into_iter().map(|row| (row.id, row)).collect();
    Ok(Content { header, keys, manifest, sealed_manifest, items })
}

impl Content {
    /// Reads one row, and since when it lies in the trash.
    pub(super) fn read<R: Record>(&self, row: &ItemRow) -> Result<Stored<R>, VaultError> {
        let (record, trashed) = record::read(row, &self.keys.open_item(row)?)?;
        Ok((Item { id: row.id, record }, trashed))
    }

    /// Reads all rows of a kind.
    pub(super) fn list<R: Record>(&self) -> Result<Vec<Stored<R>>, VaultError> {
        self.items.values().filter(|row| row.kind == R::KIND).map(|row| self.read(row)).collect()
    }
}

impl Open {
    pub(super) fn new(store: Box<dyn Store>, ports: Ports, content: Content) -> Self {
        Self { store, ports, content, unsettled: None }
    }

    pub(super) fn content(&self) -> &Content {
        &self.content
    }

    pub(super) fn ports(&self) -> &Ports {
        &self.ports
    }

    pub(super) fn into_parts(self) -> (Box<dyn Store>, Header, Ports) {
        (self.store, self.content.header, self.ports)
    }

    /// Drafts new contents (`Some`) and removals (`None`) of items.
    pub(super) fn draft_items(
        &self,
        changes: BTreeMap<ItemId, Option<ItemRow>>,
    ) -> Result<Draft, VaultError> {
        let Content { keys, items, manifest, .. } = &self.content;
        let mut manifest = manifest.next();
        let (mut inserted, mut updated, mut removed) = (Vec::new(), Vec::new(), Vec::new());
        for (id, row) in changes {
            let former = items.get(&id);
            manifest.subtract_all(former.map(|row| keys.item_hash(row)));
            manifest.add_all(row.as_ref().map(|row| keys.item_hash(row)));
            match (former, row) {
                (Some(_), Some(row)) => updated.push(row),
                (Some(_), None) => removed.push(id),
                (None, Some(row)) => inserted.push(row),
                (None, None) => {}
            }
        }
        let change = self.change(self.seal(keys, &manifest)?);
        Ok(Draft { change: Change { inserted, updated, removed, ..change }, manifest, keys: None })
    }

    pub(super) async fn put_all<R: Record>(&mut self, items: &[Item<R>]) -> Result<(), VaultError> {
        let Content { keys, items: former, .. } = &self.content;
        let mut changes = BTreeMap::new();
        for Item { id, record } in items {
            former.get(id).map_or(Ok(()), record::expect_kind::<R>)?;
            let content = record::write(record)?;
            let row = keys.seal_item(&*self.ports.random, (*id, R::KIND, R::VERSION), &content)?;
            changes.insert(*id, Some(row));
        }
        let draft = self.draft_items(changes)?;
        self.commit(draft).await
    }

    /// Drafts another set of slots around the same vault key.
    pub(super) fn draft_slots(&self, slots: Vec<SlotRow>) -> Result<Draft, VaultError> {
        let Content { keys, header, manifest, .. } = &self.content;
        let mut manifest = manifest.next();
        manifest.subtract_all(header.slots.iter().map(|row| keys.slot_hash(row)));
        manifest.add_all(slots.iter().map(|row| keys.slot_hash(row)));
        let change = self.change(self.seal(keys, &manifest)?);
        Ok(Draft { change: Change { slots: Some(slots), ..change }, manifest, keys: None })
    }

    /// Drafts a new vault key: all items sealed anew, and the slots that wrap it.
    pub(super) fn draft_keys(&self, keys: VaultKeys, slots: Vec<SlotRow>) -> Result<Draft, VaultError> {
        let former = &self.content;
        let mut manifest = former.manifest.next().without_rows();
        let mut updated = Vec::with_capacity(former.items.len());
        for row in former.items.values() {
            let content = former.keys.open_item(row)?;
            let row = keys.seal_item(&*self.ports.random, (row.id, &row.kind, row.version), &content)?;
            manifest.add_all([keys.item_hash(&row)]);
            updated.push(row);
        }
        manifest.add_all(slots.iter().map(|row| keys.slot_hash(row)));
        let change = self.change(self.seal(&keys, &manifest)?);
        Ok(Draft { change: Change { updated, slots: Some(slots), ..change }, manifest, keys: Some(keys) })
    }

    /// Makes a drafted change: on disk, then in memory, then in what the device remembers.
    pub(super) async fn commit(&mut self, draft: Draft) -> Result<(), VaultError> {
        let draft = self.unsettled.insert(draft);
        // Whether this returns an error or the call is dropped here: the next call asks the store what came of it.
        self.store.apply(&draft.change).await?;
        self.adopt().await;
        Ok(())
    }

    /// Finds out what came of a change whose end was not seen.
    pub(super) async fn settle(&mut self) -> Result<(), VaultError> {
        let Some(draft) = &self.unsettled else { return Ok(()) };
        let found = self.store.manifest().await?;
        if found == draft.change.manifest {
            self.adopt().await;
        } else if found == self.content.sealed_manifest {
            self.unsettled = None;
        } else {
            return Err(StoreError::Conflict.into());
        }
        Ok(())
    }

    async fn adopt(&mut self) {
        let Some(Draft { change, manifest, keys }) = self.unsettled.take() else { return };
        let content = &mut self.content;
        for id in change.removed {
            content.items.remove(&id);
        }
        content.items.extend(change.inserted.into_iter().chain(change.updated).map(|row| (row.id, row)));
        if let Some(slots) = change.slots {
            content.header.slots = slots;
        }
        if let Some(keys) = keys {
            content.keys = keys;
        }
        content.manifest = manifest;
        content.sealed_manifest = change.manifest;
        anchor::remember(&self.ports, content.header.vault, &content.manifest).await;
    }

    fn seal(&self, keys: &VaultKeys, manifest: &Manifest) -> Result<Vec<u8>, VaultError> {
        keys.seal_manifest(&*self.ports.random, manifest)
    }

    fn change(&self, manifest: Vec<u8>) -> Change {
        Change {
            expected_manifest: self.content.sealed_manifest.clone(),
            manifest,
            inserted: Vec::new(),
            updated: Vec::new(),
            removed: Vec::new(),
            slots: None,
        }
    }
}
