use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard},
};

use async_trait::async_trait;

use super::{Change, Header, ItemId, ItemRow, Store, StoreError, format::FORMAT};
use crate::lock::locked;

/// A place in memory for one vault, which stays when the vault is closed. Clones are the same place.
#[derive(Clone, Default)]
pub struct MemoryPlace(Arc<Mutex<Place>>);

#[derive(Default)]
struct Place {
    open: bool,
    content: Option<Content>,
}

#[derive(Clone)]
struct Content {
    header: Header,
    manifest: Vec<u8>,
    items: BTreeMap<ItemId, ItemRow>,
}

impl MemoryPlace {
    /// Opens it, empty or not.
    ///
    /// # Errors
    /// [`StoreError::InUse`] while it is open already.
    pub fn open(&self) -> Result<MemoryStore, StoreError> {
        let mut place = self.lock();
        if std::mem::replace(&mut place.open, true) {
            return Err(StoreError::InUse);
        }
        Ok(MemoryStore(self.clone()))
    }

    fn lock(&self) -> MutexGuard<'_, Place> {
        locked(&self.0)
    }
}

/// A [`Store`] in memory, for tests.
pub struct MemoryStore(MemoryPlace);

impl Drop for MemoryStore {
    fn drop(&mut self) {
        self.0.lock().open = false;
    }
}

impl MemoryStore {
    fn read<T>(&self, read: impl FnOnce(&Content) -> T) -> Result<T, StoreError> {
        self.0.lock().content.as_ref().map(read).ok_or_else(|| StoreError::Missing { path: path() })
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn initialise(&mut self, header: &Header, manifest: &[u8]) -> Result<(), StoreError> {
        let mut place = self.0.lock();
        if place.content.is_some() {
            return Err(StoreError::Occupied { path: path() });
        }
        let content = Content { header: header.clone(), manifest: manifest.to_vec(), items: BTreeMap::new() };
        place.content = Some(content);
        Ok(())
    }

    async fn header(&mut self) -> Result<Header, StoreError> {
        let header = self.read(|content| content.header.clone())?;
        if header.format > FORMAT {
            return Err(StoreError::NewerFormat { found: header.format, supported: FORMAT });
        }
        Ok(header)
    }

    async fn manifest(&mut self) -> Result<Vec<u8>, StoreError> {
        self.read(|content| content.manifest.clone())
    }

    async fn items(&mut self) -> Result<Vec<ItemRow>, StoreError> {
        self.read(|content| content.items.values().cloned().collect())
    }

    async fn apply(&mut self, change: &Change) -> Result<(), StoreError> {
        let mut content = self.read(Clone::clone)?;
        if content.manifest != change.expected_manifest {
            return Err(StoreError::Conflict);
        }
        let misplaced = || StoreError::Damaged { reason: "an item is not where it should be".to_owned() };
        for id in &change.removed {
            content.items.remove(id).ok_or_else(misplaced)?;
        }
        for row in &change.updated {
            *content.items.get_mut(&row.id).ok_or_else(misplaced)? = row.clone();
        }
        for row in &change.inserted {
            if content.items.insert(row.id, row.clone()).is_some() {
                return Err(misplaced());
            }
        }
        if let Some(slots) = &change.slots {
            content.header.slots.clone_from(slots);
        }
        content.manifest.clone_from(&change.manifest);
        self.0.lock().content = Some(content);
        Ok(())
    }

    async fn close(self: Box<Self>) -> Result<(), StoreError> {
        Ok(())
    }
}

fn path() -> PathBuf {
    PathBuf::from("(memory)")
}
