//! The randomness of a realm: the system's, or one that is the same in every run.

use std::sync::{Arc, Mutex, PoisonError};

use countersign_protocol::{Secret, Timestamp, fields::OpaqueToken};
use rand::{Rng, SeedableRng, rngs::StdRng};
use ring::{
    digest::{SHA256, digest},
    rand::{SecureRandom, SystemRandom},
};

/// Where random bytes come from.
pub trait RandomSource: Send + Sync {
    /// Fills `bytes` with random ones.
    ///
    /// # Errors
    /// [`RandomError`] if there are none; `bytes` are of no use then.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError>;
}

/// The system gave no random bytes. Nothing secret may be made without them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system's random generator failed; nothing was made, try again")]
pub struct RandomError;

/// What a server makes of random bytes. A clone draws from the same source.
#[derive(Clone)]
pub struct Random(Arc<dyn RandomSource>);

impl Random {
    /// Drawn from the operating system.
    pub fn system() -> Self {
        Self(Arc::new(System(SystemRandom::new())))
    }

    /// The same values in every run that draws in the same order. Everything made from it can be foretold, so it is
    /// for tests and demos alone.
    pub fn seeded(seed: u64) -> Self {
        Self(Arc::new(Seeded(Mutex::new(StdRng::seed_from_u64(seed)))))
    }

    /// As [`Random::seeded`], another one for each name.
    pub fn seeded_for(seed: u64, name: &str) -> Self {
        let hash = digest(&SHA256, [&seed.to_be_bytes(), name.as_bytes()].concat().as_slice());
        let mut seed = [0; 32];
        seed.copy_from_slice(hash.as_ref());
        Self(Arc::new(Seeded(Mutex::new(StdRng::from_seed(seed)))))
    }

    /// Drawn from `source`.
    pub fn from_source(source: Arc<dyn RandomSource>) -> Self {
        Self(source)
    }

    /// Fills `bytes`.
    ///
    /// # Errors
    /// [`RandomError`], as for everything here, if the source fails.
    pub fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        self.0.fill(bytes)
    }

    /// `N` random bytes.
    ///
    /// # Errors
    /// [`RandomError`] if the source fails.
    pub fn bytes<const N: usize>(&self) -> Result<[u8; N], RandomError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// A new ULID of any kind: `random.ulid(clock.now(), LoginId::from_parts)`.
    ///
    /// # Errors
    /// [`RandomError`] if the source fails.
    pub fn ulid<Id>(&self, now: Timestamp, make: impl FnOnce(u64, u128) -> Id) -> Result<Id, RandomError> {
        let random = u128::from_be_bytes(self.bytes()?);
        // A timestamp is never before 1970.
        Ok(make(u64::try_from(now.as_millis()).unwrap_or_default(), random))
    }

    /// A bearer value of 256 bits.
    ///
    /// # Errors
    /// [`RandomError`] if the source fails.
    pub fn token256(&self) -> Result<OpaqueToken, RandomError> {
        Ok(OpaqueToken::from_bits(&self.bytes()?))
    }

    /// A code of `length` decimal digits, each code as likely as any other.
    ///
    /// # Errors
    /// [`RandomError`] if the source fails.
    pub fn digits(&self, length: usize) -> Result<Secret<String>, RandomError> {
        (0..length)
            .map(|_| self.choose(b"0123456789").map(|digit| char::from(*digit.unwrap_or(&b'0'))))
            .collect::<Result<String, _>>()
            .map(Secret::new)
    }

    /// One of `items`, each as likely as any other; `None` if there are none.
    ///
    /// # Errors
    /// [`RandomError`] if the source fails.
    pub fn choose<'a, T>(&self, items: &'a [T]) -> Result<Option<&'a T>, RandomError> {
        let Ok(count @ 1..) = u64::try_from(items.len()) else { return Ok(None) };
        // The numbers above the largest multiple of `count` would favour the first items: draw again.
        let fair = u64::MAX - u64::MAX % count;
        loop {
            let drawn = u64::from_be_bytes(self.bytes()?);
            if drawn < fair {
                return Ok(usize::try_from(drawn % count).ok().and_then(|index| items.get(index)));
            }
        }
    }
}

struct System(SystemRandom);

impl RandomSource for System {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        self.0.fill(bytes).map_err(|_| RandomError)
    }
}

struct Seeded(Mutex<StdRng>);

impl RandomSource for Seeded {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeSet;

    use countersign_protocol::ids::LoginId;

    use super::*;

    /// Gives the bytes it holds, from the front, and fails when they are used up.
    struct Script(Mutex<Vec<u8>>);

    impl RandomSource for Script {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
            let mut script = self.0.lock().unwrap();
            if script.len() < bytes.len() {
                return Err(RandomError);
            }
            bytes.copy_from_slice(&script.drain(..bytes.len()).collect::<Vec<_>>());
            Ok(())
        }
    }

    fn script(bytes: Vec<u8>) -> Random {
        Random::from_source(Arc::new(Script(Mutex::new(bytes))))
    }

    #[test]
    fn a_seed_fixes_everything_and_the_system_nothing() {
        let draw = |random: &Random| {
            let id = random.ulid(Timestamp::from_millis(1), LoginId::from_parts).unwrap();
            (id, random.token256().unwrap().expose().to_owned(), random.digits(6).unwrap().expose().clone())
        };
        assert_eq!(draw(&Random::seeded(7)), draw(&Random::seeded(7)));
        assert_ne!(draw(&Random::seeded(7)), draw(&Random::seeded(8)));
        assert_ne!(draw(&Random::system()), draw(&Random::system()));
    }

    #[test]
    fn a_ulid_sorts_by_its_time() {
        let random = Random::system();
        let id = |millis| random.ulid(Timestamp::from_millis(millis), LoginId::from_parts).unwrap();
        assert!(id(1_700_000_000_000) < id(1_700_000_000_001));
    }

    #[test]
    fn digits_are_as_many_as_asked_for_and_all_occur() {
        let code = Random::seeded(1).digits(500).unwrap();
        assert_eq!(code.expose().len(), 500);
        assert_eq!(
            code.expose().chars().collect::<BTreeSet<_>>().into_iter().collect::<String>(),
            "0123456789"
        );
    }

    #[test]
    fn a_draw_that_would_favour_some_is_made_again() {
        let items: Vec<u8> = (0..10).collect();
        // 2^64 - 1 is above the largest multiple of ten; 23 comes next.
        let random = script([u64::MAX.to_be_bytes(), 23_u64.to_be_bytes()].concat());
        assert_eq!(random.choose(&items).unwrap(), Some(&3));
        assert_eq!(random.choose::<u8>(&[]).unwrap(), None);
    }

    #[test]
    fn a_source_that_fails_makes_nothing() {
        let random = script(Vec::new());
        assert_eq!(random.bytes::<1>(), Err(RandomError));
        assert_eq!(random.choose(&[1]), Err(RandomError));
        assert!(random.token256().is_err() && random.digits(1).is_err());
        assert!(random.ulid(Timestamp::from_millis(0), LoginId::from_parts).is_err());
    }
}
