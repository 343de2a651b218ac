//! The recovery code, and whether somebody has said that it is kept.
//!
//! A code is shown once. Should the program end before it was written down, nobody has it: so it counts as kept only when
//! the person says so, and until then the next opening offers a fresh one in its place.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use countersign::{Error, ports::Files, vault::NewKey};

use super::{Desk, DeskError, locked};
use crate::ipc::{RecoveryCode, Topic};

const NOTE: &str = "recovery";
const KEPT: &[u8] = b"kept\n";
const PENDING: &[u8] = b"pending\n";

/// The note of that. What it does not say for certain counts as not kept.
pub(super) struct RecoveryNote {
    path: PathBuf,
    files: Arc<dyn Files>,
    kept: Mutex<bool>,
}

impl RecoveryNote {
    pub(super) fn read(folder: &Path, files: Arc<dyn Files>) -> Self {
        let path = folder.join(NOTE);
        let kept = files.read(&path).is_ok_and(|note| note == KEPT);
        Self { path, files, kept: Mutex::new(kept) }
    }

    pub(super) fn is_pending(&self) -> bool {
        !*locked(&self.kept)
    }

    /// Written down before it is so.
    pub(super) fn set_kept(&self, kept: bool) -> Result<(), DeskError> {
        self.files.write(&self.path, if kept { KEPT } else { PENDING })?;
        *locked(&self.kept) = kept;
        Ok(())
    }
}

impl Desk {
    /// A fresh recovery code, which takes the place of the former one at once. It is pending until it is confirmed.
    ///
    /// # Errors
    /// [`DeskError::Locked`], [`DeskError::Sdk`]: the former code then still opens the vault.
    pub async fn new_recovery_code(&self) -> Result<RecoveryCode, DeskError> {
        let open = self.used().await?;
        let random = &*self.ports().random;
        let code = countersign::vault::RecoveryCode::generate(random).map_err(Error::from)?;
        // Before the code: a crash between the two asks once more.
        self.0.recovery.set_kept(false)?;
        let added = open.vault.add_slot(&NewKey::RecoveryCode(code.clone())).await;
        drop(open);
        self.changed(Topic::Lock);
        added?;
        Ok(shown(&code))
    }

    /// The person has kept the recovery code.
    ///
    /// # Errors
    /// [`DeskError::Locked`], [`DeskError::Sdk`] where that cannot be noted: it is asked again then.
    pub async fn confirm_recovery(&self) -> Result<(), DeskError> {
        drop(self.used().await?);
        self.0.recovery.set_kept(true)?;
        self.changed(Topic::Lock);
        Ok(())
    }
}

pub(super) fn shown(code: &countersign::vault::RecoveryCode) -> RecoveryCode {
    // EXPOSE: shown once, to be printed.
    RecoveryCode { groups: code.groups().expose().to_vec() }
}
