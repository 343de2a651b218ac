//! Files that somebody, or a failing disk, has changed: the content is what it was, or there is a clear error.

use sqlx::{Connection as _, SqliteConnection};

use super::{Desk, cheap, codes, passphrase, store_error, written};
use crate::{
    testing,
    vault::{
        Change, DerivedKey, Passphrase, SlotRow, SqliteStore, Store as _, StoreError, Vault, VaultError,
        keys::slot_checksum, manifest::Manifest, slot, slot_parameters::SlotParameters,
        sqlite_store::options,
    },
};

impl Desk {
    /// Opens with a key that was derived before, and reads.
    async fn read(&self, key: &DerivedKey) -> Result<Vec<String>, VaultError> {
        let vault =
            self.open().await?.accept_older_copy().unlock_derived(key).await.map_err(|error| error.source)?;
        Ok(codes(&vault).await)
    }

    async fn derive(&self, passphrase: &Passphrase) -> DerivedKey {
        let mut locked = self.open().await.unwrap();
        let key = locked.derive(&passphrase.clone().into()).await.unwrap();
        locked.close().await.unwrap();
        key
    }
}

/// A vault of three entries in the smallest pages there are, so that a test can try each of its bytes.
async fn small_vault() -> (Desk, Vec<String>, DerivedKey) {
    let desk = Desk::new();
    let entries = desk.with_entries(3).await;
    desk.tamper("PRAGMA journal_mode = DELETE; PRAGMA page_size = 512; VACUUM; PRAGMA journal_mode = WAL")
        .await;
    let key = desk.derive(&passphrase("one")).await;
    (desk, written(&entries), key)
}

#[tokio::test]
async fn no_flipped_bit_leads_to_another_content() {
    let (desk, entries, key) = small_vault().await;
    let file = std::fs::read(desk.path()).unwrap();
    let sealed: usize = desk.rows().await.iter().map(|row| row.sealed.len()).sum();
    let (mut unchanged, mut refused) = (0, 0);
    for offset in 0..file.len() {
        let mut flipped = file.clone();
        // Each offset, and over them each bit.
        flipped[offset] ^= 1 << (offset % 8);
        std::fs::write(desk.path(), &flipped).unwrap();
        match desk.read(&key).await {
            Ok(found) => {
                assert_eq!(found, entries, "offset {offset}");
                unchanged += 1;
                if unchanged % 16 == 0 {
                    check_writing(&desk, &entries, &key).await;
                }
            }
            Err(VaultError::WrongPassphrase) => panic!("offset {offset} blames the passphrase"),
            Err(_) => refused += 1,
        }
        let _ = std::fs::remove_file(desk.log_of_changes());
    }
    assert!(refused > sealed, "{unchanged} unchanged, {refused} refused");
}

/// A flipped bit that did no harm to reading does none to writing either.
async fn check_writing(desk: &Desk, entries: &[String], key: &DerivedKey) {
    let vault = desk.open().await.unwrap().accept_older_copy().unlock_derived(key).await.unwrap();
    let more = desk.entry(9);
    let put = vault.put(&more).await;
    let mut expected = entries.to_vec();
    if put.is_ok() {
        expected.extend(written(&[more]));
        expected.sort();
    }
    assert_eq!(codes(&vault).await, expected);
    let _ = vault.lock().close().await;
    match desk.read(key).await {
        Ok(found) => assert_eq!(found, expected),
        Err(error) => assert!(!matches!(error, VaultError::WrongPassphrase)),
    }
}

#[tokio::test]
async fn a_file_that_is_cut_off_has_the_same_content_or_is_refused() {
    let (desk, entries, key) = small_vault().await;
    let file = std::fs::read(desk.path()).unwrap();
    for length in (0..file.len()).step_by(61) {
        std::fs::write(desk.path(), &file[..length]).unwrap();
        match desk.read(&key).await {
            // The last page is not full; what is cut off there is nothing.
            Ok(found) => assert_eq!((found, length / 512), (entries.clone(), file.len() / 512 - 1)),
            Err(error) => assert!(!matches!(error, VaultError::WrongPassphrase), "{length}"),
        }
        let _ = std::fs::remove_file(desk.log_of_changes());
    }
}

#[tokio::test]
async fn rows_that_were_moved_dropped_or_doubled_are_noticed() {
    for statements in [
        // Two rows exchange their content.
        "CREATE TEMP TABLE a AS SELECT * FROM items LIMIT 2;
         UPDATE items SET sealed = (SELECT sealed FROM a WHERE a.id <> items.id) WHERE id IN (SELECT id FROM a)",
        // A row goes; all rows go.
        "DELETE FROM items WHERE id = (SELECT max(id) FROM items)",
        "DELETE FROM items",
        // A row comes twice, under another id.
        "INSERT INTO items SELECT randomblob(16), kind, version, sealed FROM items LIMIT 1",
        // What stands in the clear changes.
        "UPDATE items SET kind = 'cods'",
        "UPDATE items SET version = 2",
        "UPDATE items SET version = -1",
        "UPDATE items SET id = substr(id, 2)",
        "UPDATE items SET sealed = substr(sealed, 1, 20)",
        "UPDATE meta SET vault = randomblob(16)",
        "UPDATE meta SET vault = x'00'",
        "UPDATE meta SET format = 0",
        "DELETE FROM meta",
        "DELETE FROM manifest",
        "UPDATE manifest SET sealed = x'00'",
        "DELETE FROM slots",
        "UPDATE slots SET parameters = replace(parameters, '\"passes\":1', '\"passes\":2')",
        "UPDATE slots SET wrapped = zeroblob(60)",
        "INSERT INTO slots SELECT randomblob(16), 'sesame', '{}', wrapped, checksum FROM slots",
        // Something runs when the vault is used.
        "CREATE TRIGGER mine AFTER UPDATE ON manifest BEGIN DELETE FROM items; END;
         DELETE FROM items WHERE id = (SELECT max(id) FROM items)",
        "DROP TABLE items; CREATE VIEW items AS SELECT id, kind, 1 AS version, wrapped AS sealed FROM slots",
    ] {
        let desk = Desk::new();
        desk.with_entries(3).await;
        desk.tamper(statements).await;
        match desk.unlock("one").await.err().unwrap() {
            VaultError::Damaged { .. } | VaultError::Store(StoreError::Damaged { .. }) => {}
            VaultError::NoSuchKey { .. } if statements == "DELETE FROM slots" => {}
            other => panic!("{statements}: {other}"),
        }
    }
}

/// What lay in the file once, at the side of what lies there now.
async fn set_back(remember: &'static str, restore: &'static str) -> Desk {
    let desk = Desk::new();
    let entries = desk.with_entries(3).await;
    desk.tamper(remember).await;
    let vault = desk.unlock("one").await.unwrap();
    let mut changed = entries[0].clone();
    changed.record.position = 9;
    vault.put(&changed).await.unwrap();
    vault.change_passphrase(&passphrase("two"), cheap()).await.unwrap();
    vault.lock().close().await.unwrap();
    desk.tamper(restore).await;
    desk
}

#[tokio::test]
async fn a_part_that_was_set_back_is_noticed() {
    let desk = set_back(
        "CREATE TABLE old AS SELECT * FROM items",
        "UPDATE items SET sealed = (SELECT sealed FROM old WHERE old.id = items.id)",
    )
    .await;
    assert!(matches!(desk.unlock("two").await.err(), Some(VaultError::Damaged { .. })));

    let desk = set_back(
        "CREATE TABLE old AS SELECT * FROM manifest",
        "UPDATE manifest SET sealed = (SELECT sealed FROM old)",
    )
    .await;
    assert!(matches!(desk.unlock("two").await.err(), Some(VaultError::Damaged { .. })));

    // The former passphrase does not come back with its slot.
    let desk = set_back(
        "CREATE TABLE old AS SELECT * FROM slots",
        "DELETE FROM slots; INSERT INTO slots SELECT * FROM old",
    )
    .await;
    assert!(matches!(desk.unlock("two").await.err(), Some(VaultError::WrongPassphrase)));
    assert!(matches!(desk.unlock("one").await.err(), Some(VaultError::Damaged { .. })));
}

#[tokio::test]
async fn a_row_of_another_vault_does_not_open_here() {
    let (mine, mut theirs) = (Desk::new(), Desk::new());
    mine.with_entries(2).await;
    theirs.ports = testing::ports();
    theirs.ports.random = std::sync::Arc::new(testing::SeededRandom::new(2));
    theirs.with_entries(2).await;
    let row = theirs.rows().await.remove(0);

    let mut connection = SqliteConnection::connect_with(&options(&mine.path())).await.unwrap();
    sqlx::query("UPDATE items SET id = $1, sealed = $2 WHERE id = (SELECT max(id) FROM items)")
        .bind(row.id.as_bytes())
        .bind(&row.sealed)
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    assert!(matches!(mine.unlock("one").await.err(), Some(VaultError::Damaged { .. })));
}

#[tokio::test]
async fn a_format_that_was_set_back_is_noticed() {
    let desk = Desk::new();
    desk.with_entries(1).await;
    let mut store = Box::new(SqliteStore::open(&desk.path()).await.unwrap());
    let header = store.header().await.unwrap();
    let Some(SlotParameters::Passphrase(slot)) = slot::read(&header.vault, &header.slots[0]).unwrap() else {
        panic!("another slot")
    };
    let key = slot.derive(&passphrase("one")).await.unwrap();
    let keys = slot::unwrap(&header.vault, &header.slots[0], &key).unwrap();
    let expected_manifest = store.manifest().await.unwrap();
    let manifest = Manifest { format: 2, ..keys.open_manifest(&expected_manifest).unwrap() };
    let manifest = keys.seal_manifest(&*desk.ports.random, &manifest).unwrap();
    let (inserted, updated, removed) = Default::default();
    let change = Change { expected_manifest, manifest, inserted, updated, removed, slots: None };
    store.apply(&change).await.unwrap();
    store.close().await.unwrap();
    let refused = desk.unlock("one").await.err().unwrap();
    assert!(matches!(refused, VaultError::Newer { found: 2, supported: 1, .. }));

    desk.tamper("UPDATE meta SET format = 77").await;
    let refused = store_error(desk.open().await);
    assert!(matches!(refused, StoreError::NewerFormat { found: 77, supported: 1 }));
}

#[tokio::test]
async fn a_cost_that_no_device_can_pay_is_refused_before_it_is_paid() {
    for parameters in [
        r#"{"salt":"AAAAAAAAAAAAAAAAAAAAAA","memory_kib":4194304,"passes":1,"lanes":1}"#,
        r#"{"salt":"AAAAAAAAAAAAAAAAAAAAAA","memory_kib":1048577,"passes":1,"lanes":1}"#,
        r#"{"salt":"AAAAAAAAAAAAAAAAAAAAAA","memory_kib":8,"passes":4294967295,"lanes":1}"#,
    ] {
        let refused = with_parameters(parameters).await;
        assert!(matches!(refused, VaultError::CostTooHigh(_)), "{refused}");
    }
    for parameters in ["", "{}", r#"{"salt":"AA","memory_kib":8,"passes":1,"lanes":1}"#] {
        assert!(matches!(with_parameters(parameters).await, VaultError::Damaged { .. }));
    }
}

/// What opening says to a slot with these parameters and a checksum that fits.
async fn with_parameters(parameters: &str) -> VaultError {
    let desk = Desk::new();
    desk.with_entries(1).await;
    let mut store = SqliteStore::open(&desk.path()).await.unwrap();
    let header = store.header().await.unwrap();
    Box::new(store).close().await.unwrap();
    let slot = SlotRow { parameters: parameters.to_owned(), ..header.slots[0].clone() };

    let mut connection = SqliteConnection::connect_with(&options(&desk.path())).await.unwrap();
    sqlx::query("UPDATE slots SET parameters = $1, checksum = $2")
        .bind(&slot.parameters)
        .bind(slot_checksum(&header.vault, &slot).as_slice())
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    Vault::open(&desk.path(), desk.ports.clone()).await.err().unwrap()
}
