//! The sealed store of codes and other secrets.
//!
//! ```
//! use countersign::{
//!     crypto::kdf::Argon2Cost,
//!     otp::TotpEntry,
//!     protocol::Timestamp,
//!     vault::{Item, Passphrase, Vault, entries::CodeEntry},
//! };
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("codes.vault");
//! # let ports = countersign::testing::ports();
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! # let cost = Argon2Cost::new(8, 1, 1)?; // The least there is, for a test; `default()` is for people.
//! let passphrase = Passphrase::new(&"correct horse battery staple".into())?;
//! let vault = Vault::create(&path, &passphrase, cost, ports.clone()).await?;
//!
//! let parsed = TotpEntry::parse("otpauth://totp/Acme:mia?secret=JBSWY3DPEHPK3PXP")?;
//! let code = CodeEntry::new(parsed.entry, ports.clock.now());
//! vault.put(&Item::new(code, &*ports.random)?).await?;
//!
//! let locked = vault.lock();
//! let vault = locked.unlock(&passphrase).await?;
//! let codes = vault.list::<CodeEntry>().await?;
//! assert_eq!(codes[0].record.entry.issuer(), Some("Acme"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Keys
//!
//! A vault opens by a passphrase, by a key that this device's secure storage keeps, and by a recovery code on paper:
//! by any of those that it was given, one of each kind. A recovery code is never the only one.
//!
//! ```
//! use countersign::vault::{NewKey, RecoveryCode, SlotKind, UnlockKey, Vault};
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("codes.vault");
//! # let ports = countersign::testing::ports();
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let vault = Vault::create_with(&path, &NewKey::SecureStorage, ports.clone()).await?;
//! let code = RecoveryCode::generate(&*ports.random)?; // Show it, and go on once the user has it.
//! vault.add_slot(&NewKey::RecoveryCode(code.clone())).await?;
//!
//! let locked = vault.lock();
//! assert_eq!(locked.ways(), [SlotKind::SecureStorage, SlotKind::RecoveryCode]);
//! let vault = locked.unlock_with(&UnlockKey::SecureStorage).await?;
//! let vault = vault.lock().unlock_with(&code.into()).await?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # States
//!
//! ```mermaid
//! stateDiagram-v2
//!     [*] --> Vault: create
//!     [*] --> LockedVault: open
//!     LockedVault --> Vault: unlock, unlock_with, unlock_derived
//!     LockedVault --> LockedVault: refused (UnlockError gives it back)
//!     Vault --> LockedVault: lock
//!     LockedVault --> [*]: close
//! ```
//!
//! Each arrow consumes the state it leaves. A [`LockedVault`] has no key in memory; both hold the file.
//!
//! ```mermaid
//! stateDiagram-v2
//!     state "in the list" as listed
//!     state "in the trash" as trashed
//!     [*] --> listed: put
//!     listed --> trashed: trash
//!     trashed --> listed: restore, put
//!     trashed --> [*]: purge_older_than, remove
//!     listed --> [*]: remove
//! ```
//!
//! # What is where
//!
//! | table | row | in the clear | sealed |
//! |---|---|---|---|
//! | `meta` | one | version of the format, vault id | – |
//! | `slots` | one for each way to unlock | id, kind, parameters, checksum | the vault key, under the slot's key |
//! | `items` | one for each item | id, kind, version | everything else |
//! | `manifest` | one | – | format, generation, number and sum of all rows |
//!
//! Sealing is AES-256-GCM with random nonces, under keys that HKDF-SHA-256 derives from the vault key (salt: the
//! vault's id; info: `countersign vault seal`). What is sealed is bound to its place: the associated data of an item
//! is `countersign vault item`, vault id, kind, id and version, each behind its length in eight bytes, so that no row
//! opens in the place of another.
//!
//! The *manifest* knows the whole set. Each item and slot is hashed by HMAC-SHA-256 under a key of its own (info:
//! `countersign vault rows`); the sum of these hashes modulo 2²⁵⁶, their number and the generation change in the
//! transaction that changes a row. A row that was dropped, doubled, exchanged or set back is seen at unlocking,
//! before anything is read from it. After that, what is read comes from the rows that were checked.
//!
//! An older copy of the *whole* file is right in itself. It is seen only on a device that remembers more, by the
//! generation in its secure storage (`vault.<id>.generation`); see [`VaultError::OlderCopy`].
//!
//! An *item* is the JSON of its record. Where it lies in the trash, a second line says since when.
//!
//! The *slots* each wrap the one vault key, bound to vault, slot id, kind and parameters:
//!
//! | kind | parameters | the slot's key |
//! |---|---|---|
//! | `passphrase` | salt, cost | Argon2id over the passphrase; a cost above 1 GiB is refused |
//! | `secure_storage` | – | 256 random bits in secure storage, `vault.<id>.slot`, behind the slot's id |
//! | `recovery_code` | salt | HKDF-SHA-256 over the 144 random bits of the code (info: `countersign vault recovery`) |
//!
//! Secure storage and file do not change together. The new key is put beside the former one, then the file changes, then
//! the former key goes: wherever that ends, the slot that the file has finds its key. The checksum of a slot has no key;
//! it only tells damage from a wrong passphrase.
//!
//! # What is not hidden
//!
//! How many items there are, of which kinds, how long each is (one in the trash is longer by 26 bytes), what opens the
//! vault, and when the file changed. Whoever has an old copy of the file and the passphrase of then can read that copy
//! for ever.

mod anchor;
mod change_keys;
#[cfg(feature = "testing")]
pub mod conformance;
pub mod entries;
mod error;
mod format;
mod ids;
mod keys;
mod locked;
mod manifest;
#[cfg(feature = "testing")]
mod memory_store;
mod open;
mod passphrase;
mod record;
mod recovery_code;
mod slot;
mod slot_key;
mod slot_parameters;
mod sqlite_error;
mod sqlite_file;
mod sqlite_rows;
mod sqlite_store;
mod storage_seal;
mod store;
#[cfg(test)]
mod tests;
mod trash;
mod unlock_key;
mod unlocked;

pub use error::{UnlockError, VaultError};
pub use format::FORMAT;
pub use ids::{ItemId, SlotId, VaultId};
pub use locked::LockedVault;
#[cfg(feature = "testing")]
pub use memory_store::{MemoryPlace, MemoryStore};
pub use passphrase::Passphrase;
pub use record::{Item, Record};
pub use recovery_code::RecoveryCode;
pub use slot::{Slot, SlotKind};
pub use sqlite_store::SqliteStore;
pub use store::{Change, Header, ItemRow, SlotRow, Store, StoreError};
pub use trash::{TRASH_KEPT, Trashed};
pub use unlock_key::{DerivedKey, NewKey, UnlockKey};
pub use unlocked::Vault;
