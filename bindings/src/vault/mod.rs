//! The sealed store of codes. Rust has one type for each state, whose steps consume it; other languages have two
//! objects, [`Vault`] and [`LockedVault`], of which the spent one refuses every further call.

mod code_item;
mod keys;
mod locked;

use std::{path::Path, sync::Arc, time::Duration};

use countersign::{
    ports::Ports as CorePorts,
    vault::{self, Item, ItemId, NewKey, SlotId, entries::CodeEntry},
};
use tokio::sync::{RwLock, RwLockReadGuard};

pub use self::{
    code_item::{CodeItem, TrashedCode},
    keys::{PassphraseCost, RecoveryCode, Slot, SlotKind},
    locked::LockedVault,
};
use crate::{CountersignError, FileStorage, Ports, TotpEntry};

/// An unlocked vault: a file of one-time codes, each sealed. Nobody else can open the file meanwhile.
///
/// Each change is durable when its call returns, and made whole or not at all. `lock` wipes the key from memory and
/// spends the object; so does letting go of it.
#[derive(uniffi::Object)]
pub struct Vault {
    /// `None` once it was locked.
    state: RwLock<Option<vault::Vault>>,
    ports: CorePorts,
}

#[uniffi::export(async_runtime = "tokio")]
impl Vault {
    /// Creates a vault under a passphrase in a new file. Deriving its key takes about a second by design; `cost` is for
    /// tests that cannot wait.
    ///
    /// Fails with `InvalidInput` for `path` if there is a file already, which is not touched.
    #[uniffi::constructor(default(cost = None))]
    pub async fn create(
        path: String,
        passphrase: String,
        ports: Arc<Ports>,
        cost: Option<PassphraseCost>,
    ) -> Result<Arc<Self>, CountersignError> {
        Self::create_with(&path, keys::new_passphrase(passphrase, cost.as_ref())?, &ports).await
    }

    /// Creates a vault in a new file under a random key that this device's secure storage keeps. It is lost with that:
    /// give it a recovery code or a passphrase too.
    ///
    /// Fails as `create`, and with `Locked` or `Device` where secure storage does not take the key: offer a passphrase.
    #[uniffi::constructor]
    pub async fn create_with_secure_storage(
        path: String,
        ports: Arc<Ports>,
    ) -> Result<Arc<Self>, CountersignError> {
        Self::create_with(&path, NewKey::SecureStorage, &ports).await
    }

    /// Wipes the key from memory and keeps the file. Calls that are under way are finished first.
    ///
    /// Fails with `InvalidTransition` if it was locked already, as every call from here on.
    pub async fn lock(&self) -> Result<Arc<LockedVault>, CountersignError> {
        let vault = self.state.write().await.take().ok_or_else(|| spent("lock"))?;
        Ok(LockedVault::new(vault.lock(), self.ports.clone()))
    }

    /// What opens the vault, at most one key of each kind, in the order of the kinds.
    pub async fn slots(&self) -> Result<Vec<Slot>, CountersignError> {
        Ok(self.open("slots").await?.slots().await?)
    }

    /// Gives the vault a passphrase, in place of a former one.
    #[uniffi::method(default(cost = None))]
    pub async fn set_passphrase(
        &self,
        passphrase: String,
        cost: Option<PassphraseCost>,
    ) -> Result<(), CountersignError> {
        self.add(keys::new_passphrase(passphrase, cost.as_ref())?).await
    }

    /// Lets a new random key open the vault, which this device's secure storage keeps, in place of a former one.
    ///
    /// Fails with `Locked` or `Device` where secure storage does not take the key; the vault has not changed then.
    pub async fn use_secure_storage(&self) -> Result<(), CountersignError> {
        self.add(NewKey::SecureStorage).await
    }

    /// Lets a recovery code open the vault, in place of a former one. Show the code first, and call this once the user
    /// has it on paper.
    pub async fn set_recovery_code(&self, code: Arc<RecoveryCode>) -> Result<(), CountersignError> {
        self.add(NewKey::RecoveryCode(code.0.clone())).await
    }

    /// Lets a key open the vault no longer; says whether there was such a slot.
    ///
    /// Fails with `InvalidInput` for `slot` if no passphrase and no key in secure storage would be left.
    pub async fn remove_slot(&self, id: SlotId) -> Result<bool, CountersignError> {
        Ok(self.open("remove_slot").await?.remove_slot(id).await?)
    }

    /// Puts a new code into the vault.
    pub async fn add_code(&self, entry: Arc<TotpEntry>) -> Result<Arc<CodeItem>, CountersignError> {
        let vault = self.open("add_code").await?;
        let entry = CodeEntry::new(entry.core().clone(), self.ports.clock.now());
        let item = Item::new(entry, &*self.ports.random)?;
        vault.put(&item).await?;
        Ok(CodeItem::new(item))
    }

    /// Stores a changed code in place of the one of the same id.
    pub async fn save_code(&self, code: Arc<CodeItem>) -> Result<(), CountersignError> {
        self.save_codes(vec![code]).await
    }

    /// Stores several changed codes, all or none, such as after the user has put them into another order.
    pub async fn save_codes(&self, codes: Vec<Arc<CodeItem>>) -> Result<(), CountersignError> {
        let items: Vec<_> = codes.iter().map(|code| code.item().clone()).collect();
        Ok(self.open("save_codes").await?.put_all(&items).await?)
    }

    /// The code of this id, if there is one and it does not lie in the trash.
    pub async fn code(&self, id: ItemId) -> Result<Option<Arc<CodeItem>>, CountersignError> {
        let item = self.open("code").await?.get(id).await?;
        Ok(item.map(CodeItem::new))
    }

    /// All codes in the order in which they are shown: pinned ones first, then by position, then by age.
    pub async fn codes(&self) -> Result<Vec<Arc<CodeItem>>, CountersignError> {
        let mut items = self.open("codes").await?.list::<CodeEntry>().await?;
        items.sort_by_key(|item| item.record.order());
        Ok(items.into_iter().map(CodeItem::new).collect())
    }

    /// Puts a code into the trash; says whether there was one outside of it.
    pub async fn trash(&self, id: ItemId) -> Result<bool, CountersignError> {
        Ok(self.open("trash").await?.trash(id).await?)
    }

    /// Brings a code back from the trash; says whether it was there.
    pub async fn restore(&self, id: ItemId) -> Result<bool, CountersignError> {
        Ok(self.open("restore").await?.restore(id).await?)
    }

    /// The codes in the trash, the latest first.
    pub async fn trashed_codes(&self) -> Result<Vec<TrashedCode>, CountersignError> {
        let trashed = self.open("trashed_codes").await?.trashed().await?;
        Ok(trashed.into_iter().map(TrashedCode::from).collect())
    }

    /// Removes for good what has been in the trash for so long; says how many. Thirty days is what people expect.
    pub async fn purge_older_than(&self, age: Duration) -> Result<u64, CountersignError> {
        let purged = self.open("purge").await?.purge_older_than(age).await?;
        Ok(u64::try_from(purged).unwrap_or(u64::MAX))
    }

    /// Secure storage in a sealed file, for devices without a keyring: hand it to the ports of the authenticator and the
    /// clients. Its key is kept in the vault. One object at a time should have the file; it can be used after the vault
    /// was locked, until it is let go.
    ///
    /// Fails with `Damaged` if the file does not belong to this vault or was changed. It is not touched.
    pub async fn file_storage(&self, path: String) -> Result<Arc<FileStorage>, CountersignError> {
        let key = self.open("file_storage").await?.storage_key().await?;
        FileStorage::open(path, key, self.ports.random.clone()).await
    }
}

impl Vault {
    pub(super) fn unlocked(vault: vault::Vault, ports: CorePorts) -> Arc<Self> {
        Arc::new(Self { state: RwLock::new(Some(vault)), ports })
    }

    async fn create_with(path: &str, key: NewKey, ports: &Ports) -> Result<Arc<Self>, CountersignError> {
        let ports = ports.core.clone();
        let vault = vault::Vault::create_with(Path::new(path), &key, ports.clone()).await?;
        Ok(Self::unlocked(vault, ports))
    }

    async fn add(&self, key: NewKey) -> Result<(), CountersignError> {
        self.open("changing its keys").await?.add_slot(&key).await?;
        Ok(())
    }

    /// The vault, unless it was locked. While a call has it, `lock` waits.
    async fn open(&self, step: &str) -> Result<RwLockReadGuard<'_, vault::Vault>, CountersignError> {
        RwLockReadGuard::try_map(self.state.read().await, Option::as_ref).map_err(|_| spent(step))
    }
}

fn spent(step: &str) -> CountersignError {
    CountersignError::InvalidTransition { state: "the vault is locked".to_owned(), step: step.to_owned() }
}
