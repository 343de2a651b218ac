use std::{
    collections::BTreeMap,
    io::ErrorKind,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use countersign_protocol::Secret;

use super::{Files, FilesError, Random, SecureStorage, StorageError, check_value};
use crate::{crypto::seal::SealKey, lock::locked};

/// Secure storage in one sealed file, for systems without a keyring.
///
/// The key comes from the app, such as from [`Vault::storage_key`](crate::vault::Vault::storage_key): the entries are
/// then within reach while the vault is unlocked. Each change replaces the whole file or leaves it as it is. One
/// storage at a time should have the file.
///
/// The file is `countersign storage 1`, a line break, and the entries as JSON under AES-256-GCM (nonce, ciphertext,
/// tag), with that line as associated data. That somebody has put an older copy of it back is not seen.
///
/// ```
/// # use std::sync::Arc;
/// use countersign::{
///     crypto::seal::SealKey,
///     ports::{FileStorage, OsFiles, SecureStorage, SystemRandom},
/// };
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("storage.sealed");
/// let random = Arc::new(SystemRandom::default());
/// let key = SealKey::generate(&*random)?;
///
/// let storage = FileStorage::open(path, key, Arc::new(OsFiles), random)?;
/// storage.set("session.acme", "a token")?;
/// assert_eq!(storage.get("session.acme")?.as_deref(), Some("a token"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct FileStorage {
    path: PathBuf,
    key: SealKey,
    files: Arc<dyn Files>,
    random: Arc<dyn Random>,
    /// Held from reading the entries until they are replaced.
    changing: Mutex<()>,
}

const HEADER: &[u8] = b"countersign storage 1\n";

type Entries = BTreeMap<String, Secret<String>>;

impl FileStorage {
    /// The storage in this file, which is made at the first change.
    ///
    /// # Errors
    /// [`StorageError::Damaged`] if there is a file that does not open under this key: restore a backup of it, or put
    /// it aside and enrol again. It is not touched. [`StorageError::Broken`] if it cannot be read.
    pub fn open(
        path: PathBuf,
        key: SealKey,
        files: Arc<dyn Files>,
        random: Arc<dyn Random>,
    ) -> Result<Self, StorageError> {
        let storage = Self { path, key, files, random, changing: Mutex::default() };
        storage.read()?;
        Ok(storage)
    }

    fn read(&self) -> Result<Entries, StorageError> {
        let file = match self.files.read(&self.path) {
            Ok(file) => file,
            Err(FilesError { source, .. }) if source.kind() == ErrorKind::NotFound => {
                return Ok(Entries::new());
            }
            Err(error) => return Err(broken(&error)),
        };
        let damaged = |reason: &str| StorageError::Damaged { reason: format!("its file {reason}") };
        let sealed = file.strip_prefix(HEADER).ok_or_else(|| damaged("is of another kind or version"))?;
        let json = self.key.open(HEADER, sealed);
        let json = json.map_err(|_| damaged("has been changed, or belongs to another vault"))?;
        // EXPOSE: its values are read into secrets. The error is dropped, as it may quote from them.
        serde_json::from_slice(json.expose()).map_err(|_| damaged("cannot be read"))
    }

    fn change(&self, change: impl FnOnce(&mut Entries) -> bool) -> Result<(), StorageError> {
        let _changing = locked(&self.changing);
        let mut entries = self.read()?;
        if !change(&mut entries) {
            return Ok(());
        }
        let json = Secret::new(serde_json::to_vec(&entries).map_err(|error| broken(&error))?);
        // EXPOSE: it is what gets sealed.
        let sealed = self.key.seal(&*self.random, HEADER, json.expose()).map_err(|error| broken(&error))?;
        self.files.write(&self.path, &[HEADER, &sealed].concat()).map_err(|error| broken(&error))
    }
}

impl SecureStorage for FileStorage {
    fn get(&self, name: &str) -> Result<Option<String>, StorageError> {
        // EXPOSE: the caller asked for it.
        Ok(self.read()?.get(name).map(|value| value.expose().clone()))
    }

    fn set(&self, name: &str, value: &str) -> Result<(), StorageError> {
        check_value(value)?;
        self.change(|entries| {
            entries.insert(name.to_owned(), Secret::from(value));
            true
        })
    }

    fn remove(&self, name: &str) -> Result<(), StorageError> {
        self.change(|entries| entries.remove(name).is_some())
    }
}

fn broken(error: &dyn std::error::Error) -> StorageError {
    StorageError::Broken { reason: error.to_string() }
}

#[cfg(test)]
#[path = "file_storage_tests.rs"]
mod tests;
