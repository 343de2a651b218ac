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
//! let code = CodeEntry { entry: parsed.entry, created: ports.clock.now(), position: 0 };
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
//! # States
//!
//! ```mermaid
//! stateDiagram-v2
//!     [*] --> Vault: create
//!     [*] --> LockedVault: open
//!     LockedVault --> Vault: unlock, unlock_with
//!     LockedVault --> LockedVault: refused (UnlockError gives it back)
//!     Vault --> LockedVault: lock
//!     LockedVault --> [*]: close
//! ```
//!
//! Each arrow consumes the state it leaves. A [`LockedVault`] has no key in memory; both hold the file.
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
//! The *slots* each wrap the one vault key. A passphrase slot derives its key by Argon2id; the cost stands in the slot
//! and is refused above 1 GiB. The checksum of a slot has no key; it only tells damage from a wrong passphrase.
//!
//! # What is not hidden
//!
//! How many items there are, of which kinds, how long each is and when the file changed. Whoever has an old copy of the
//! file and the passphrase of then can read that copy for ever.

mod anchor;
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
mod slot;
mod sqlite_error;
mod sqlite_file;
mod sqlite_rows;
mod sqlite_store;
mod store;
#[cfg(test)]
mod tests;
mod unlocked;

pub use error::{UnlockError, VaultError};
pub use format::FORMAT;
pub use ids::{ItemId, SlotId, VaultId};
pub use locked::{LockedVault, UnlockKey};
#[cfg(feature = "testing")]
pub use memory_store::{MemoryPlace, MemoryStore};
pub use passphrase::Passphrase;
pub use record::{Item, Record};
pub use sqlite_store::SqliteStore;
pub use store::{Change, Header, ItemRow, SlotRow, Store, StoreError};
pub use unlocked::Vault;
