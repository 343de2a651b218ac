//! Hashing passwords: Argon2id, a few computations at a time.

mod argon2id;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};

use argon2id::Memory;
use countersign_protocol::{ProblemCode, fields::Password};
use tokio::sync::{Semaphore, oneshot};

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

/// Hashes and verifies passwords, on threads that do nothing else. Clones share the threads and what may wait for them;
/// so do all realms of a server. The number of threads keeps 64 logins at once from taking 64 times the memory (19 MiB
/// each, OWASP's parameters for Argon2id) and both cores from everything else.
///
/// Each thread has its own memory. The runtime's own threads for blocking work come and go, and would keep those 19 MiB
/// twenty times over.
#[derive(Clone)]
pub struct Passwords {
    jobs: mpsc::Sender<Job>,
    admitted: Arc<Semaphore>,
}

type Job = Box<dyn FnOnce(&mut Memory) + Send>;

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
    /// Starts this many threads, at least one. They end with the last clone of this.
    ///
    /// # Errors
    /// A fault if the system gives no thread.
    pub fn start(threads: usize) -> Result<Self, Fault> {
        let threads = threads.max(1);
        let (jobs, waiting) = mpsc::channel();
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..threads {
            let waiting = Arc::clone(&waiting);
            thread::Builder::new()
                .name("passwords".to_owned())
                .spawn(move || compute_all(&waiting))
                .map_err(|_| Fault::Crypto("there is no thread to hash passwords on"))?;
        }
        Ok(Self { jobs, admitted: Arc::new(Semaphore::new(threads + WAITING)) })
    }

    /// A new hash in PHC form.
    ///
    /// # Errors
    /// `unavailable` while too many wait; a fault if there is no randomness or no memory.
    pub async fn hash(&self, random: &Random, password: &Password) -> Answer<String> {
        let salt = random.bytes()?;
        let password = password.clone();
        // EXPOSE: hashed.
        self.compute(move |memory| memory.hash(password.expose().as_bytes(), &salt)).await
    }

    /// Compares a password with the one that was hashed. Without a hash it is wrong, after the same work.
    ///
    /// # Errors
    /// `unavailable` while too many wait; a fault if the stored hash cannot be read.
    pub async fn check(&self, password: &Password, hash: Option<&str>) -> Answer<Checked> {
        let known = hash.is_some();
        let hash = hash.unwrap_or(DECOY).to_owned();
        let password = password.clone();
        // EXPOSE: compared.
        let fits = self.compute(move |memory| memory.fits(password.expose().as_bytes(), &hash));
        Ok(Checked(fits.await? && known))
    }

    async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> Result<T, Fault> + Send + 'static,
    ) -> Answer<T> {
        let _admitted = self.admitted.try_acquire().map_err(|_| {
            let detail = "Too many sign-ins are under way. Nothing was changed; try again in a few seconds.";
            refuse(ProblemCode::Unavailable, detail).retry_after(2)
        })?;
        let (reply, answer) = oneshot::channel();
        let job = Box::new(move |memory: &mut Memory| {
            // Nobody waits for it any more, so it is not done.
            if !reply.is_closed() {
                let _ = reply.send(work(memory));
            }
        });
        let failed = Fault::Crypto("a password could not be hashed");
        if self.jobs.send(job).is_err() {
            return Err(failed.into());
        }
        Ok(answer.await.unwrap_or(Err(failed))?)
    }
}

fn compute_all(waiting: &Mutex<mpsc::Receiver<Job>>) {
    let mut memory = Memory::default();
    loop {
        // Whoever waits for a job holds the lock; it is given free before the job is done.
        let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        // A panic drops the reply, which tells whoever waits for it.
        let _ = catch_unwind(AssertUnwindSafe(|| job(&mut memory)));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]

    use super::*;
    use crate::domain::answer::Stop;

    #[tokio::test]
    async fn a_hash_fits_its_password_alone() {
        let passwords = Passwords::start(2).unwrap();
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
        let passwords = Passwords::start(1).unwrap();
        let (running, ended) = mpsc::channel::<()>();
        passwords.jobs.send(Box::new(move |_| assert!(ended.recv().is_err()))).unwrap();
        let password: Password = "correct horse".parse().unwrap();
        let mut waiting: Vec<_> = (0..=WAITING).map(|_| Box::pin(passwords.check(&password, None))).collect();
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

    #[tokio::test]
    async fn a_panic_is_told_and_leaves_the_thread_to_the_next() {
        let passwords = Passwords::start(1).unwrap();
        let panicked = passwords.compute::<()>(|_| panic!("this is what the test is about")).await;
        assert!(matches!(panicked, Err(Stop::Fault(Fault::Crypto(_)))));
        assert!(passwords.check(&"correct horse".parse().unwrap(), None).await.is_ok());
    }

    #[test]
    fn common_passwords_are_known_in_any_case() {
        assert!(COMMON.lines().count() > 200);
        assert!(COMMON.lines().all(|line| line.len() >= 8 && line == line.to_lowercase()));
        assert!(is_common(&"PassWord123".parse().unwrap()));
        assert!(!is_common(&"correct horse battery".parse().unwrap()));
    }
}
