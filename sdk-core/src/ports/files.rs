use std::{io, path::Path};

/// Whole files: backups, exports. The vault's database is not a file in this sense.
pub trait Files: Send + Sync {
    /// The whole content.
    ///
    /// # Errors
    /// [`FilesError`].
    fn read(&self, path: &Path) -> Result<Vec<u8>, FilesError>;

    /// Writes the file whole or not at all, durable when this returns and readable by its owner only; an existing one is
    /// replaced.
    ///
    /// # Errors
    /// [`FilesError`]; a former file is then unchanged.
    fn write(&self, path: &Path, content: &[u8]) -> Result<(), FilesError>;
}

/// A file could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{action} {path} did not work: {source}")]
pub struct FilesError {
    /// What was tried: "reading" or "writing".
    pub action: &'static str,
    /// Which file.
    pub path: String,
    /// What the system said.
    pub source: io::Error,
}

/// The file system.
#[derive(Debug, Default)]
pub struct OsFiles;

impl Files for OsFiles {
    fn read(&self, path: &Path) -> Result<Vec<u8>, FilesError> {
        std::fs::read(path).map_err(|source| error("reading", path, source))
    }

    fn write(&self, path: &Path, content: &[u8]) -> Result<(), FilesError> {
        write_atomically(path, content).map_err(|source| error("writing", path, source))
    }
}

fn write_atomically(path: &Path, content: &[u8]) -> io::Result<()> {
    use io::Write as _;
    let mut name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    // What an interrupted writing left there may be readable by others; a file that is made anew is not.
    match std::fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&new)?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(&new, path)?;
    match path.parent() {
        Some(folder) if cfg!(unix) => {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            std::fs::File::open(folder)?.sync_all()
        }
        _ => Ok(()),
    }
}

fn error(action: &'static str, path: &Path, source: io::Error) -> FilesError {
    FilesError { action, path: path.display().to_string(), source }
}
