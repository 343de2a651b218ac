//! What runs against the server's own program, over loopback.

mod accounts;
pub(crate) mod approvals;
mod driver;
pub(crate) mod reset;
pub(crate) mod start;
mod stub;
pub(crate) mod verifications;

use std::{
    env,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::error::BenchError;

/// What the parts share: the server's program, and a folder that is gone at the end.
pub(crate) struct Bench {
    program: PathBuf,
    folder: TempDir,
}

impl Bench {
    /// The server is beside this program where none is named. So is the folder: on a disk, as a temporary folder of
    /// the system may be none, and what is durable is measured there.
    pub(crate) fn new(server: Option<PathBuf>) -> Result<Self, BenchError> {
        let here = env::current_exe()?;
        let beside = here.parent().ok_or_else(|| BenchError::surprise("this program is in no folder"))?;
        let name = format!("countersign-server{}", env::consts::EXE_SUFFIX);
        let program = server.unwrap_or_else(|| beside.join(name));
        Ok(Self { program, folder: tempfile::tempdir_in(beside)? })
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn program(&self) -> &Path {
        &self.program
    }
}
