use std::time::{Duration, Instant, SystemTime};

use countersign_protocol::Timestamp;
use futures_util::future::BoxFuture;

/// Time. The wall clock may be wrong or jump; the monotonic one only ever moves on.
pub trait Clock: Send + Sync {
    /// The device's wall clock.
    fn now(&self) -> Timestamp;

    /// Time since some fixed moment, unaffected by changes of the wall clock.
    fn monotonic(&self) -> Duration;

    /// Returns after `duration`.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}

/// The clock of the operating system. Needs a tokio runtime for [`Clock::sleep`].
#[derive(Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// The system's clock, its monotonic time counted from here.
    #[expect(clippy::disallowed_methods, reason = "the one home of the system's clock")]
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one home of the system's clock")]
    fn now(&self) -> Timestamp {
        // A clock before 1970 reads as 1970: nothing that expires is valid then, so nothing is let through.
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(0).plus(since)
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    #[expect(clippy::disallowed_methods, reason = "the one home of the system's clock")]
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}
