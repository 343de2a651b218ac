//! What this device remembers of a vault, outside of its file: how many changes it has seen. An older copy of the
//! whole file is right in itself, and told only by that.
//!
//! It is a help, not a condition: where secure storage does not work, the vault opens without it.

use std::sync::Arc;

use super::{VaultError, VaultId, manifest::Manifest};
use crate::ports::{Level, Ports, StorageError, blocking};

/// Refuses a manifest that is older than the newest that this device has seen, unless that is accepted. What it lets
/// through, it remembers.
pub(super) async fn check(
    ports: &Ports,
    vault: VaultId,
    manifest: &Manifest,
    accept_older: bool,
) -> Result<(), VaultError> {
    let storage = Arc::clone(&ports.storage);
    let remembered = match blocking(interrupted, move || storage.get(&name(vault))).await {
        Ok(remembered) => remembered,
        Err(StorageError::Unsupported { .. }) => return Ok(()),
        Err(error) => {
            warn(ports, &format!("cannot tell whether the vault is an older copy: {error}"));
            return Ok(());
        }
    };
    let expected = remembered.and_then(|text| text.parse::<u64>().ok());
    let found = manifest.generation;
    match expected {
        Some(expected) if found < expected && !accept_older => Err(VaultError::OlderCopy { found, expected }),
        Some(expected) if found == expected => Ok(()),
        _ => {
            remember(ports, vault, manifest).await;
            Ok(())
        }
    }
}

/// Remembers a manifest.
pub(super) async fn remember(ports: &Ports, vault: VaultId, manifest: &Manifest) {
    let storage = Arc::clone(&ports.storage);
    let generation = manifest.generation.to_string();
    match blocking(interrupted, move || storage.set(&name(vault), &generation)).await {
        Ok(()) | Err(StorageError::Unsupported { .. }) => {}
        Err(error) => warn(ports, &format!("an older copy of the vault would not be noticed: {error}")),
    }
}

fn warn(ports: &Ports, line: &str) {
    ports.log.log(Level::Warning, "countersign::vault", line);
}

fn name(vault: VaultId) -> String {
    format!("vault.{vault}.generation")
}

fn interrupted() -> StorageError {
    StorageError::Broken { reason: "the app shut down".to_owned() }
}
