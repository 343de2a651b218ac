use std::path::Path;

use super::{
    DerivedKey, Header, Passphrase, SlotKind, SqliteStore, Store, UnlockError, UnlockKey, Vault, VaultError,
    VaultId, anchor,
    open::{Content, Open, verify},
    slot,
};
use crate::ports::Ports;

/// A vault whose key is not in memory. It holds its file, so that nobody else changes it meanwhile.
pub struct LockedVault {
    store: Box<dyn Store>,
    vault: VaultId,
    ways: Vec<SlotKind>,
    ports: Ports,
    accept_older_copy: bool,
}

impl LockedVault {
    pub(super) async fn open(path: &Path, ports: Ports) -> Result<Self, VaultError> {
        Self::open_in(Box::new(SqliteStore::open(path).await?), ports).await
    }

    pub(super) async fn open_in(mut store: Box<dyn Store>, ports: Ports) -> Result<Self, VaultError> {
        match check_slots(&mut *store).await {
            Ok(header) => Ok(Self::new(store, &header, ports)),
            Err(error) => {
                // Leaves nothing behind. What went wrong before matters more than whether this works.
                let _ = store.close().await;
                Err(error)
            }
        }
    }

    pub(super) fn new(store: Box<dyn Store>, header: &Header, ports: Ports) -> Self {
        let mut ways: Vec<_> = slot::known(header).map(|slot| slot.kind).collect();
        ways.sort_unstable();
        ways.dedup();
        Self { store, vault: header.vault, ways, ports, accept_older_copy: false }
    }

    /// Which vault it is.
    pub fn id(&self) -> VaultId {
        self.vault
    }

    /// What opens it, each kind once: what to offer the user. Whether the key in secure storage is still there, and of
    /// this device, is found out by trying.
    pub fn ways(&self) -> Vec<SlotKind> {
        self.ways.clone()
    }

    /// Takes the next unlocking as the newest state, even of a copy that is older than what this device has seen. For
    /// use after [`VaultError::OlderCopy`], when the user has said that it is meant.
    #[must_use]
    pub fn accept_older_copy(self) -> Self {
        Self { accept_older_copy: true, ..self }
    }

    /// Derives the key of the slot that `key` opens, on a thread where that may take its time.
    ///
    /// # Errors
    /// [`VaultError::NoSuchKey`] if the vault has no slot of the kind. Else by kind: [`VaultError::WrongPassphrase`],
    /// [`VaultError::CostTooHigh`]; [`VaultError::StorageKeyMissing`], [`VaultError::StorageKeyWrong`],
    /// [`VaultError::Storage`]; [`VaultError::WrongRecoveryCode`].
    pub async fn derive(&mut self, key: &UnlockKey) -> Result<DerivedKey, VaultError> {
        slot::derive(&self.store.header().await?, key, &self.ports).await
    }

    /// Unlocks by passphrase. A call that is dropped closes the vault.
    ///
    /// # Errors
    /// As [`LockedVault::unlock_with`].
    pub async fn unlock(self, passphrase: &Passphrase) -> Result<Vault, Box<UnlockError>> {
        self.unlock_with(&passphrase.clone().into()).await
    }

    /// Unlocks. A call that is dropped closes the vault.
    ///
    /// # Errors
    /// [`UnlockError`] gives the vault back, locked. Its source is one of [`LockedVault::derive`],
    /// [`VaultError::Damaged`], [`VaultError::OlderCopy`] or one of the file's.
    pub async fn unlock_with(mut self, key: &UnlockKey) -> Result<Vault, Box<UnlockError>> {
        match self.derive(key).await {
            Ok(key) => self.unlock_derived(&key).await,
            Err(source) => Err(Box::new(UnlockError { vault: self, source })),
        }
    }

    /// Unlocks by a key from [`LockedVault::derive`].
    ///
    /// # Errors
    /// As [`LockedVault::unlock_with`]; [`VaultError::WrongPassphrase`] where the key's slot is gone.
    pub async fn unlock_derived(mut self, key: &DerivedKey) -> Result<Vault, Box<UnlockError>> {
        match self.read(key).await {
            Ok(read) => Ok(Vault::new(Open::new(self.store, self.ports, read))),
            Err(source) => Err(Box::new(UnlockError { vault: self, source })),
        }
    }

    /// Gives the file free.
    ///
    /// # Errors
    /// [`VaultError::Store`] if tidying up did not work; nothing is lost then, and the file is free all the same.
    pub async fn close(self) -> Result<(), VaultError> {
        Ok(self.store.close().await?)
    }

    async fn read(&mut self, key: &DerivedKey) -> Result<Content, VaultError> {
        let header = self.store.header().await?;
        let row = header.slots.iter().find(|row| row.id == key.slot).ok_or(VaultError::WrongPassphrase)?;
        let keys = slot::unwrap(&header.vault, row, &key.key).ok_or(VaultError::WrongPassphrase)?;
        let sealed_manifest = self.store.manifest().await?;
        let content = verify(keys, header, sealed_manifest, self.store.items().await?)?;
        anchor::check(&self.ports, self.vault, &content.manifest, self.accept_older_copy).await?;
        Ok(content)
    }
}

/// Finds out which vault it is, and that nothing is wrong with what stands in the clear.
async fn check_slots(store: &mut dyn Store) -> Result<Header, VaultError> {
    let header = store.header().await?;
    for row in &header.slots {
        slot::read(&header.vault, row)?;
    }
    Ok(header)
}

impl std::fmt::Debug for LockedVault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LockedVault").field("vault", &self.vault).finish_non_exhaustive()
    }
}
