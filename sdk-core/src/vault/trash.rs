//! Items that were thrown away and can still be brought back. That they lie there is sealed with the rest of them.

use std::{collections::BTreeMap, time::Duration};

use countersign_protocol::Timestamp;

use super::{
    Item, ItemId, Record, Vault, VaultError,
    open::{Content, Open},
    record,
};

/// How long an app should keep what was thrown away, 30 days: for [`Vault::purge_older_than`].
pub const TRASH_KEPT: Duration = Duration::from_hours(30 * 24);

/// An item in the trash.
#[derive(Debug, Clone)]
pub struct Trashed<R> {
    /// The item as it was.
    pub item: Item<R>,
    /// Since when it lies there.
    pub since: Timestamp,
}

impl Vault {
    /// Puts an item into the trash, where [`Vault::get`] and [`Vault::list`] do not find it; says whether there was one
    /// outside of it.
    ///
    /// # Errors
    /// [`VaultError`]; the item is then where it was.
    pub async fn trash(&self, id: ItemId) -> Result<bool, VaultError> {
        let mut open = self.settled().await?;
        let now = open.ports().clock.now();
        set_trashed(&mut open, id, Some(now)).await
    }

    /// Brings an item back from the trash; says whether it was there.
    ///
    /// # Errors
    /// [`VaultError`]; the item is then still there.
    pub async fn restore(&self, id: ItemId) -> Result<bool, VaultError> {
        let mut open = self.settled().await?;
        set_trashed(&mut open, id, None).await
    }

    /// All items of a kind in the trash, the latest first.
    ///
    /// # Errors
    /// As [`Vault::list`].
    pub async fn trashed<R: Record>(&self) -> Result<Vec<Trashed<R>>, VaultError> {
        let open = self.settled().await?;
        let items = open.content().list()?.into_iter();
        let mut trashed: Vec<_> =
            items.filter_map(|(item, since)| Some(Trashed { item, since: since? })).collect();
        trashed.sort_by_key(|trashed| std::cmp::Reverse(trashed.since));
        Ok(trashed)
    }

    /// Removes for good what has been in the trash for so long or longer, whatever its kind, in one change; says how
    /// many. Call it when the vault was unlocked, with [`TRASH_KEPT`].
    ///
    /// # Errors
    /// [`VaultError`]; everything is still there then.
    pub async fn purge_older_than(&self, age: Duration) -> Result<usize, VaultError> {
        let mut open = self.settled().await?;
        let now = open.ports().clock.now();
        let Content { keys, items, .. } = open.content();
        let mut old = BTreeMap::new();
        for row in items.values() {
            let content = keys.open_item(row)?;
            let (_, trashed) = record::split(&content)?;
            // Where the clock was set back since, what was thrown away later than now is kept.
            if trashed.is_some_and(|since| since <= now && now.since(since) >= age) {
                old.insert(row.id, None);
            }
        }
        let count = old.len();
        if count > 0 {
            let draft = open.draft_items(old)?;
            open.commit(draft).await?;
        }
        Ok(count)
    }
}

async fn set_trashed(open: &mut Open, id: ItemId, since: Option<Timestamp>) -> Result<bool, VaultError> {
    let Content { keys, items, .. } = open.content();
    let Some(row) = items.get(&id) else { return Ok(false) };
    let content = keys.open_item(row)?;
    let (record, trashed) = record::split(&content)?;
    if trashed.is_some() == since.is_some() {
        return Ok(false);
    }
    let content = record::join(record, since)?;
    let row = keys.seal_item(&*open.ports().random, (id, &row.kind, row.version), &content)?;
    let draft = open.draft_items(BTreeMap::from([(id, Some(row))]))?;
    open.commit(draft).await.map(|()| true)
}
