//! What opens an unlocked vault, and changing that.

use super::{
    NewKey, Passphrase, Slot, SlotId, SlotKind, SlotRow, UnlockKey, Vault, VaultError,
    keys::VaultKeys,
    open::{Content, Open},
    slot, slot_key,
};
use crate::crypto::kdf::Argon2Cost;

impl Vault {
    /// The slots of the vault, at most one of each kind, in the order of the kinds.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn slots(&self) -> Result<Vec<Slot>, VaultError> {
        let open = self.settled().await?;
        let mut slots: Vec<_> = slot::known(&open.content().header).collect();
        slots.sort_unstable_by_key(|slot| slot.kind);
        Ok(slots)
    }

    /// Lets a further key open the vault. It takes the place of one of its kind.
    ///
    /// The vault key stays: whoever has an older copy of the file and the former key can still read what is sealed
    /// under that. Use [`Vault::rotate_key`] where that matters.
    ///
    /// # Errors
    /// [`VaultError`]; what opened the vault before still does, and nothing else.
    pub async fn add_slot(&self, key: &NewKey) -> Result<SlotId, VaultError> {
        let mut open = self.settled().await?;
        let Content { keys, header, .. } = open.content();
        let former = of_kind(&header.slots, key.kind()).map(|row| row.id);
        let slot = slot::make(keys, self.id(), key, former, open.ports()).await?;
        let id = slot.id;
        let others = header.slots.iter().filter(|row| SlotKind::of(row) != Some(key.kind()));
        let slots = others.cloned().chain([slot]).collect();
        self.change_slots(&mut open, slots).await?;
        Ok(id)
    }

    /// Lets a key open the vault no longer; says whether there was such a slot.
    ///
    /// # Errors
    /// [`VaultError::LastKey`] where no passphrase and no key in secure storage would be left. [`VaultError`]; the key
    /// still opens the vault then.
    pub async fn remove_slot(&self, id: SlotId) -> Result<bool, VaultError> {
        let mut open = self.settled().await?;
        let mut slots = open.content().header.slots.clone();
        slots.retain(|row| row.id != id);
        if slots.len() == open.content().header.slots.len() {
            return Ok(false);
        }
        if !slots.iter().filter_map(SlotKind::of).any(SlotKind::is_for_every_day) {
            return Err(VaultError::LastKey);
        }
        self.change_slots(&mut open, slots).await?;
        Ok(true)
    }

    /// Replaces the passphrase, or gives the vault one: [`Vault::add_slot`].
    ///
    /// # Errors
    /// [`VaultError`]; the former passphrase then still opens the vault.
    pub async fn change_passphrase(
        &self,
        passphrase: &Passphrase,
        cost: Argon2Cost,
    ) -> Result<(), VaultError> {
        let passphrase = passphrase.clone();
        self.add_slot(&NewKey::Passphrase { passphrase, cost }).await.map(|_| ())
    }

    /// Replaces the vault key and seals everything anew. What opens the vault stays, and is asked for to wrap the new
    /// key: one key for each slot. The key in secure storage becomes another one.
    ///
    /// # Errors
    /// [`VaultError::KeyNotGiven`] for a slot without a key; those of [`LockedVault::derive`](super::LockedVault::derive)
    /// for a wrong one; [`VaultError::UnknownSlot`]. Nothing has changed then.
    pub async fn rotate_key(&self, keys: &[UnlockKey]) -> Result<(), VaultError> {
        let mut open = self.settled().await?;
        let header = &open.content().header;
        let mut renewed = Vec::with_capacity(header.slots.len());
        for row in &header.slots {
            let kind = SlotKind::of(row).ok_or(VaultError::UnknownSlot)?;
            let key = keys.iter().find(|key| key.kind() == kind).ok_or(VaultError::KeyNotGiven { kind })?;
            slot::derive(header, key, open.ports()).await?;
            renewed.push((row.id, slot::renewed(&self.id(), row, key)?));
        }
        let keys = VaultKeys::generate(self.id(), &*open.ports().random)?;
        let mut slots = Vec::with_capacity(renewed.len());
        for (former, key) in &renewed {
            slots.push(slot::make(&keys, self.id(), key, Some(*former), open.ports()).await?);
        }
        let stored = of_kind(&slots, SlotKind::SecureStorage).map(|row| row.id);
        let draft = open.draft_keys(keys, slots)?;
        open.commit(draft).await?;
        if stored.is_some() {
            slot_key::forget_others(open.ports(), self.id(), stored).await;
        }
        Ok(())
    }

    async fn change_slots(&self, open: &mut Open, slots: Vec<SlotRow>) -> Result<(), VaultError> {
        let stored = |slots: &[SlotRow]| of_kind(slots, SlotKind::SecureStorage).map(|row| row.id);
        let (former, present) = (stored(&open.content().header.slots), stored(&slots));
        let draft = open.draft_slots(slots)?;
        open.commit(draft).await?;
        if former != present && former.is_some() {
            slot_key::forget_others(open.ports(), self.id(), present).await;
        }
        Ok(())
    }
}

fn of_kind(slots: &[SlotRow], kind: SlotKind) -> Option<&SlotRow> {
    slots.iter().find(|row| SlotKind::of(row) == Some(kind))
}
