#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use serde::Deserialize;

use super::*;
use crate::{
    Error,
    testing::{self, FixedSignals, LAPTOP, MemoryLog, MemoryStorage},
};

fn of(signals: &[(&str, &str)]) -> Result<Fingerprint, InvalidField> {
    let signal = |&(name, value): &(&str, &str)| Signal { name: name.to_owned(), value: value.to_owned() };
    fingerprint(&Secret::new([7; 32]), &signals.iter().map(signal).collect::<Vec<_>>())
}

/// The laptop with one value changed.
fn with(name: &str, value: &str) -> Fingerprint {
    let change = |&(n, v)| if n == name { (n, value) } else { (n, v) };
    of(&LAPTOP.iter().map(change).collect::<Vec<_>>()).unwrap()
}

#[derive(Deserialize)]
struct Vectors {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    salt: String,
    signals: BTreeMap<String, String>,
    fingerprint: Fingerprint,
}

#[test]
fn fingerprints_are_those_of_the_vectors() {
    let vectors = include_str!("../../../../protocol/vectors/fingerprint.json");
    let Vectors { cases } = serde_json::from_str(vectors).unwrap();
    assert!(cases.len() >= 5);
    for case in cases {
        let salt = read_salt(&Secret::new(case.salt)).unwrap();
        let signals: Vec<_> = case.signals.into_iter().map(|(name, value)| Signal { name, value }).collect();
        assert_eq!(fingerprint(&salt, &signals).unwrap(), case.fingerprint, "{}", case.name);
    }
}

#[test]
fn each_signal_changes_the_levels_that_it_belongs_to() {
    let before = of(LAPTOP).unwrap();
    for (name, _) in LAPTOP {
        let after = with(name, "something else");
        let optimal = ["os_family", "architecture", "model", "machine_id", "app_id"].contains(name);
        let stable = optimal || ["os_version", "processor_class", "memory_class"].contains(name);
        assert_eq!(after.id != before.id, optimal, "id by {name}");
        assert_eq!(after.levels.optimal != before.levels.optimal, optimal, "optimal by {name}");
        assert_eq!(after.levels.stable != before.levels.stable, stable, "stable by {name}");
        assert_ne!(after.levels.unique, before.levels.unique, "unique by {name}");
        let changed = before.signals.iter().filter(|(name, hash)| after.signals[*name] != **hash);
        assert_eq!(changed.map(|(name, _)| name).collect::<Vec<_>>(), [name]);
    }
}

#[test]
fn the_order_of_signals_does_not_matter_and_empty_ones_are_missing() {
    let mut signals = LAPTOP.to_vec();
    signals.reverse();
    signals.push(("battery", ""));
    assert_eq!(of(&signals).unwrap(), of(LAPTOP).unwrap());
}

#[test]
fn a_fingerprint_passes_the_check_of_the_wire_and_holds_no_value() {
    for fingerprint in [of(LAPTOP).unwrap(), of(&[]).unwrap()] {
        let json = serde_json::to_string(&fingerprint).unwrap();
        assert_eq!(serde_json::from_str::<Fingerprint>(&json).unwrap(), fingerprint);
        assert!(!LAPTOP.iter().any(|(_, value)| value.len() > 3 && json.contains(value)));
    }
}

#[test]
fn malformed_signals_are_refused() {
    let many: Vec<_> = (0..65).map(|n| format!("s{n}")).collect();
    let many: Vec<_> = many.iter().map(|name| (name.as_str(), "x")).collect();
    assert!(of(&many[..64]).is_ok());
    let long = "n".repeat(65);
    for signals in [
        &many[..],
        &[("", "x")],
        &[("Model", "x")],
        &[("a\0b", "x")],
        &[(&long, "x")],
        &[("a", "1"), ("a", "2")],
    ] {
        assert_eq!(of(signals).unwrap_err().field, "signals");
    }
}

fn server(url: &str) -> ServerUrl {
    url.parse().unwrap()
}

#[tokio::test]
async fn the_fingerprint_stays_through_a_restart_and_differs_between_servers() {
    let storage = Arc::new(MemoryStorage::default());
    let started = || Ports { storage: storage.clone(), ..testing::ports() };
    let acme = fingerprint_for(&server("https://acme.example"), &started()).await.unwrap();
    // The generator is seeded alike at each start, so draw first to get another salt.
    let ports = started();
    ports.random.bytes::<1>().unwrap();
    let again = fingerprint_for(&server("https://acme.example"), &ports).await.unwrap();
    let other = fingerprint_for(&server("https://other.example"), &ports).await.unwrap();
    assert_eq!(acme, again);
    assert!(acme.id != other.id && acme.levels.unique != other.levels.unique);
    assert!(acme.signals.iter().all(|(name, hash)| other.signals[name] != *hash));
    assert!(storage.entries().contains_key("fp-salt.yo4NzxuFB-TFCT9O"));
}

#[tokio::test]
async fn a_damaged_salt_is_replaced_with_a_warning() {
    let (storage, log) = (Arc::new(MemoryStorage::default()), Arc::new(MemoryLog::default()));
    let ports = Ports { storage: storage.clone(), log: log.clone(), ..testing::ports() };
    let acme = server("https://acme.example");
    let before = fingerprint_for(&acme, &ports).await.unwrap();
    let entry = storage.entries().into_keys().next().unwrap();
    ports.storage.set(&entry, "cut o").unwrap();
    let after = fingerprint_for(&acme, &ports).await.unwrap();
    assert_ne!(before.id, after.id);
    assert_eq!(log.lines().len(), 1);
    assert_eq!(fingerprint_for(&acme, &ports).await.unwrap(), after, "the new salt is kept");
}

#[tokio::test]
async fn nothing_is_told_or_kept_when_something_fails() {
    let storage = Arc::new(MemoryStorage::default());
    let ports = Ports { storage: storage.clone(), ..testing::ports() };
    let acme = server("https://acme.example");
    storage.fail_set(1);
    let broken = fingerprint_for(&acme, &ports).await.unwrap_err();
    assert!(matches!(Error::from(broken), Error::Device { .. }));
    storage.set_locked(true);
    let locked = fingerprint_for(&acme, &ports).await.unwrap_err();
    assert!(matches!(Error::from(locked), Error::Locked { .. }));
    storage.set_locked(false);
    assert!(storage.entries().is_empty());

    let signals = Arc::new(FixedSignals::new(&[("Model", "x")]));
    let refused = fingerprint_for(&acme, &Ports { signals, ..ports }).await.unwrap_err();
    assert!(matches!(Error::from(refused), Error::InvalidInput { field, .. } if field == "signals"));
}
