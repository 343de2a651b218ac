//! The key of a [`FileStorage`](crate::ports::FileStorage), kept in the vault.

use countersign_protocol::Secret;
use serde::{Deserialize, Serialize};

use super::{Item, Record, Vault, VaultError};
use crate::crypto::seal::SealKey;

/// As text.
#[derive(Serialize, Deserialize)]
struct StorageSeal(Secret<String>);

impl Record for StorageSeal {
    const KIND: &'static str = "storage_seal";
    const VERSION: u32 = 1;
}

impl Vault {
    /// The key under which a [`FileStorage`](crate::ports::FileStorage) beside the vault is sealed, for devices without
    /// a keyring. It is made at the first call, and stays when the vault key is rotated: what lies in that file, such as
    /// the keys of enrolments, cannot be made anew.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn storage_key(&self) -> Result<SealKey, VaultError> {
        let mut open = self.settled().await?;
        if let Some((item, _)) = open.content().list::<StorageSeal>()?.first() {
            let unreadable = VaultError::Unreadable { kind: StorageSeal::KIND };
            return SealKey::from_text(&item.record.0).ok_or(unreadable);
        }
        let key = SealKey::generate(&*open.ports().random)?;
        let item = Item::new(StorageSeal(key.to_text()), &*open.ports().random)?;
        open.put_all(&[item]).await?;
        Ok(key)
    }
}
