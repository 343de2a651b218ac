//! The vault with many entries.

use std::{hint::black_box, path::Path, sync::Arc};

use countersign::{
    crypto::kdf::Argon2Cost,
    otp::{Algorithm, Digits, Period, Totp, TotpEntry},
    ports::{Ports, Random, SystemRandom},
    protocol::{Secret, Timestamp},
    testing,
    vault::{Item, Passphrase, Vault, entries::CodeEntry},
};

use crate::{
    error::BenchError,
    report::{Row, Section, duration, time},
    timing::{Samples, Stopwatch, side_by_side, used},
};

const ENTRIES: u32 = 10_000;
const OPENINGS: usize = 40;

pub(crate) async fn measure(folder: &Path) -> Result<Section, BenchError> {
    let random = Arc::new(SystemRandom::default());
    let ports = Ports { random: random.clone(), ..testing::ports() };
    let path = folder.join("codes.vault");
    let watch = Stopwatch::default();
    let passphrase = Passphrase::new(&"correct horse battery staple".into())?;

    // What a passphrase costs is not measured here.
    let cost = Argon2Cost::new(8, 1, 1)?;
    let vault = Vault::create(&path, &passphrase, cost, ports.clone()).await?;
    let items = (0..ENTRIES).map(|number| entry(number, &*random)).collect::<Result<Vec<_>, _>>()?;
    let start = watch.read();
    vault.put_all(&items).await?;
    let written = watch.since(start);
    vault.lock().close().await?;

    let mut locked = Vault::open(&path, ports.clone()).await?;
    let key = locked.derive(&passphrase.into()).await?;
    locked.close().await?;
    let mut openings = Vec::with_capacity(OPENINGS);
    let mut listings = Vec::with_capacity(OPENINGS);
    for _ in 0..OPENINGS {
        let start = watch.read();
        let vault = Vault::open(&path, ports.clone()).await?.unlock_derived(&key).await?;
        openings.push(watch.since(start));
        let start = watch.read();
        used(vault.list::<CodeEntry>().await?);
        listings.push(watch.since(start));
        vault.lock().close().await?;
    }
    let (openings, listings) = (Samples::from(openings), Samples::from(listings));

    let [keystroke] = side_by_side([&mut || used(found(&items, black_box("99")))]);
    let how = format!(
        "{ENTRIES} code generators in a file. Opening is from the closed file to the unlocked vault, by a key that is \
         derived already: every row is read and checked against the manifest. Listing opens the seal of each entry, \
         which an app does once. Searching is a scan of the listed entries by their names; the SDK has no index.",
    );
    let rows = vec![
        Row::new("Vault open, key derived (median)", duration(openings.median()))
            .beside(format!("p99 of {}: {}", openings.count(), duration(openings.percentile(99))))
            .target("< 30 ms", openings.median().as_millis() < 30),
        Row::new("All entries listed (median)", duration(listings.median())),
        Row::new("Search, one keystroke", time(keystroke)).target("< 5 ms", keystroke < 5e6),
        Row::new("All entries written, in one change", duration(written)),
    ];
    Ok(Section::new("Vault", how, rows))
}

fn entry(number: u32, random: &dyn Random) -> Result<Item<CodeEntry>, BenchError> {
    let secret = Secret::new(random.bytes::<20>()?.to_vec());
    let totp = Totp::new(secret, Algorithm::Sha1, Digits::default(), Period::default())?;
    let (issuer, account) = (format!("Example {number}"), format!("mia.{number}@example.com"));
    let entry = TotpEntry::new(Some(&issuer), &account, totp);
    let created = Timestamp::from_seconds(1_769_860_800);
    let record = CodeEntry { position: number, ..CodeEntry::new(entry, created) };
    Ok(Item::new(record, random)?)
}

/// What an app shows for what was typed.
fn found<'a>(items: &'a [Item<CodeEntry>], typed: &str) -> Vec<&'a Item<CodeEntry>> {
    let contains = |text: &str| text.to_lowercase().contains(typed);
    let names = |item: &Item<CodeEntry>| {
        item.record.entry.issuer().is_some_and(contains) || contains(item.record.entry.account())
    };
    items.iter().filter(|item| names(item)).collect()
}
