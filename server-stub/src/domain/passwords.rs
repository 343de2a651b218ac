//! Hashing passwords: Argon2id, a few computations at a time.

use std::sync::Arc;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use countersign_protocol::fields::Password;
use tokio::sync::Semaphore;

use super::answer::Fault;
use crate::random::Random;

/// Hashes and verifies passwords. The bound keeps 64 logins at once from taking 64 times the memory (19 MiB each,
/// OWASP's parameters for Argon2id) and both cores from everything else.
pub struct Passwords {
    permits: Arc<Semaphore>,
    /// Verified in place of a hash that is not there, so that an unknown user costs as much as a known one.
    decoy: String,
}

impl Passwords {
    /// At most `at_once` computations at a time.
    ///
    /// # Errors
    /// [`Fault`] if there is no randomness.
    pub fn new(at_once: usize, random: &Random) -> Result<Self, Fault> {
        let decoy = hash(random.token256()?.expose().as_bytes(), &random.bytes()?)?;
        Ok(Self { permits: Arc::new(Semaphore::new(at_once.max(1))), decoy })
    }

    /// A new hash in PHC form.
    ///
    /// # Errors
    /// [`Fault`] if there is no randomness or no memory.
    pub async fn hash(&self, random: &Random, password: &Password) -> Result<String, Fault> {
        let salt = random.bytes()?;
        let password = password.clone();
        // EXPOSE: hashed.
        self.compute(move || hash(password.expose().as_bytes(), &salt)).await
    }

    /// Whether the password is the one that was hashed. Without a hash, the answer is no after the same work.
    ///
    /// # Errors
    /// [`Fault`] if the stored hash cannot be read.
    pub async fn verify(&self, password: &Password, hash: Option<&str>) -> Result<bool, Fault> {
        let known = hash.is_some();
        let hash = hash.unwrap_or(&self.decoy).to_owned();
        let password = password.clone();
        let fits = self.compute(move || {
            let hash = PasswordHash::new(&hash).map_err(|error| Fault::Stored(error.to_string()))?;
            // EXPOSE: compared by the library in constant time.
            Ok(Argon2::default().verify_password(password.expose().as_bytes(), &hash).is_ok())
        });
        Ok(fits.await? && known)
    }

    async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let stopping = |_| Fault::Crypto("the server is stopping");
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(stopping)?;
        let job = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        });
        job.await.unwrap_or(Err(Fault::Crypto("a password could not be hashed")))
    }
}

fn hash(password: &[u8], salt: &[u8; 16]) -> Result<String, Fault> {
    let hash = Argon2::default().hash_password_with_salt(password, salt);
    hash.map(|hash: PasswordHash| hash.to_string())
        .map_err(|_| Fault::Crypto("a password could not be hashed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hash_fits_its_password_alone() {
        let random = Random::system();
        let passwords = Passwords::new(2, &random).unwrap();
        let (good, other): (Password, Password) =
            ("correct horse".parse().unwrap(), "battery staple".parse().unwrap());
        let hash = passwords.hash(&random, &good).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify(&good, Some(&hash)).await.unwrap());
        assert!(!passwords.verify(&other, Some(&hash)).await.unwrap());
        assert!(!passwords.verify(&good, None).await.unwrap());
    }
}
