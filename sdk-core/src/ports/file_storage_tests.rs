#![allow(clippy::unwrap_used)]

use std::{
    io,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use super::*;
use crate::{
    ports::OsFiles,
    testing::{MemoryFiles, SeededRandom, storage_conformance},
};

/// A folder with a storage in it, which can be opened many times.
struct Desk {
    folder: tempfile::TempDir,
    random: Arc<SeededRandom>,
    key: SealKey,
}

impl Desk {
    fn new() -> Self {
        let random = Arc::new(SeededRandom::new(1));
        let key = SealKey::generate(&*random).unwrap();
        Self { folder: tempfile::tempdir().unwrap(), random, key }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("storage.sealed")
    }

    fn open_with(&self, files: Arc<dyn Files>, key: &SealKey) -> Result<FileStorage, StorageError> {
        FileStorage::open(self.path(), key.clone(), files, self.random.clone())
    }

    fn open(&self) -> Result<FileStorage, StorageError> {
        self.open_with(Arc::new(OsFiles), &self.key)
    }
}

#[test]
fn it_does_what_every_storage_does() {
    let desk = Desk::new();
    storage_conformance::run(&|| Box::new(desk.open().unwrap()));
}

#[test]
fn a_file_that_is_not_as_it_was_written_is_named_damaged_and_left_alone() {
    let desk = Desk::new();
    let storage = desk.open().unwrap();
    storage.set("a", "1").unwrap();
    let file = std::fs::read(desk.path()).unwrap();
    let flipped = (0..file.len()).map(|at| {
        let mut flipped = file.clone();
        flipped[at] ^= 1 << (at % 8);
        flipped
    });
    let cut = (0..file.len()).map(|length| file[..length].to_vec());
    for changed in flipped.chain(cut) {
        std::fs::write(desk.path(), &changed).unwrap();
        let damaged = |result: Result<(), StorageError>| {
            assert!(matches!(result, Err(StorageError::Damaged { .. })), "{result:?}");
        };
        damaged(desk.open().map(|_| ()));
        damaged(storage.get("a").map(|_| ()));
        damaged(storage.set("a", "2"));
        damaged(storage.remove("a"));
        assert_eq!(std::fs::read(desk.path()).unwrap(), changed);
    }
    std::fs::write(desk.path(), &file).unwrap();
    assert_eq!(storage.get("a").unwrap().as_deref(), Some("1"));
}

#[test]
fn another_key_opens_nothing_and_changes_nothing() {
    let desk = Desk::new();
    desk.open().unwrap().set("a", "1").unwrap();
    let other = SealKey::generate(&*desk.random).unwrap();
    let refused = desk.open_with(Arc::new(OsFiles), &other).err().unwrap();
    assert!(matches!(refused, StorageError::Damaged { .. }));
    assert!(matches!(crate::Error::from(refused), crate::Error::Damaged { .. }));
    assert_eq!(desk.open().unwrap().get("a").unwrap().as_deref(), Some("1"));
}

#[test]
#[cfg(unix)]
fn only_its_owner_reads_the_file_and_nothing_stands_in_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::new();
    // Left over by a process that was killed, and open to all.
    let begun = desk.folder.path().join("storage.sealed.new");
    std::fs::write(&begun, b"half").unwrap();
    std::fs::set_permissions(&begun, std::fs::Permissions::from_mode(0o666)).unwrap();
    desk.open().unwrap().set("session.acme", "a token").unwrap();
    assert_eq!(desk.path().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!begun.exists());
    let file = std::fs::read(desk.path()).unwrap();
    for hidden in [b"session".as_slice(), b"token"] {
        assert!(!file.windows(hidden.len()).any(|bytes| bytes == hidden));
    }
}

/// Files of which nothing can be written while they are full.
#[derive(Default)]
struct FullFiles {
    files: MemoryFiles,
    full: AtomicBool,
}

impl Files for FullFiles {
    fn read(&self, path: &Path) -> Result<Vec<u8>, FilesError> {
        self.files.read(path)
    }

    fn write(&self, path: &Path, content: &[u8]) -> Result<(), FilesError> {
        if self.full.load(Ordering::Relaxed) {
            let source = io::ErrorKind::StorageFull.into();
            return Err(FilesError { action: "writing", path: path.display().to_string(), source });
        }
        self.files.write(path, content)
    }
}

#[test]
fn what_could_not_be_written_leaves_what_was_there() {
    let desk = Desk::new();
    let files = Arc::new(FullFiles::default());
    let storage = desk.open_with(files.clone(), &desk.key).unwrap();
    storage.set("a", "1").unwrap();
    files.full.store(true, Ordering::Relaxed);
    assert!(matches!(storage.set("a", "2"), Err(StorageError::Broken { .. })));
    assert!(matches!(storage.remove("a"), Err(StorageError::Broken { .. })));
    assert_eq!(storage.get("a").unwrap().as_deref(), Some("1"));
    files.full.store(false, Ordering::Relaxed);
    desk.random.fail();
    assert!(storage.set("a", "2").is_err());
    assert_eq!(storage.get("a").unwrap().as_deref(), Some("1"));
}
