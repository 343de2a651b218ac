use std::sync::Arc;

use countersign::{
    protocol::Timestamp,
    vault::{Item, ItemId, Trashed, entries::CodeEntry},
};

use crate::TotpEntry;

/// A code as it lies in a vault. It does not change: `with…` gives a changed one, to be handed to `Vault.save_code`.
#[derive(uniffi::Object)]
pub struct CodeItem(Item<CodeEntry>);

/// A code in the trash.
#[derive(uniffi::Record)]
pub struct TrashedCode {
    /// The code as it was.
    pub code: Arc<CodeItem>,
    /// Since when it lies there.
    pub since: Timestamp,
}

#[uniffi::export]
impl CodeItem {
    /// Names it in its vault.
    pub fn id(&self) -> ItemId {
        self.0.id
    }

    /// Its names, and the generator.
    pub fn entry(&self) -> Arc<TotpEntry> {
        Arc::new(TotpEntry::from_core(self.0.record.entry.clone()))
    }

    /// When it was added.
    pub fn created(&self) -> Timestamp {
        self.0.record.created
    }

    /// Its place in the list, from 0. Where two are the same, the older one stands first.
    pub fn position(&self) -> u32 {
        self.0.record.position
    }

    /// Whether the user wants it before all others.
    pub fn pinned(&self) -> bool {
        self.0.record.pinned
    }

    /// Whether its codes are shown only when asked for.
    pub fn hidden(&self) -> bool {
        self.0.record.hidden
    }

    /// The same with other names or another generator.
    pub fn with_entry(&self, entry: &TotpEntry) -> Arc<Self> {
        self.with(|record| record.entry = entry.core().clone())
    }

    /// The same at another place.
    pub fn with_position(&self, position: u32) -> Arc<Self> {
        self.with(|record| record.position = position)
    }

    /// The same, pinned or not.
    pub fn with_pinned(&self, pinned: bool) -> Arc<Self> {
        self.with(|record| record.pinned = pinned)
    }

    /// The same, hidden or not.
    pub fn with_hidden(&self, hidden: bool) -> Arc<Self> {
        self.with(|record| record.hidden = hidden)
    }
}

impl CodeItem {
    pub(super) fn new(item: Item<CodeEntry>) -> Arc<Self> {
        Arc::new(Self(item))
    }

    pub(super) fn item(&self) -> &Item<CodeEntry> {
        &self.0
    }

    fn with(&self, change: impl FnOnce(&mut CodeEntry)) -> Arc<Self> {
        let mut item = self.0.clone();
        change(&mut item.record);
        Self::new(item)
    }
}

impl From<Trashed<CodeEntry>> for TrashedCode {
    fn from(Trashed { item, since }: Trashed<CodeEntry>) -> Self {
        Self { code: CodeItem::new(item), since }
    }
}
