//! Where enrolments and the keys that work while the app is locked are kept: in the keyring, or in a file that is
//! sealed under the vault.
//!
//! It is decided once, at the first run, and written down: a keyring that does not answer one day is not taken for an
//! empty one. A sealed file is readable from the first unlocking until the app ends.

use std::{path::Path, sync::Arc};

use countersign::{
    Error,
    ports::{FileStorage, Files, SecureStorage, blocking},
    vault::Vault,
};

use super::{error::DeskError, ports::DeskPorts};

const NOTE: &str = "storage";
const FILE: &str = "entries.sealed";

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Keyring,
    File,
}

impl Place {
    /// What was decided, if anything was that can be read.
    pub(super) fn read(folder: &Path, files: &dyn Files) -> Option<Self> {
        match files.read(&folder.join(NOTE)).ok()?.as_slice() {
            b"keyring\n" => Some(Self::Keyring),
            b"file\n" => Some(Self::File),
            _ => None,
        }
    }

    /// Writes the decision down.
    pub(super) fn write(self, folder: &Path, files: &dyn Files) -> Result<(), DeskError> {
        let note: &[u8] = match self {
            Self::Keyring => b"keyring\n",
            Self::File => b"file\n",
        };
        let device = |error| Error::Device { reason: format!("{error}") };
        Ok(files.write(&folder.join(NOTE), note).map_err(device)?)
    }
}

/// The sealed file, under a key that the open vault keeps.
pub(super) async fn sealed_file(
    ports: &DeskPorts,
    vault: &Vault,
) -> Result<Arc<dyn SecureStorage>, DeskError> {
    let (path, key) = (ports.folder.join(FILE), vault.storage_key().await?);
    let (files, random) = (ports.files.clone(), ports.random.clone());
    let open = move || Ok::<_, Error>(Arc::new(FileStorage::open(path, key, files, random)?));
    Ok(blocking(|| Error::Cancelled, open).await?)
}
