use countersign_protocol::Secret;

use super::{ItemId, ItemRow, SlotRow, VaultError, VaultId, manifest::Manifest};
use crate::{
    crypto::{
        digest::{HmacHash, HmacKey, sha256},
        kdf::hkdf_sha256,
        seal::SealKey,
    },
    ports::Random,
};

/// The key of a vault and what is derived from it.
pub(super) struct VaultKeys {
    vault: VaultId,
    root: SealKey,
    seal: SealKey,
    rows: HmacKey,
}

impl VaultKeys {
    /// A new random vault key.
    pub(super) fn generate(vault: VaultId, random: &dyn Random) -> Result<Self, VaultError> {
        Ok(Self::new(vault, SealKey::generate(random)?))
    }

    /// The keys under a vault key.
    pub(super) fn new(vault: VaultId, root: SealKey) -> Self {
        // EXPOSE: the keys for sealing and for the sum of rows are derived from it.
        let derive = |purpose| hkdf_sha256(root.bytes().expose(), vault.as_bytes(), purpose);
        let seal = SealKey::new(derive(b"countersign vault seal"));
        // EXPOSE: the prepared key is made of it.
        let rows = HmacKey::new(HmacHash::Sha256, derive(b"countersign vault rows").expose());
        Self { vault, root, seal, rows }
    }

    /// The vault key itself, for wrapping it.
    pub(super) fn root(&self) -> &SealKey {
        &self.root
    }

    pub(super) fn seal_item(
        &self,
        random: &dyn Random,
        (id, kind, version): (ItemId, &str, u32),
        content: &Secret<Vec<u8>>,
    ) -> Result<ItemRow, VaultError> {
        let place = fields(&item_place(&self.vault, &id, kind, version.to_be_bytes().as_slice()));
        // EXPOSE: it is what gets sealed.
        let sealed = self.seal.seal(random, &place, content.expose())?;
        Ok(ItemRow { id, kind: kind.to_owned(), version, sealed })
    }

    pub(super) fn open_item(&self, row: &ItemRow) -> Result<Secret<Vec<u8>>, VaultError> {
        let place =
            fields(&item_place(&self.vault, &row.id, &row.kind, row.version.to_be_bytes().as_slice()));
        self.seal.open(&place, &row.sealed).map_err(|_| VaultError::damaged("an item does not open"))
    }

    pub(super) fn seal_manifest(
        &self,
        random: &dyn Random,
        manifest: &Manifest,
    ) -> Result<Vec<u8>, VaultError> {
        Ok(self.seal.seal(random, &self.manifest_place(), &manifest.to_json()?)?)
    }

    pub(super) fn open_manifest(&self, sealed: &[u8]) -> Result<Manifest, VaultError> {
        let opened = self.seal.open(&self.manifest_place(), sealed);
        let json = opened.map_err(|_| VaultError::damaged("its manifest does not open"))?;
        // EXPOSE: it holds counts and a sum, nothing of an item.
        Manifest::from_json(json.expose())
    }

    /// What an item adds to the sum in the manifest: a keyed hash of the whole row.
    pub(super) fn item_hash(&self, row: &ItemRow) -> [u8; 32] {
        let version = row.version.to_be_bytes();
        let [name, vault, id, kind, version] = item_place(&self.vault, &row.id, &row.kind, &version);
        self.hash(&[name, vault, id, kind, version, &row.sealed])
    }

    /// What a slot adds to the sum in the manifest.
    pub(super) fn slot_hash(&self, row: &SlotRow) -> [u8; 32] {
        self.hash(&slot_fields(self.vault.as_bytes(), row))
    }

    fn hash(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.copy_from_slice(self.rows.sign(&fields(parts)).as_ref());
        hash
    }

    fn manifest_place(&self) -> Vec<u8> {
        fields(&[b"countersign vault manifest", self.vault.as_bytes()])
    }
}

/// The checksum of a slot. It has no key: it tells accidents apart from a wrong passphrase, and stops nobody.
pub(super) fn slot_checksum(vault: &VaultId, row: &SlotRow) -> [u8; 32] {
    sha256(&fields(&slot_fields(vault.as_bytes(), row)))
}

/// What a wrapped vault key is bound to.
pub(super) fn slot_place(vault: &VaultId, row: &SlotRow) -> Vec<u8> {
    let [_, vault, id, kind, parameters, _] = slot_fields(vault.as_bytes(), row);
    fields(&[b"countersign vault key", vault, id, kind, parameters])
}

fn slot_fields<'a>(vault: &'a [u8], row: &'a SlotRow) -> [&'a [u8]; 6] {
    let SlotRow { id, kind, parameters, wrapped, checksum: _ } = row;
    [b"countersign vault slot", vault, id.as_bytes(), kind.as_bytes(), parameters.as_bytes(), wrapped]
}

/// What a sealed item is bound to.
fn item_place<'a>(vault: &'a VaultId, id: &'a ItemId, kind: &'a str, version: &'a [u8]) -> [&'a [u8]; 5] {
    [b"countersign vault item", vault.as_bytes(), id.as_bytes(), kind.as_bytes(), version]
}

/// Several byte strings as one, each behind its length in 8 bytes (big-endian), so that no two lists look alike.
fn fields(parts: &[&[u8]]) -> Vec<u8> {
    let mut joined = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
    for part in parts {
        joined.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        joined.extend_from_slice(part);
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{testing::SeededRandom, vault::SlotId};

    fn keys(random: &SeededRandom) -> VaultKeys {
        VaultKeys::generate(VaultId::random(random).unwrap(), random).unwrap()
    }

    fn item(keys: &VaultKeys, random: &SeededRandom) -> ItemRow {
        let id = ItemId::random(random).unwrap();
        keys.seal_item(random, (id, "code", 1), &Secret::new(b"content".to_vec())).unwrap()
    }

    /// The same row with each of its parts changed.
    fn changed(row: &ItemRow, random: &SeededRandom) -> [ItemRow; 4] {
        let mut sealed = row.sealed.clone();
        sealed[20] ^= 1;
        [
            ItemRow { id: ItemId::random(random).unwrap(), ..row.clone() },
            ItemRow { kind: "cods".to_owned(), ..row.clone() },
            ItemRow { version: 2, ..row.clone() },
            ItemRow { sealed, ..row.clone() },
        ]
    }

    #[test]
    fn an_item_opens_in_its_own_place_only() {
        let random = SeededRandom::new(1);
        let keys = keys(&random);
        let row = item(&keys, &random);
        assert_eq!(keys.open_item(&row).unwrap().expose(), b"content");
        for other in changed(&row, &random) {
            assert!(matches!(keys.open_item(&other), Err(VaultError::Damaged { .. })), "{other:?}");
        }
        let elsewhere = VaultKeys::new(VaultId::random(&random).unwrap(), keys.root().clone());
        assert!(elsewhere.open_item(&row).is_err());
    }

    #[test]
    fn a_manifest_opens_in_its_own_vault_only() {
        let random = SeededRandom::new(1);
        let keys = keys(&random);
        let sealed = keys.seal_manifest(&random, &Manifest::empty()).unwrap();
        assert_eq!(keys.open_manifest(&sealed).unwrap(), Manifest::empty());
        let elsewhere = VaultKeys::new(VaultId::random(&random).unwrap(), keys.root().clone());
        assert!(elsewhere.open_manifest(&sealed).is_err());
        assert!(keys.open_manifest(&item(&keys, &random).sealed).is_err());
    }

    #[test]
    fn each_part_of_a_row_counts() {
        let random = SeededRandom::new(1);
        let keys = keys(&random);
        let row = item(&keys, &random);
        for other in changed(&row, &random) {
            assert_ne!(keys.item_hash(&row), keys.item_hash(&other), "{other:?}");
        }
        let id = SlotId::random(&random).unwrap();
        let (kind, parameters) = ("ab".to_owned(), "c".to_owned());
        let slot = SlotRow { id, kind, parameters, wrapped: vec![1], checksum: Vec::new() };
        for other in [
            SlotRow { id: SlotId::random(&random).unwrap(), ..slot.clone() },
            SlotRow { wrapped: vec![2], ..slot.clone() },
            // The same letters, divided in another way.
            SlotRow { kind: "a".to_owned(), parameters: "bc".to_owned(), ..slot.clone() },
        ] {
            assert_ne!(keys.slot_hash(&slot), keys.slot_hash(&other), "{other:?}");
            assert_ne!(slot_checksum(&keys.vault, &slot), slot_checksum(&keys.vault, &other), "{other:?}");
        }
    }
}
