//! Fakes of every port, for tests of the SDK and of apps that embed it (feature `testing`).
//!
//! Each fake is set up and inspected through `&self`, so that a test keeps one `Arc` and gives the other away:
//!
//! ```
//! # use std::sync::Arc;
//! use countersign::{ports::Ports, testing};
//!
//! let storage = Arc::new(testing::MemoryStorage::default());
//! let ports = Ports { storage: storage.clone(), ..testing::ports() };
//! storage.fail_set(2);
//! # let _ = ports;
//! ```

mod clock;
mod http;
mod random;
mod simple;
mod storage;
pub mod storage_conformance;
mod user;

use std::sync::Arc;

pub use clock::FixedClock;
pub use http::{DroppingHttp, ScriptedHttp};
pub use random::SeededRandom;
pub use simple::{FixedSignals, LAPTOP, MemoryFiles, MemoryLog};
pub use storage::MemoryStorage;
pub use user::FixedVerifier;

use crate::{crypto::SoftwareSigner, ports::Ports};

/// A fake of each port: a [`FixedClock`] that skips its sleeps, [`SeededRandom`] of seed 1, a network with nothing
/// behind it, empty storage with the real signer over it, a user who is always verified, a few signals, a log.
pub fn ports() -> Ports {
    let random = Arc::new(SeededRandom::new(1));
    let storage = Arc::new(MemoryStorage::default());
    Ports {
        clock: Arc::new(FixedClock::skipping()),
        random: random.clone(),
        http: Arc::new(ScriptedHttp::default()),
        storage: storage.clone(),
        signer: Arc::new(SoftwareSigner::new(storage, random)),
        verifier: Arc::new(FixedVerifier::default()),
        signals: Arc::new(FixedSignals::default()),
        log: Arc::new(MemoryLog::default()),
    }
}
