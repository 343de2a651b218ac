use std::path::Path;

use super::{
    Header, Passphrase, SlotId, SqliteStore, Store, UnlockError, Vault, VaultError, VaultId, anchor,
    open::{Content, Open, verify},
    slot::{self, SlotKind},
};
use crate::{crypto::seal::SealKey, ports::Ports};

/// A vault whose key is not in memory. It holds its file, so that nobody else changes it meanwhile.
pub struct LockedVault {
    store: Box<dyn Store>,
    vault: VaultId,
    ports: Ports,
    accept_older_copy: bool,
}

/// A key that opens one slot of one vault, wiped when dropped. Deriving it takes long by design, opening with it does
/// not.
pub struct UnlockKey {
    slot: SlotId,
    key: SealKey,
}

impl LockedVault {
    pub(super) async fn open(path: &Path, ports: Ports) -> Result<Self, VaultError> {
        Self::open_in(Box::new(SqliteStore::open(path).await?), ports).await
    }

    pub(super) async fn open_in(mut store: Box<dyn Store>, ports: Ports) -> Result<Self, VaultError> {
        match check_slots(&mut *store).await {
            Ok(vault) => Ok(Self::new(store, vault, ports)),
            Err(error) => {
                // Leaves nothing behind. What went wrong before matters more than whether this works.
                let _ = store.close().await;
                Err(error)
            }
        }
    }

    pub(super) fn new(store: Box<dyn Store>, vault: VaultId, ports: Ports) -> Self {
        Self { store, vault, ports, accept_older_copy: false }
    }

    /// Which vault it is.
    pub fn id(&self) -> VaultId {
        self.vault
    }

    /// Takes the next unlocking as the newest state, even of a copy that is older than what this device has seen. For
    /// use after [`VaultError::OlderCopy`], when the user has said that it is meant.
    #[must_use]
    pub fn accept_older_copy(self) -> Self {
        Self { accept_older_copy: true, ..self }
    }

    /// Derives the key of the slot that the passphrase opens, on a thread where that may take its time.
    ///
    /// # Errors
    /// [`VaultError::WrongPassphrase`] if it opens none; [`VaultError::CostTooHigh`].
    pub async fn derive(&mut self, passphrase: &Passphrase) -> Result<UnlockKey, VaultError> {
        derive(&self.store.header().await?, passphrase).await
    }

    /// Unlocks by passphrase. A call that is dropped closes the vault.
    ///
    /// # Errors
    /// [`UnlockError`] gives the vault back, locked. Its source is [`VaultError::WrongPassphrase`],
    /// [`VaultError::Damaged`], [`VaultError::OlderCopy`] or one of the file's.
    pub async fn unlock(mut self, passphrase: &Passphrase) -> Result<Vault, Box<UnlockError>> {
        match self.derive(passphrase).await {
            Ok(key) => self.unlock_with(&key).await,
            Err(source) => Err(Box::new(UnlockError { vault: self, source })),
        }
    }

    /// Unlocks by a key from [`LockedVault::derive`].
    ///
    /// # Errors
    /// As [`LockedVault::unlock`].
    pub async fn unlock_with(mut self, key: &UnlockKey) -> Result<Vault, Box<UnlockError>> {
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

    async fn read(&mut self, key: &UnlockKey) -> Result<Content, VaultError> {
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
async fn check_slots(store: &mut dyn Store) -> Result<VaultId, VaultError> {
    let header = store.header().await?;
    for row in &header.slots {
        slot::read(&header.vault, row)?;
    }
    Ok(header.vault)
}

/// Tries the passphrase on each slot that takes one.
pub(super) async fn derive(header: &Header, passphrase: &Passphrase) -> Result<UnlockKey, VaultError> {
    for row in &header.slots {
        if let Some(SlotKind::Passphrase(parameters)) = slot::read(&header.vault, row)? {
            let key = parameters.derive(passphrase).await?;
            if slot::unwrap(&header.vault, row, &key).is_some() {
                return Ok(UnlockKey { slot: row.id, key });
            }
        }
    }
    Err(VaultError::WrongPassphrase)
}

impl std::fmt::Debug for LockedVault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LockedVault").field("vault", &self.vault).finish_non_exhaustive()
    }
}
