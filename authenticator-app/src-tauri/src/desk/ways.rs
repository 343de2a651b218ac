//! What opens the vault, and changing that. Where accounts are kept stays as it was decided at the first run.
//!
//! A change is one of the vault's own: what is to open it is kept before what opened it goes.

use countersign::vault::{NewKey, SlotKind, VaultError};

use super::{Desk, DeskError, lock};
use crate::ipc::{Keyring, SetPassphrase, Topic, Way};

impl Desk {
    /// The ways in, the easiest first.
    ///
    /// # Errors
    /// [`DeskError::Locked`], [`DeskError::Sdk`].
    pub async fn ways(&self) -> Result<Vec<Way>, DeskError> {
        let slots = self.open().await?.vault.slots().await?;
        Ok(lock::ways(slots.iter().map(|slot| slot.kind)))
    }

    /// Gives the vault this passphrase, in place of a former one.
    ///
    /// # Errors
    /// [`DeskError::Locked`], [`DeskError::Sdk`] with the field that is wrong; a former passphrase then still opens it.
    pub async fn set_passphrase(&self, chosen: &SetPassphrase) -> Result<(), DeskError> {
        let passphrase = lock::chosen(&chosen.passphrase)?;
        let open = self.used().await?;
        self.ways_changed(open.vault.change_passphrase(&passphrase, self.ports().cost).await)
    }

    /// Lets a key in the keyring open the vault.
    ///
    /// # Errors
    /// [`DeskError::Locked`], [`DeskError::NoKeyring`], [`DeskError::Sdk`]; what opened the vault before still does.
    pub async fn use_keyring(&self) -> Result<(), DeskError> {
        drop(self.used().await?);
        match self.look_for_keyring().await {
            Keyring::Ready => {}
            Keyring::Locked { reason } | Keyring::Absent { reason } => {
                return Err(DeskError::NoKeyring { reason });
            }
        }
        let open = self.used().await?;
        self.ways_changed(open.vault.add_slot(&NewKey::SecureStorage).await)
    }

    /// Lets the keyring open the vault no longer. The accounts that it keeps stay there.
    ///
    /// # Errors
    /// [`DeskError::Locked`], [`DeskError::LastWay`], [`DeskError::Sdk`]; the keyring then still opens the vault.
    pub async fn stop_using_keyring(&self) -> Result<(), DeskError> {
        let open = self.used().await?;
        let slots = open.vault.slots().await?;
        let Some(slot) = slots.iter().find(|slot| slot.kind == SlotKind::SecureStorage) else {
            return Ok(());
        };
        self.ways_changed(open.vault.remove_slot(slot.id).await)
    }

    /// Tells of it, done or not: after an error too a page looks at what is so.
    fn ways_changed<T>(&self, done: Result<T, VaultError>) -> Result<(), DeskError> {
        self.changed(Topic::Lock);
        done?;
        Ok(())
    }
}
