//! What this device remembers of a vault, outside of its file: how many changes it has seen. An older copy of the
//! whole file is right in itself, and told only by that.
//!
//! It is a help, not a condition: where secure storage does not work, the vault opens without it.

use std::sync::Arc;

use super::{VaultError, VaultId, manifest::Manifest};
use crate::ports::{Level, Ports, StorageError, blocking};

const TARGET: &str = "countersign::vault";

/// Refuses a manifest that is older than the newest that this device has seen.
pub(super) async fn check(ports: &Ports, vault: VaultId, manifest: &Manifest) -> Result<(), VaultError> {
    let storage = Arc::clone(&ports.storage);
    let stored = blocking(interrupted, move || storage.get(&name(vault))).await;
    let expected = match stored.map(|text| text.map(|text| text.parse::<u64>())) {
        Ok(None) | Err(StorageError::Unsupported { .. }) => return Ok(()),
        Ok(Some(Ok(expected))) => expected,
        Ok(Some(Err(_))) => {
            ports.log.log(Level::Warning, TARGET, "what is remembered of the vault is damaged and ignored");
            return Ok(());
        }
        Err(error) => {
            let line = format!("cannot tell whether the vault is an older copy: {error}");
            ports.log.log(Level::Warning, TARGET, &line);
            return Ok(());
        }
    };
    let found = manifest.generation;
    if found < expected { Err(VaultError::OlderCopy { found, expected }) } else { Ok(()) }
}

/// Remembers a manifest.
pub(super) async fn remember(ports: &Ports, vault: VaultId, manifest: &Manifest) {
    let storage = Arc::clone(&ports.storage);
    let generation = manifest.generation.to_string();
    match blocking(interrupted, move || storage.set(&name(vault), &generation)).await {
        Ok(()) | Err(StorageError::Unsupported { .. }) => {}
        Err(error) => {
            let line = format!("an older copy of the vault would not be noticed: {error}");
            ports.log.log(Level::Warning, TARGET, &line);
        }
    }
}

fn name(vault: VaultId) -> String {
    format!("vault.{vault}.generation")
}

fn interrupted() -> StorageError {
    StorageError::Broken { reason: "the app shut down".to_owned() }
}
