//! Nonces of DPoP proofs (RFC 9449 section 8) and the proofs that were seen under them (section 11.1).

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use countersign_protocol::Timestamp;
use data_encoding::BASE64URL_NOPAD;
use ring::{
    digest::{SHA256, digest},
    hmac,
};
use subtle::ConstantTimeEq as _;

use crate::random::{Random, RandomError};

/// How long one nonce is given out. It is accepted for as long again.
const SLOT: Duration = Duration::from_secs(150);

/// Proofs that are remembered for one nonce; their fingerprints take some 32 MiB. Beyond that none is accepted until
/// the next nonce: forgetting one would let it be used again.
const MOST_SEEN: usize = 1_000_000;

/// Makes and checks nonces, and remembers the proofs of those that are still accepted.
///
/// A nonce is a keyed hash of its time slot: nothing is stored for it. The key lives as long as the process, so a
/// proof that was seen before a restart is refused after it by its nonce.
pub struct Nonces {
    key: hmac::Key,
    /// By time slot: the first half of the SHA-256 of key and `jti`, which is as good as both and small.
    seen: Mutex<HashMap<i64, HashSet<[u8; 16]>>>,
    most_seen: usize,
}

impl Nonces {
    /// With a new key.
    ///
    /// # Errors
    /// [`RandomError`] if the source fails.
    pub fn new(random: &Random) -> Result<Self, RandomError> {
        let key = zeroize::Zeroizing::new(random.bytes::<32>()?);
        let key = hmac::Key::new(hmac::HMAC_SHA256, &*key);
        Ok(Self { key, seen: Mutex::default(), most_seen: MOST_SEEN })
    }

    /// The nonce to use from now on.
    pub fn current(&self, now: Timestamp) -> String {
        self.of_slot(slot(now))
    }

    /// Whether the nonce is the current or the last one, and this proof is the first with its `jti` by its key.
    pub fn accept(&self, now: Timestamp, nonce: &str, jkt: &str, jti: &str) -> Verdict {
        let now = slot(now);
        let Some(made) = [now, now - 1]
            .into_iter()
            .find(|slot| bool::from(self.of_slot(*slot).as_bytes().ct_eq(nonce.as_bytes())))
        else {
            return Verdict::OtherNonce;
        };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|slot, _| (now - 1..=now).contains(slot));
        let (seen, proof) = (seen.entry(made).or_default(), fingerprint(jkt, jti));
        if seen.contains(&proof) {
            return Verdict::Replayed;
        }
        if seen.len() >= self.most_seen {
            return Verdict::Full { retry_after: SLOT };
        }
        seen.insert(proof);
        Verdict::Fresh
    }

    fn of_slot(&self, slot: i64) -> String {
        BASE64URL_NOPAD.encode(&hmac::sign(&self.key, &slot.to_be_bytes()).as_ref()[..16])
    }
}

/// What [`Nonces::accept`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Seen for the first time.
    Fresh,
    /// The nonce is not, or no longer, accepted.
    OtherNonce,
    /// This proof was used before.
    Replayed,
    /// No more proofs are remembered for this nonce.
    Full {
        /// By then there is another nonce.
        retry_after: Duration,
    },
}

fn fingerprint(jkt: &str, jti: &str) -> [u8; 16] {
    let hash = digest(&SHA256, format!("{jkt}.{jti}").as_bytes());
    let mut half = [0; 16];
    half.copy_from_slice(&hash.as_ref()[..16]);
    half
}

fn slot(now: Timestamp) -> i64 {
    now.as_millis() / i64::try_from(SLOT.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_lives_for_two_slots_and_a_proof_once() {
        let nonces = Nonces::new(&Random::system()).unwrap();
        let start = Timestamp::from_seconds(1_700_000_100);
        let nonce = nonces.current(start);
        assert_eq!(nonces.accept(start, &nonce, "k", "1"), Verdict::Fresh);
        assert_eq!(nonces.accept(start, &nonce, "k", "1"), Verdict::Replayed);
        assert_eq!(nonces.accept(start, &nonce, "other", "1"), Verdict::Fresh);
        assert_eq!(nonces.accept(start.plus(SLOT), &nonce, "k", "1"), Verdict::Replayed);
        assert_eq!(nonces.accept(start.plus(SLOT * 2), &nonce, "k", "2"), Verdict::OtherNonce);
        assert_eq!(nonces.accept(start, "made up", "k", "3"), Verdict::OtherNonce);
    }

    #[test]
    fn no_more_proofs_are_accepted_than_are_remembered() {
        let nonces = Nonces { most_seen: 2, ..Nonces::new(&Random::system()).unwrap() };
        let start = Timestamp::from_seconds(1_700_000_100);
        let nonce = nonces.current(start);
        assert_eq!(nonces.accept(start, &nonce, "k", "1"), Verdict::Fresh);
        assert_eq!(nonces.accept(start, &nonce, "k", "2"), Verdict::Fresh);
        assert_eq!(nonces.accept(start, &nonce, "k", "3"), Verdict::Full { retry_after: SLOT });
        assert_eq!(nonces.accept(start, &nonce, "k", "1"), Verdict::Replayed);
        let later = start.plus(SLOT);
        assert_eq!(nonces.accept(later, &nonces.current(later), "k", "3"), Verdict::Fresh);
    }
}
