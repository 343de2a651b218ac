//! Hashing passwords: Argon2id, a few computations at a time.

use std::sync::Arc;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use countersign_protocol::{ProblemCode, fields::Password};
use tokio::sync::Semaphore;

use super::{
    answer::{Answer, Fault, refuse},
    limits::Claim,
};
use crate::random::Random;

/// Passwords that everybody tries first, in lower case, one a line, in order.
const COMMON: &str = include_str!("common_passwords.txt");

/// Verified in place of a hash that is not there, so that an unknown user costs as much as a known one: the
/// parameters of new hashes, and an output that no password has.
const DECOY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes and verifies passwords. The bound keeps 64 logins at once from taking 64 times the memory (19 MiB each,
/// OWASP's parameters for Argon2id) and both cores from everything else.
pub struct Passwords {
    running: Arc<Semaphore>,
    admitted: Semaphore,
}

/// Computations that may wait for their turn. At some 20 ms each, more would keep their callers longer than they wait.
const WAITING: usize = 64;

/// The result of a comparison. Only a claimed attempt opens it, so that no guess is free.
pub struct Checked(bool);

impl Checked {
    /// Whether the password was right.
    pub fn reveal(self, _claim: &Claim) -> bool {
        self.0
    }
}

/// Whether a password is among those that everybody tries first.
pub fn is_common(password: &Password) -> bool {
    // EXPOSE: compared.
    let password = zeroize::Zeroizing::new(password.expose().to_lowercase());
    COMMON.lines().any(|common| common == *password)
}

impl Passwords {
    /// At most `at_once` computations at a time.
    pub fn new(at_once: usize) -> Self {
        let at_once = at_once.max(1);
        Self { running: Arc::new(Semaphore::new(at_once)), admitted: Semaphore::new(at_once + WAITING) }
    }

    /// A new hash in PHC form.
    ///
    /// # Errors
    /// `unavailable` while too many wait; a fault if there is no randomness or no memory.
    pub async fn hash(&self, random: &Random, password: &Password) -> Answer<String> {
        let salt = random.bytes()?;
        let password = password.clone();
        // EXPOSE: hashed.
        self.compute(move || hash(password.expose().as_bytes(), &salt)).await
    }

    /// Compares a password with the one that was hashed. Without a hash it is wrong, after the same work.
    ///
    /// # Errors
    /// `unavailable` while too many wait; a fault if the stored hash cannot be read.
    pub async fn check(&self, password: &Password, hash: Option<&str>) -> Answer<Checked> {
        let known = hash.is_some();
        let hash = hash.unwrap_or(DECOY).to_owned();
        let password = password.clone();
        let fits = self.compute(move || {
            let hash = PasswordHash::new(&hash).map_err(|error| Fault::Stored(error.to_string()))?;
            // EXPOSE: compared by the library in constant time.
            Ok(Argon2::default().verify_password(password.expose().as_bytes(), &hash).is_ok())
        });
        Ok(Checked(fits.await? && known))
    }

    async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
    ) -> Answer<T> {
        let _admitted = self.admitted.try_acquire().map_err(|_| {
            let detail = "Too many sign-ins are under way. Nothing was changed; try again in a few seconds.";
            refuse(ProblemCode::Unavailable, detail).retry_after(2)
        })?;
        let stopping = |_| Fault::Crypto("the server is stopping");
        let permit = Arc::clone(&self.running).acquire_owned().await.map_err(stopping)?;
        let job = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        });
        Ok(job.await.unwrap_or(Err(Fault::Crypto("a password could not be hashed")))?)
    }
}

fn hash(password: &[u8], salt: &[u8; 16]) -> Result<String, Fault> {
    let hash = Argon2::default().hash_password_with_salt(password, salt);
    hash.map(|hash: PasswordHash| hash.to_string())
        .map_err(|_| Fault::Crypto("a password could not be hashed"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]

    use super::*;
    use crate::domain::answer::Stop;

    #[tokio::test]
    async fn a_hash_fits_its_password_alone() {
        let passwords = Passwords::new(2);
        let (good, other): (Password, Password) =
            ("correct horse".parse().unwrap(), "battery staple".parse().unwrap());
        let hash = passwords.hash(&Random::system(), &good).await.unwrap();
        assert!(passwords.check(&good, Some(&hash)).await.unwrap().0);
        assert!(!passwords.check(&other, Some(&hash)).await.unwrap().0);
        assert!(!passwords.check(&good, None).await.unwrap().0);
        assert!(passwords.check(&good, Some("$argon2id$damaged")).await.is_err());
        let parameters = |hash: &str| hash.rsplitn(3, '$').last().unwrap().to_owned();
        assert_eq!(parameters(DECOY), parameters(&hash), "a decoy costs what a hash costs");
    }

    #[tokio::test]
    async fn a_burst_does_not_queue_without_bound() {
        let passwords = Passwords::new(2);
        let password: Password = "correct horse".parse().unwrap();
        let running = passwords.running.acquire_many(2).await.unwrap();
        let mut waiting: Vec<_> =
            (0..WAITING + 2).map(|_| Box::pin(passwords.check(&password, None))).collect();
        for check in &mut waiting {
            assert!(futures_util::poll!(check).is_pending());
        }
        let Err(Stop::Refused(problem)) = passwords.check(&password, None).await else {
            panic!("it is let in")
        };
        assert_eq!((problem.code, problem.retry_after), (ProblemCode::Unavailable, Some(2)));
        drop((waiting, running));
        assert!(passwords.check(&password, None).await.is_ok());
    }

    #[test]
    fn common_passwords_are_known_in_any_case() {
        assert!(COMMON.lines().count() > 200);
        assert!(COMMON.lines().all(|line| line.len() >= 8 && line == line.to_lowercase()));
        assert!(is_common(&"PassWord123".parse().unwrap()));
        assert!(!is_common(&"correct horse battery".parse().unwrap()));
    }
}
