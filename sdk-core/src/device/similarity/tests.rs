#![allow(clippy::unwrap_used, clippy::float_cmp)]

use countersign_protocol::device::Levels;
use proptest::{collection::btree_map, prelude::*, sample::select};
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Vectors {
    devices: BTreeMap<String, Fingerprint>,
    pairs: Vec<Pair>,
}

#[derive(Deserialize)]
struct Pair {
    one: String,
    other: String,
    similarity: f64,
    same_device: bool,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../../../../protocol/vectors/similarity.json")).unwrap()
}

#[test]
fn similarities_are_those_of_the_vectors() {
    let Vectors { devices, pairs } = vectors();
    assert!(pairs.len() >= 10);
    for Pair { one, other, similarity: wanted, same_device } in pairs {
        let found = similarity(&devices[&one], &devices[&other]);
        assert!((found - wanted).abs() < 1e-9, "{one} and {other}: {found}");
        assert_eq!(is_same_device(&devices[&one], &devices[&other]), same_device, "{one} and {other}");
    }
}

#[test]
fn what_the_product_promises_is_among_the_vectors() {
    let devices = vectors().devices;
    let with = |other: &str| similarity(&devices["a laptop"], &devices[other]);
    assert!(with("the laptop after an update of the operating system") >= 0.8);
    assert!(with("another laptop of the model") < 0.5);
}

#[test]
fn another_version_is_not_alike() {
    let laptop = vectors().devices.remove("a laptop").unwrap();
    let newer = Fingerprint { version: 2, ..laptop.clone() };
    assert_eq!(similarity(&laptop, &newer), 0.0);
    assert_eq!(similarity(&newer, &newer), 1.0);
}

const NAMES: [&str; 13] = [
    "os_family",
    "architecture",
    "model",
    "machine_id",
    "app_id",
    "os_version",
    "processor_class",
    "memory_class",
    "app_version",
    "locale",
    "time_zone",
    "keyboard",
    "battery",
];

fn fingerprint() -> impl Strategy<Value = Fingerprint> {
    // Few values, so that many signals are alike.
    btree_map(select(&NAMES[..]), 0..3_u8, 0..=NAMES.len()).prop_map(|signals| {
        let signals = signals.into_iter().map(|(name, value)| (name.to_owned(), value.to_string())).collect();
        // The levels are not looked at: they follow from the signals.
        let levels = Levels { optimal: String::new(), stable: String::new(), unique: String::new() };
        Fingerprint { version: 1, id: String::new(), levels, signals }
    })
}

/// The signals up to a level.
fn up_to(level: Level, fingerprint: &Fingerprint) -> Vec<(&String, &String)> {
    fingerprint.signals.iter().filter(|(name, _)| Level::of(name) <= level).collect()
}

proptest! {
    #[test]
    fn it_is_symmetric_and_between_0_and_1(one in fingerprint(), other in fingerprint()) {
        let found = similarity(&one, &other);
        prop_assert_eq!(found, similarity(&other, &one));
        prop_assert!((0.0..=1.0).contains(&found));
    }

    #[test]
    fn it_is_1_for_equal_signals_and_only_for_them(one in fingerprint(), other in fingerprint()) {
        prop_assert_eq!(similarity(&one, &one), 1.0);
        prop_assert_eq!(similarity(&one, &other) == 1.0, one.signals == other.signals);
    }

    #[test]
    fn a_level_that_stays_promises_what_it_says(one in fingerprint(), other in fingerprint()) {
        let found = similarity(&one, &other);
        for (level, least) in [(Level::Optimal, 0.8), (Level::Stable, 0.95)] {
            let (a, b) = (up_to(level, &one), up_to(level, &other));
            let has = |level| a.iter().any(|(name, _)| Level::of(name) == level);
            let there = has(Level::Optimal) && has(level);
            prop_assert!(!there || a != b || found >= least - 1e-9, "{}", found);
        }
    }

    #[test]
    fn another_machine_is_another_device(one in fingerprint(), id in 3..9_u8) {
        let mut one = one;
        one.signals.insert("machine_id".to_owned(), "0".to_owned());
        let mut other = one.clone();
        other.signals.insert("machine_id".to_owned(), id.to_string());
        prop_assert!(similarity(&one, &other) < 0.5);
    }
}
