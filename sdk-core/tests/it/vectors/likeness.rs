//! Pairs of fingerprints, and how alike they are.

use std::{collections::BTreeMap, sync::Arc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use countersign::{
    device::{fingerprint_for, similarity},
    ports::{Ports, SecureStorage as _},
    protocol::device::Fingerprint,
    testing::{self, FixedSignals, LAPTOP, MemoryStorage},
};
use serde::Serialize;

use super::story;

#[derive(Serialize)]
struct Likeness {
    description: &'static str,
    devices: BTreeMap<&'static str, Fingerprint>,
    pairs: Vec<Pair>,
}

#[derive(Serialize)]
struct Pair {
    one: &'static str,
    other: &'static str,
    similarity: f64,
    same_device: bool,
}

type Signals = &'static [(&'static str, &'static str)];

/// The laptop with these signals in place of its own; an empty one is missing.
const LAPTOPS: [(&str, Signals); 11] = [
    ("a laptop", &[]),
    ("the laptop after an update of the operating system", &[("os_version", "13")]),
    ("the laptop after an update of the app", &[("app_version", "4.3")]),
    (
        "the laptop after updates and a journey",
        &[
            ("app_version", "5.0"),
            ("locale", "pt_PT"),
            ("memory_class", "64"),
            ("os_version", "13"),
            ("time_zone", "Europe/Lisbon"),
        ],
    ),
    ("the laptop under another name of its model", &[("model", "Laptop 7 Gen 2")]),
    ("another laptop of the model", &[("machine_id", "00112233445566778899aabbccddeeff")]),
    (
        "a phone",
        &[
            ("app_version", "4.1"),
            ("architecture", "aarch64"),
            ("machine_id", "ffeeddccbbaa99887766554433221100"),
            ("memory_class", "8"),
            ("model", "Phone 3"),
            ("os_family", "Android"),
            ("os_version", "16"),
        ],
    ),
    ("the laptop, whose machine id cannot be read", &[("machine_id", "")]),
    ("the laptop without a machine id, elsewhere", &[("machine_id", ""), ("time_zone", "Asia/Tokyo")]),
    ("the laptop with two signals of its app", &[("battery", "new"), ("keyboard", "Ελληνικά")]),
    ("the laptop with one of them changed", &[("battery", "old"), ("keyboard", "Ελληνικά")]),
];

/// Devices of which no more is known than this.
const OTHERS: [(&str, Signals); 2] =
    [("nothing but a language", &[("locale", "de_DE")]), ("nothing at all", &[])];

pub(super) fn file() -> String {
    let changed = LAPTOPS.map(|(name, change)| (name, fingerprint(LAPTOP.iter().chain(change))));
    let others = OTHERS.map(|(name, signals)| (name, fingerprint(signals.iter())));
    let devices: Vec<_> = changed.into_iter().chain(others).collect();
    let names: Vec<_> = devices.iter().map(|(name, _)| *name).collect();
    let devices: BTreeMap<_, _> = devices.into_iter().collect();
    let mut pairs: Vec<_> = names.iter().map(|other| (names[0], *other)).collect();
    pairs.extend([
        (names[7], names[8]),
        (names[9], names[10]),
        (names[11], names[11]),
        (names[12], names[12]),
        (names[11], names[12]),
        (names[5], names[6]),
    ]);
    let pair = |(one, other): (&'static str, &'static str)| Pair {
        one,
        other,
        similarity: similarity::similarity(&devices[one], &devices[other]),
        same_device: similarity::is_same_device(&devices[one], &devices[other]),
    };
    let pairs = pairs.into_iter().map(pair).collect();
    story::text(&Likeness {
        description: "How alike two fingerprints of one server are, version 1; readers agree to nine places. \
                      countersign::device::similarity documents the weights.",
        pairs,
        devices,
    })
}

/// Of a device with these signals; a later one of the same name takes the place of the earlier.
fn fingerprint<'a>(signals: impl Iterator<Item = &'a (&'a str, &'a str)>) -> Fingerprint {
    let signals: BTreeMap<_, _> = signals.copied().collect();
    let signals: Vec<_> = signals.into_iter().collect();
    let (storage, server) = (MemoryStorage::default(), "https://acme.example".parse().unwrap());
    // The entry in which the salt for this server is kept.
    let salt = URL_SAFE_NO_PAD.encode((0..32).collect::<Vec<u8>>());
    storage.set("fp-salt.yo4NzxuFB-TFCT9O", &salt).unwrap();
    let signals = Arc::new(FixedSignals::new(&signals));
    let ports = Ports { storage: Arc::new(storage), signals, ..testing::ports() };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(fingerprint_for(&server, &ports)).unwrap()
}
