//! The power of a room, which a test lets fail at every moment in turn.

use std::{
    io,
    path::Path,
    sync::{Arc, Mutex},
};

use countersign::{
    ports::{Files, FilesError, OsFiles, SecureStorage, StorageError},
    testing::MemoryStorage,
};
use tokio::sync::watch;

/// Its moments are those before and after each call to the network, the keyring and the files. Where it fails before,
/// the call is not made; where it fails after, it was made and nobody hears of it. All calls from then on fail.
#[derive(Default)]
pub(super) struct Mains {
    moments_left: Mutex<Option<usize>>,
    out: watch::Sender<bool>,
}

impl Mains {
    /// Lets it fail at the `nth` moment from now, 1 being the next.
    pub(super) fn fail_at(&self, nth: usize) {
        *self.moments_left.lock().unwrap() = Some(nth);
    }

    /// Waits until it has failed.
    pub(super) async fn failed(&self) {
        self.out.subscribe().wait_for(|out| *out).await.unwrap();
    }

    /// Whether it has failed.
    pub(super) fn has_failed(&self) -> bool {
        *self.out.borrow()
    }

    /// One moment.
    pub(super) fn pass<E>(&self, failed: impl FnOnce(&'static str) -> E) -> Result<(), E> {
        let mut left = self.moments_left.lock().unwrap();
        *left = left.map(|left| left.saturating_sub(1));
        if *left == Some(0) {
            self.out.send_replace(true);
            return Err(failed("the power has failed"));
        }
        Ok(())
    }

    fn around<T, E>(
        &self,
        failed: impl Fn(&'static str) -> E,
        call: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        self.pass(&failed)?;
        let done = call();
        self.pass(&failed)?;
        done
    }
}

/// A keyring that needs power.
pub(super) struct PoweredStorage(pub(super) MemoryStorage, pub(super) Arc<Mains>);

impl PoweredStorage {
    fn around<T>(&self, call: impl FnOnce() -> Result<T, StorageError>) -> Result<T, StorageError> {
        self.1.around(|reason| StorageError::Broken { reason: reason.to_owned() }, call)
    }
}

impl SecureStorage for PoweredStorage {
    fn get(&self, name: &str) -> Result<Option<String>, StorageError> {
        self.around(|| self.0.get(name))
    }

    fn set(&self, name: &str, value: &str) -> Result<(), StorageError> {
        self.around(|| self.0.set(name, value))
    }

    fn remove(&self, name: &str) -> Result<(), StorageError> {
        self.around(|| self.0.remove(name))
    }
}

/// A disk that needs power. A file is there whole or not at all, as [`OsFiles`] writes it.
pub(super) struct PoweredFiles(pub(super) Arc<Mains>);

impl PoweredFiles {
    fn around<T>(
        &self,
        (action, path): (&'static str, &Path),
        call: impl FnOnce() -> Result<T, FilesError>,
    ) -> Result<T, FilesError> {
        let failed = |reason| FilesError {
            action,
            path: path.display().to_string(),
            source: io::Error::other(reason),
        };
        self.0.around(failed, call)
    }
}

impl Files for PoweredFiles {
    fn read(&self, path: &Path) -> Result<Vec<u8>, FilesError> {
        self.around(("reading", path), || OsFiles.read(path))
    }

    fn write(&self, path: &Path, content: &[u8]) -> Result<(), FilesError> {
        self.around(("writing", path), || OsFiles.write(path, content))
    }
}
