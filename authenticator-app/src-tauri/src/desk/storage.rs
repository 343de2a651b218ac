//! Where enrolments and the keys that work while the app is locked are kept: in the keyring, or in a file that is
//! sealed under the vault.
//!
//! It is decided once, at the first run, and written down: a keyring that does not answer one day is not taken for an
//! empty one. A sealed file is readable from the first unlocking until the app ends. What opens the vault may change, and
//! moves none of it.

use std::{io::ErrorKind, path::Path, sync::Arc};

use countersign::{
    Error,
    ports::{FileStorage, Files, FilesError, NoStorage, SecureStorage, StorageError, blocking},
    vault::Vault,
};

use super::{
    error::DeskError,
    ports::{DeskPorts, Keyring},
};

const NOTE: &str = "storage";
const FILE: &str = "entries.sealed";
/// How the names end under which a vault keeps the key of its slot, as the SDK documents them.
const SLOT_KEY: &str = ".slot";

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Keyring,
    File,
}

impl Place {
    /// What was decided, if anything was.
    pub(super) fn read(folder: &Path, files: &dyn Files) -> Result<Option<Self>, NoteError> {
        match files.read(&folder.join(NOTE)) {
            Ok(note) => match note.as_slice() {
                b"keyring\n" => Ok(Some(Self::Keyring)),
                b"file\n" => Ok(Some(Self::File)),
                _ => Err(NoteError::Damaged),
            },
            Err(error) if error.source.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes the decision down.
    pub(super) fn write(self, folder: &Path, files: &dyn Files) -> Result<(), DeskError> {
        let note: &[u8] = match self {
            Self::Keyring => b"keyring\n",
            Self::File => b"file\n",
        };
        Ok(files.write(&folder.join(NOTE), note)?)
    }
}

/// What was decided is not known.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoteError {
    /// It says something else.
    #[error("the note of where its accounts are kept is damaged")]
    Damaged,
    /// It could not be read now.
    #[error(transparent)]
    File(#[from] FilesError),
}

/// The sealed file, under a key that the open vault keeps.
pub(super) async fn sealed_file(ports: &DeskPorts, vault: &Vault) -> Result<Arc<dyn SecureStorage>, Error> {
    let (path, key) = (ports.folder.join(FILE), vault.storage_key().await?);
    let (files, random) = (ports.files.clone(), ports.random.clone());
    let open = move || -> Result<Arc<dyn SecureStorage>, Error> {
        Ok(Arc::new(FileStorage::open(path, key, files, random)?))
    };
    blocking(|| Error::Cancelled, open).await
}

/// The keyring, for the key by which it opens the vault, where accounts are kept in the file. Nothing else is asked of it,
/// which may be absent or want to be unlocked.
pub(super) struct SlotKeys(pub(super) Arc<dyn Keyring>);

impl SlotKeys {
    fn at(&self, name: &str) -> Arc<dyn SecureStorage> {
        if name.ends_with(SLOT_KEY) { self.0.storage() } else { Arc::new(NoStorage) }
    }
}

impl SecureStorage for SlotKeys {
    fn get(&self, name: &str) -> Result<Option<String>, StorageError> {
        self.at(name).get(name)
    }

    fn set(&self, name: &str, value: &str) -> Result<(), StorageError> {
        self.at(name).set(name, value)
    }

    fn remove(&self, name: &str) -> Result<(), StorageError> {
        self.at(name).remove(name)
    }
}
