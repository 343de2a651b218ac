//! Codes that were thrown away.

use countersign::vault::{TRASH_KEPT, entries::CodeEntry};

use super::{
    Desk, DeskError,
    codes::{ENTRY, read_id},
};
use crate::ipc::{Topic, TrashedCode};

impl Desk {
    /// What is in the trash, the latest first.
    ///
    /// # Errors
    /// [`DeskError::Locked`], [`DeskError::Sdk`].
    pub async fn trash(&self) -> Result<Vec<TrashedCode>, DeskError> {
        let trashed = self.open().await?.vault.trashed::<CodeEntry>().await?;
        let rows = trashed.into_iter().map(|trashed| TrashedCode {
            id: trashed.item.id.to_string(),
            issuer: trashed.item.record.entry.issuer().unwrap_or_default().to_owned(),
            account: trashed.item.record.entry.account().to_owned(),
            since: trashed.since.as_millis(),
            until: trashed.since.plus(TRASH_KEPT).as_millis(),
        });
        Ok(rows.collect())
    }

    /// Moves an entry to the trash, where it is kept for 30 days.
    ///
    /// # Errors
    /// [`DeskError::Unknown`], and those of [`Desk::trash`].
    pub async fn remove_code(&self, id: &str) -> Result<(), DeskError> {
        let removed = self.used().await?.vault.trash(read_id(id)?).await?;
        self.moved(removed)
    }

    /// Takes an entry out of the trash.
    ///
    /// # Errors
    /// As [`Desk::remove_code`].
    pub async fn restore_code(&self, id: &str) -> Result<(), DeskError> {
        let restored = self.used().await?.vault.restore(read_id(id)?).await?;
        self.moved(restored)
    }

    /// Deletes an entry for good. It has to be in the trash.
    ///
    /// # Errors
    /// As [`Desk::remove_code`].
    pub async fn delete_code(&self, id: &str) -> Result<(), DeskError> {
        let id = read_id(id)?;
        let open = self.used().await?;
        let trashed = open.vault.trashed::<CodeEntry>().await?;
        let deleted = trashed.iter().any(|trashed| trashed.item.id == id) && open.vault.remove(id).await?;
        self.moved(deleted)
    }

    fn moved(&self, moved: bool) -> Result<(), DeskError> {
        self.changed(Topic::Codes);
        moved.then_some(()).ok_or(ENTRY)
    }
}
