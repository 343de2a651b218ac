use std::path::PathBuf;

use async_trait::async_trait;

use super::{ItemId, SlotId, VaultId};

/// Where the sealed rows of one vault lie. It sees nothing but sealed bytes and proves nothing about them: what it
/// returns is checked against the sealed manifest.
///
/// An open store is the only one with access to its rows. `countersign::vault::conformance` holds the tests that
/// every implementation passes.
#[async_trait]
pub trait Store: Send {
    /// Fills an empty store, all or nothing, durable when this returns.
    ///
    /// # Errors
    /// [`StoreError::Occupied`] if it is not empty; it is then unchanged.
    async fn initialise(&mut self, header: &Header, manifest: &[u8]) -> Result<(), StoreError>;

    /// What has to be known before the vault can be unlocked.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if the store is empty.
    async fn header(&mut self) -> Result<Header, StoreError>;

    /// The sealed manifest.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn manifest(&mut self) -> Result<Vec<u8>, StoreError>;

    /// All items, in no order.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn items(&mut self) -> Result<Vec<ItemRow>, StoreError>;

    /// Makes the change, all or nothing, durable when this returns.
    ///
    /// Where the call is dropped, or the disk fails at the very end, the change was made or not made, but never in
    /// part; [`Store::manifest`] then tells which.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the store does not hold what the change was made for; [`StoreError`].
    async fn apply(&mut self, change: &Change) -> Result<(), StoreError>;

    /// Gives the rows free for others to open.
    ///
    /// # Errors
    /// [`StoreError`]; nothing is lost then.
    async fn close(self: Box<Self>) -> Result<(), StoreError>;
}

/// What is known of a vault without its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Version of the format, from 1.
    pub format: u32,
    /// Which vault.
    pub vault: VaultId,
    /// Its key slots, in no order.
    pub slots: Vec<SlotRow>,
}

/// One key slot: the vault key, wrapped under a key that is derived as the parameters say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotRow {
    /// Which slot.
    pub id: SlotId,
    /// How its key comes about, such as `passphrase`.
    pub kind: String,
    /// What is needed for that, JSON.
    pub parameters: String,
    /// The vault key, sealed.
    pub wrapped: Vec<u8>,
    /// SHA-256 over the rest of the row and the vault's id, 32 bytes: tells damage from a wrong passphrase.
    pub checksum: Vec<u8>,
}

/// One item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemRow {
    /// Which item.
    pub id: ItemId,
    /// What it is, such as `code`.
    pub kind: String,
    /// Version of the form its content is in.
    pub version: u32,
    /// Everything else, sealed.
    pub sealed: Vec<u8>,
}

/// A change from one state of the store to the next. No id occurs twice in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The sealed manifest that the store must hold now.
    pub expected_manifest: Vec<u8>,
    /// The sealed manifest afterwards.
    pub manifest: Vec<u8>,
    /// Items that are not there yet.
    pub inserted: Vec<ItemRow>,
    /// Items that are there and get another content.
    pub updated: Vec<ItemRow>,
    /// Items that are there and go.
    pub removed: Vec<ItemId>,
    /// All slots afterwards, where they change.
    pub slots: Option<Vec<SlotRow>>,
}

/// The store could not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Nothing is there. Create a vault, or look for it elsewhere.
    #[error("there is no vault at {path}; create one, or choose where it is")]
    Missing {
        /// The place that was looked at.
        path: PathBuf,
    },
    /// Something is there already.
    #[error("there is something at {path} already; open it, or choose another place")]
    Occupied {
        /// The place.
        path: PathBuf,
    },
    /// It is no vault, or one damaged at its very beginning.
    #[error("{path} is not a vault, or damaged beyond recognition; choose another file or restore a backup")]
    NotAVault {
        /// The place.
        path: PathBuf,
    },
    /// A newer version of this SDK has written it.
    #[error("the vault has format {found}, this version reads up to {supported}; update the app")]
    NewerFormat {
        /// Its format.
        found: u32,
        /// The newest that is read here.
        supported: u32,
    },
    /// Another process, or another part of this one, has it open.
    #[error("the vault is open elsewhere; close it there first")]
    InUse,
    /// The place cannot be written to.
    #[error(
        "the vault cannot be written to; check the permissions of its file and folder, or copy it elsewhere"
    )]
    ReadOnly,
    /// There is no room.
    #[error("there is no room left on the disk; free some and try again")]
    Full,
    /// It does not hold what it should.
    #[error("the vault is damaged: {reason}; restore a backup")]
    Damaged {
        /// What is wrong.
        reason: String,
    },
    /// It has changed since it was read. Open it again.
    #[error("the vault has changed since it was opened; open it again")]
    Conflict,
    /// The database failed in another way.
    #[error("the vault's file could not be read or written: {0}")]
    Database(#[source] sqlx::Error),
    /// The file system failed.
    #[error("the vault's file could not be reached: {0}")]
    File(#[from] std::io::Error),
}
