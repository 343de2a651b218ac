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

/// Makes and checks nonces, and remembers the proofs of those that are still accepted.
///
/// A nonce is a keyed hash of its time slot: nothing is stored for it. The key lives as long as the process, so a
/// proof that was seen before a restart is refused after it by its nonce.
pub struct Nonces {
    key: hmac::Key,
    /// By time slot: the first half of the SHA-256 of key and `jti`, which is as good as both and small.
    seen: Mutex<HashMap<i64, HashSet<[u8; 16]>>>,
}

impl Nonces {
    /// With a new key.
    ///
    /// # Errors
    /// [`RandomError`] if the source fails.
    pub fn new(random: &Random) -> Result<Self, RandomError> {
        let key = zeroize::Zeroizing::new(random.bytes::<32>()?);
        Ok(Self { key: hmac::Key::new(hmac::HMAC_SHA256, &*key), seen: Mutex::new(HashMap::new()) })
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
        if seen.entry(made).or_default().insert(fingerprint(jkt, jti)) {
            Verdict::Fresh
        } else {
            Verdict::Replayed
        }
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
}
