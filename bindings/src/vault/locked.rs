use std::{path::Path, sync::Arc};

use countersign::{
    ports::Ports as CorePorts,
    vault::{self, UnlockKey},
};
use tokio::sync::Mutex;

use super::{RecoveryCode, SlotKind, Vault, keys};
use crate::{CountersignError, Ports};

/// A vault whose key is not in memory. It holds its file, so that nobody else changes it meanwhile.
///
/// A wrong key leaves it as it is, to be tried again. Unlocking and closing spend it. An unlocking that is cancelled
/// closes it: open the file again then.
#[derive(uniffi::Object)]
pub struct LockedVault {
    /// `None` once it was unlocked or closed.
    state: Mutex<Option<vault::LockedVault>>,
    ways: Vec<SlotKind>,
    ports: CorePorts,
}

#[uniffi::export(async_runtime = "tokio")]
impl LockedVault {
    /// Opens the file of a vault.
    ///
    /// Fails with `InvalidInput` for `path` if there is no vault, with `Damaged` if it is none or a newer one, and with
    /// `Device` while it is open elsewhere. The file is unchanged.
    #[uniffi::constructor]
    pub async fn open(path: String, ports: Arc<Ports>) -> Result<Arc<Self>, CountersignError> {
        let ports = ports.core.clone();
        let vault = vault::Vault::open(Path::new(&path), ports.clone()).await?;
        Ok(Self::new(vault, ports))
    }

    /// What opens it: what to offer the user.
    pub fn ways(&self) -> Vec<SlotKind> {
        self.ways.clone()
    }

    /// Unlocks by passphrase.
    ///
    /// Fails with `WrongPassphrase`, with `InvalidInput` where the vault has none, and with `Damaged` if the vault was
    /// changed or is an older copy.
    pub async fn unlock(&self, passphrase: String) -> Result<Arc<Vault>, CountersignError> {
        self.unlock_with(&UnlockKey::Passphrase(keys::passphrase(passphrase)?)).await
    }

    /// Unlocks by the key in this device's secure storage.
    ///
    /// Fails with `Locked` where secure storage is locked or has lost the key: `describe` says what to do.
    pub async fn unlock_with_secure_storage(&self) -> Result<Arc<Vault>, CountersignError> {
        self.unlock_with(&UnlockKey::SecureStorage).await
    }

    /// Unlocks by a recovery code.
    ///
    /// Fails with `InvalidInput` for `recovery_code` if it is not that of this vault.
    pub async fn unlock_with_recovery_code(
        &self,
        code: Arc<RecoveryCode>,
    ) -> Result<Arc<Vault>, CountersignError> {
        self.unlock_with(&UnlockKey::RecoveryCode(code.0.clone())).await
    }

    /// Takes the next unlocking as the newest state, even of a copy that is older than what this device has seen. For
    /// use when the user has restored a backup and said so.
    pub async fn accept_older_copy(&self) -> Result<(), CountersignError> {
        let mut state = self.state.lock().await;
        let vault = state.take().ok_or_else(|| spent("accept_older_copy"))?;
        *state = Some(vault.accept_older_copy());
        Ok(())
    }

    /// Gives the file free.
    pub async fn close(&self) -> Result<(), CountersignError> {
        let vault = self.state.lock().await.take().ok_or_else(|| spent("close"))?;
        Ok(vault.close().await?)
    }
}

impl LockedVault {
    pub(super) fn new(vault: vault::LockedVault, ports: CorePorts) -> Arc<Self> {
        let ways = vault.ways();
        Arc::new(Self { state: Mutex::new(Some(vault)), ways, ports })
    }

    async fn unlock_with(&self, key: &UnlockKey) -> Result<Arc<Vault>, CountersignError> {
        let mut state = self.state.lock().await;
        let vault = state.take().ok_or_else(|| spent("unlock"))?;
        match vault.unlock_with(key).await {
            Ok(vault) => Ok(Vault::unlocked(vault, self.ports.clone())),
            Err(refused) => {
                let vault::UnlockError { vault, source } = *refused;
                *state = Some(vault);
                Err(source.into())
            }
        }
    }
}

fn spent(step: &str) -> CountersignError {
    let state = "the vault was unlocked or closed".to_owned();
    CountersignError::InvalidTransition { state, step: step.to_owned() }
}
