//! Recognising a device by a fingerprint that is not quite the one it had. The SDK has an implementation of its own;
//! `protocol/vectors/similarity.json` holds the two together, and `docs/protocol.md` says what they compute.
//!
//! No login asks for it yet: [`devices::seen`](crate::store::devices::seen) recognises exactly the same fingerprint.

use std::collections::BTreeSet;

use countersign_protocol::device::Fingerprint;

/// From here on, two fingerprints are taken for one device.
pub const SAME_DEVICE: f64 = 0.8;

/// Signals with weights, in groups with shares. What is in no group belongs to the last, with weight 1.
const GROUPS: [(f64, &[(&str, f64)]); 3] = [
    (
        0.8,
        &[("machine_id", 15.0), ("model", 2.0), ("os_family", 1.0), ("architecture", 1.0), ("app_id", 1.0)],
    ),
    (0.15, &[("os_version", 1.0), ("processor_class", 1.0), ("memory_class", 1.0)]),
    (0.05, &[]),
];

/// From 0, nothing alike, to 1, all the same.
pub fn similarity(known: &Fingerprint, seen: &Fingerprint) -> f64 {
    if known.version != seen.version {
        return 0.0;
    }
    if known.signals == seen.signals {
        return 1.0;
    }
    let (mut score, mut possible) = (0.0, 0.0);
    let names: BTreeSet<&String> = known.signals.keys().chain(seen.signals.keys()).collect();
    for (index, (share, _)) in GROUPS.iter().enumerate() {
        let weighed = names.iter().filter_map(|name| {
            let (group, weight) = place(name);
            (group == index).then(|| (weight, known.signals.get(*name) == seen.signals.get(*name)))
        });
        let (mut same, mut all) = (0.0, 0.0);
        for (weight, is_same) in weighed {
            all += weight;
            same += if is_same { weight } else { 0.0 };
        }
        if all > 0.0 {
            score += share * same / all;
            possible += share;
        }
    }
    score / possible
}

/// The group and the weight of a signal.
fn place(name: &str) -> (usize, f64) {
    let grouped = GROUPS.iter().enumerate().find_map(|(group, (_, members))| {
        members.iter().find(|(member, _)| *member == name).map(|(_, weight)| (group, *weight))
    });
    grouped.unwrap_or((GROUPS.len() - 1, 1.0))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeMap;

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

    #[test]
    fn similarities_are_those_of_the_vectors_in_both_directions() {
        let vectors = include_str!("../../../../protocol/vectors/similarity.json");
        let Vectors { devices, pairs } = serde_json::from_str(vectors).unwrap();
        assert!(pairs.len() >= 10);
        for Pair { one, other, similarity: wanted, same_device } in pairs {
            for (known, seen) in [(&one, &other), (&other, &one)] {
                let found = similarity(&devices[known], &devices[seen]);
                assert!((found - wanted).abs() < 1e-9, "{known} and {seen}: {found}");
                assert_eq!(found >= SAME_DEVICE, same_device, "{known} and {seen}");
            }
        }
    }

    #[test]
    fn another_version_is_not_alike() {
        let vectors = include_str!("../../../../protocol/vectors/similarity.json");
        let Vectors { devices, .. } = serde_json::from_str(vectors).unwrap();
        let laptop = &devices["a laptop"];
        assert!(similarity(laptop, &Fingerprint { version: 2, ..laptop.clone() }) < f64::EPSILON);
    }
}
