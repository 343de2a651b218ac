//! How alike two fingerprints are. `protocol/vectors/similarity.json` holds examples, which the server's own
//! implementation reads too.
//!
//! Two signals are alike when both fingerprints have them with the same hash; one that only one of them has is not.
//! Within a level, the likeness is the weight of what is alike over the weight of all that is there:
//!
//! | level | share | signals and their weights |
//! |---|---|---|
//! | `optimal` | 16 | `machine_id` 15, `model` 2, `os_family` 1, `architecture` 1, `app_id` 1 |
//! | `stable` | 3 | `os_version` 1, `processor_class` 1, `memory_class` 1 |
//! | `unique` | 1 | all others, 1 each |
//!
//! The similarity is the mean of the levels by their shares; a level without signals on either side does not count.
//! Without any signal it is 1. Fingerprints of different versions, or under different salts, are not alike at all.
//!
//! So the level `optimal`, where it is the same, gives at least 0.8, whatever an update of system or app changes;
//! `stable`, where it has signals too, at least 0.95; `unique` 1, and only that does. Another machine differs in
//! `machine_id`, which takes away three quarters of the largest share: of one model and with everything else the same it
//! comes to 0.4. Where neither side has a `machine_id`, nothing tells two machines of one model apart, and nothing here
//! pretends to.

use std::collections::BTreeMap;

use countersign_protocol::device::Fingerprint;

use super::fingerprint::Level;

/// From here on, two fingerprints are of the same device.
pub const SAME_DEVICE: f64 = 0.8;

/// How alike the fingerprints are, from 0 to 1; 1 for equal signals and only for them. The order does not matter.
pub fn similarity(one: &Fingerprint, other: &Fingerprint) -> f64 {
    if one.version != other.version {
        return 0.0;
    }
    let mut levels = BTreeMap::<Level, Likeness>::new();
    for (name, hash) in &one.signals {
        let alike = other.signals.get(name) == Some(hash);
        levels.entry(Level::of(name)).or_default().add(weight(name), alike);
    }
    for name in other.signals.keys().filter(|name| !one.signals.contains_key(*name)) {
        levels.entry(Level::of(name)).or_default().add(weight(name), false);
    }
    let shares: f64 = levels.keys().map(|level| share(*level)).sum();
    if levels.is_empty() {
        return 1.0;
    }
    levels.iter().map(|(level, likeness)| share(*level) * likeness.ratio()).sum::<f64>() / shares
}

/// Whether the fingerprints are of one device, as far as fingerprints can tell.
pub fn is_same_device(one: &Fingerprint, other: &Fingerprint) -> bool {
    similarity(one, other) >= SAME_DEVICE
}

fn share(level: Level) -> f64 {
    match level {
        Level::Optimal => 16.0,
        Level::Stable => 3.0,
        Level::Unique => 1.0,
    }
}

fn weight(signal: &str) -> u32 {
    match signal {
        "machine_id" => 15,
        "model" => 2,
        _ => 1,
    }
}

/// The weights of one level.
#[derive(Default)]
struct Likeness {
    alike: u32,
    all: u32,
}

impl Likeness {
    fn add(&mut self, weight: u32, alike: bool) {
        self.all += weight;
        self.alike += if alike { weight } else { 0 };
    }

    /// A level that is here has a signal, and each weighs something.
    fn ratio(&self) -> f64 {
        f64::from(self.alike) / f64::from(self.all)
    }
}

#[cfg(test)]
mod tests;
