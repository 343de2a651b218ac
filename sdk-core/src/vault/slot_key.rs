//! The keys of storage slots, in secure storage under `vault.<id>.slot`.
//!
//! The entry names the slot that its key is for: `<slot id>:<key>`. While a slot takes the place of another one, it
//! holds both keys, so that whichever slot the vault has after a crash, its key is there.

use std::sync::Arc;

use countersign_protocol::Secret;

use super::{SlotId, VaultError, VaultId};
use crate::{
    crypto::seal::SealKey,
    ports::{Level, Ports, SecureStorage, StorageError, blocking},
};

/// The key for this slot.
pub(super) async fn find(ports: &Ports, vault: VaultId, slot: SlotId) -> Result<SealKey, VaultError> {
    let entry = with_storage(ports, move |storage| storage.get(&name(vault))).await?;
    let entry = Secret::new(entry.ok_or(VaultError::StorageKeyMissing)?);
    let keys = parse(&entry).ok_or(VaultError::StorageKeyWrong)?;
    let found = keys.into_iter().find(|(id, _)| *id == slot);
    found.map(|(_, key)| key).ok_or(VaultError::StorageKeyMissing)
}

/// Keeps a new slot's key beside that of the slot which is still in the vault, before the vault changes.
pub(super) async fn keep(
    ports: &Ports,
    vault: VaultId,
    former: Option<SlotId>,
    (slot, key): (SlotId, &SealKey),
) -> Result<(), VaultError> {
    let new = write(slot, key);
    with_storage(ports, move |storage| {
        let kept = match former {
            Some(former) => retained(storage, vault, former)?,
            None => None,
        };
        let entry = kept.map_or(new.clone(), |kept| {
            // EXPOSE: the entry is what holds them.
            Secret::new([kept.expose().as_str(), new.expose()].join(" "))
        });
        // EXPOSE: secure storage is where it belongs.
        storage.set(&name(vault), entry.expose())
    })
    .await
}

/// Forgets all keys but that of the slot which the vault has now, once it has changed. What cannot be forgotten opens
/// nothing, and goes with the next change.
pub(super) async fn forget_others(ports: &Ports, vault: VaultId, present: Option<SlotId>) {
    let forgotten = with_storage(ports, move |storage| {
        let kept = match present {
            Some(present) => retained(storage, vault, present)?,
            None => None,
        };
        match kept {
            // EXPOSE: secure storage is where it belongs.
            Some(kept) => storage.set(&name(vault), kept.expose()),
            None => storage.remove(&name(vault)),
        }
    })
    .await;
    if let Err(error) = forgotten {
        let line = format!("a key that opens nothing any more stays in secure storage: {error}");
        ports.log.log(Level::Warning, "countersign::vault", &line);
    }
}

/// The part of the entry that is for this slot.
fn retained(
    storage: &dyn SecureStorage,
    vault: VaultId,
    slot: SlotId,
) -> Result<Option<Secret<String>>, StorageError> {
    let entry = storage.get(&name(vault))?.map(Secret::new);
    let keys = entry.as_ref().and_then(parse).unwrap_or_default();
    Ok(keys.into_iter().find(|(id, _)| *id == slot).map(|(id, key)| write(id, &key)))
}

fn write(slot: SlotId, key: &SealKey) -> Secret<String> {
    // EXPOSE: it goes into another secret.
    Secret::new(format!("{slot}:{}", key.to_text().expose()))
}

fn parse(entry: &Secret<String>) -> Option<Vec<(SlotId, SealKey)>> {
    // EXPOSE: the keys in it move into other secrets.
    let parts = entry.expose().split(' ');
    let read = |part: &str| {
        let (slot, key) = part.split_once(':')?;
        Some((slot.parse().ok()?, SealKey::from_text(&Secret::from(key))?))
    };
    parts.map(read).collect()
}

fn name(vault: VaultId) -> String {
    format!("vault.{vault}.slot")
}

async fn with_storage<T: Send + 'static>(
    ports: &Ports,
    call: impl FnOnce(&dyn SecureStorage) -> Result<T, StorageError> + Send + 'static,
) -> Result<T, VaultError> {
    let storage = Arc::clone(&ports.storage);
    blocking(|| VaultError::Interrupted, move || Ok(call(&*storage)?)).await
}
