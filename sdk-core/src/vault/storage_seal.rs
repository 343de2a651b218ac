//! The key of a [`FileStorage`](crate::ports::FileStorage), kept in the vault.

use countersign_protocol::Secret;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

use super::{Item, Record, Vault, VaultError};
use crate::crypto::seal::SealKey;

/// Base64url without padding.
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
            return read(&item.record);
        }
        let key = SealKey::generate(&*open.ports().random)?;
        // EXPOSE: it goes into another secret.
        let record = StorageSeal(Secret::new(BASE64URL_NOPAD.encode(key.bytes().expose())));
        let item = Item::new(record, &*open.ports().random)?;
        open.put_all(&[item]).await?;
        Ok(key)
    }
}

fn read(StorageSeal(text): &StorageSeal) -> Result<SealKey, VaultError> {
    let unreadable = || VaultError::Unreadable { kind: StorageSeal::KIND };
    // EXPOSE: it moves into another secret.
    let key = BASE64URL_NOPAD.decode(text.expose().as_bytes()).map_err(|_| unreadable())?;
    let key = Secret::new(key);
    // EXPOSE: as above.
    let key = <[u8; 32]>::try_from(key.expose().as_slice()).map_err(|_| unreadable())?;
    Ok(SealKey::new(Secret::new(key)))
}
