//! The list of codes.

use std::time::Duration;

use countersign::{
    otp::TotpEntry,
    protocol::Timestamp,
    vault::{Item, ItemId, entries::CodeEntry},
};

use super::{Desk, DeskError, lock::Open};
use crate::ipc::{CodeRow, Copied, CopyText, EditCode, Topic};

pub(super) const ENTRY: DeskError = DeskError::Unknown { what: "code" };

impl Desk {
    /// Every code, pinned ones first, then in the order of the list. Hidden ones come without digits.
    ///
    /// # Errors
    /// [`DeskError::Locked`], [`DeskError::Sdk`].
    pub async fn codes(&self) -> Result<Vec<CodeRow>, DeskError> {
        let (offset, hide) = (self.offset().await, self.settings().hide_codes);
        let mut items = listed(&*self.open().await?).await?;
        items.sort_by_key(|item| item.record.order());
        Ok(items.iter().map(|item| self.row(item, offset, hide || item.record.hidden)).collect())
    }

    /// One row with its digits.
    ///
    /// # Errors
    /// [`DeskError::Unknown`], and those of [`Desk::codes`].
    pub async fn show_code(&self, id: &str) -> Result<CodeRow, DeskError> {
        let offset = self.offset().await;
        let item = find(&*self.used().await?, id).await?;
        Ok(self.row(&item, offset, false))
    }

    /// Puts the code on the clipboard, for as long as the settings say. One that ends within two seconds would be
    /// refused before it is typed, so the next one is copied instead.
    ///
    /// # Errors
    /// [`DeskError::Unknown`], [`DeskError::Clipboard`], and those of [`Desk::codes`].
    pub async fn copy_code(&self, id: &str) -> Result<Copied, DeskError> {
        let offset = self.offset().await;
        let item = find(&*self.used().await?, id).await?;
        let typed_at = shifted(self.ports().clock.now(), offset).plus(Duration::from_secs(2));
        let code = item.record.entry.totp().code_at(typed_at);
        self.copy_text(CopyText { text: code.expose().into() }).await
    }

    /// Puts a text on the clipboard, for as long as the settings say.
    ///
    /// # Errors
    /// [`DeskError::Locked`], [`DeskError::Clipboard`].
    pub async fn copy_text(&self, CopyText { text }: CopyText) -> Result<Copied, DeskError> {
        drop(self.used().await?);
        let keep = Duration::from_secs(self.settings().clear_clipboard_seconds.into());
        let now = self.ports().clock.now();
        self.clipboard().put(text, keep).await?;
        Ok(Copied { clears_at: now.plus(keep).as_millis() })
    }

    /// Changes what is shown of an entry.
    ///
    /// # Errors
    /// As [`Desk::show_code`].
    pub async fn edit_code(&self, edit: &EditCode) -> Result<(), DeskError> {
        let open = self.used().await?;
        let Item { id, record } = find(&open, &edit.id).await?;
        open.vault.put(&Item { id, record: edited(&record, edit) }).await?;
        self.changed(Topic::Codes);
        Ok(())
    }

    /// `offset` is how many milliseconds the servers are ahead. Times in the row are this device's.
    fn row(&self, Item { id, record }: &Item<CodeEntry>, offset: i64, hidden: bool) -> CodeRow {
        let totp = record.entry.totp();
        let codes = totp.codes_at(shifted(self.ports().clock.now(), offset));
        // EXPOSE: codes are there to be shown.
        let shown = |code: &countersign::otp::Code| (!hidden).then(|| code.grouped().expose().clone());
        CodeRow {
            id: id.to_string(),
            issuer: record.entry.issuer().unwrap_or_default().to_owned(),
            account: record.entry.account().to_owned(),
            code: shown(&codes.current),
            next: shown(&codes.next),
            valid_until: codes.valid_until.as_millis() - offset,
            period: totp.period().as_seconds(),
            pinned: record.pinned,
            hidden: record.hidden,
        }
    }
}

/// All entries that are not in the trash.
pub(super) async fn listed(open: &Open) -> Result<Vec<Item<CodeEntry>>, DeskError> {
    Ok(open.vault.list::<CodeEntry>().await?)
}

/// Keeps a new entry at the end of the list.
pub(super) async fn keep(open: &Open, entry: TotpEntry, desk: &Desk) -> Result<ItemId, DeskError> {
    let last = listed(open).await?.into_iter().map(|item| item.record.position).max();
    let position = last.map_or(0, |last| last.saturating_add(1));
    let record = CodeEntry { position, ..CodeEntry::new(entry, desk.ports().clock.now()) };
    let item = Item::new(record, &*desk.ports().random)?;
    open.vault.put(&item).await?;
    Ok(item.id)
}

async fn find(open: &Open, id: &str) -> Result<Item<CodeEntry>, DeskError> {
    open.vault.get::<CodeEntry>(read_id(id)?).await?.ok_or(ENTRY)
}

/// An id that cannot be read names nothing either.
pub(super) fn read_id(id: &str) -> Result<ItemId, DeskError> {
    id.parse().map_err(|_| ENTRY)
}

fn edited(former: &CodeEntry, edit: &EditCode) -> CodeEntry {
    let issuer = edit.issuer.as_deref().or(former.entry.issuer());
    let account = edit.account.as_deref().unwrap_or(former.entry.account());
    CodeEntry {
        entry: TotpEntry::new(issuer, account, former.entry.totp().clone()),
        pinned: edit.pinned.unwrap_or(former.pinned),
        hidden: edit.hidden.unwrap_or(former.hidden),
        created: former.created,
        position: former.position,
    }
}

fn shifted(time: Timestamp, millis: i64) -> Timestamp {
    Timestamp::from_millis(time.as_millis().saturating_add(millis))
}
