//! The file itself, before and beside SQLite.

use std::{
    fs,
    io::{ErrorKind, Read as _},
    path::Path,
};

use super::{StoreError, format::APPLICATION_ID};

/// Makes the file, or finds an empty one.
pub(super) fn claim(path: &Path) -> Result<(), StoreError> {
    let mut new = fs::OpenOptions::new();
    new.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut new, 0o600);
    match new.open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => match recognise(path) {
            Err(StoreError::Missing { .. }) => Ok(()),
            Ok(()) | Err(StoreError::NotAVault { .. }) => Err(StoreError::Occupied { path: path.to_owned() }),
            Err(other) => Err(other),
        },
        Err(error) => Err(error.into()),
        Ok(_) => Ok(()),
    }
}

/// Looks at the file's first bytes, so that SQLite never opens, and so never changes, a file of somebody else.
pub(super) fn recognise(path: &Path) -> Result<(), StoreError> {
    let missing = || StoreError::Missing { path: path.to_owned() };
    let mut start = Vec::new();
    match fs::File::open(path) {
        Ok(file) => file.take(100).read_to_end(&mut start)?,
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(missing()),
        Err(error) => return Err(error.into()),
    };
    if start.is_empty() {
        return Err(missing());
    }
    let is_vault =
        start.starts_with(b"SQLite format 3\0") && start.get(68..72) == Some(&APPLICATION_ID.to_be_bytes());
    if is_vault { Ok(()) } else { Err(StoreError::NotAVault { path: path.to_owned() }) }
}

/// Makes the new file's name durable.
pub(super) fn sync_folder(path: &Path) -> Result<(), StoreError> {
    match path.parent() {
        Some(folder) if cfg!(unix) => {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            Ok(fs::File::open(folder)?.sync_all()?)
        }
        _ => Ok(()),
    }
}
