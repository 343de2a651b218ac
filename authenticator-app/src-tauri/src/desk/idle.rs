//! How long nobody has used the app.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use countersign::{ports::Clock, protocol::Timestamp};

use super::locked;

/// Time since the app was used last, by both clocks: the monotonic one may stand still while the computer sleeps, and
/// the wall clock may be set back. The longer of the two counts.
pub(super) struct Idle {
    clock: Arc<dyn Clock>,
    since: Mutex<(Duration, Timestamp)>,
}

impl Idle {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let since = Mutex::new((clock.monotonic(), clock.now()));
        Self { clock, since }
    }

    /// Somebody is there.
    pub(super) fn touch(&self) {
        *locked(&self.since) = (self.clock.monotonic(), self.clock.now());
    }

    /// What is left of `limit`; zero when it is used up.
    pub(super) fn left(&self, limit: Duration) -> Duration {
        let (monotonic, wall) = *locked(&self.since);
        let by_monotonic = self.clock.monotonic().saturating_sub(monotonic);
        let by_wall = self.clock.now().since(wall);
        limit.saturating_sub(by_monotonic.max(by_wall))
    }
}

#[cfg(test)]
mod tests {
    use countersign::testing::FixedClock;

    use super::*;

    const LIMIT: Duration = Duration::from_mins(10);

    #[test]
    fn the_longer_of_both_clocks_counts() {
        let clock = Arc::new(FixedClock::default());
        let idle = Idle::new(clock.clone());
        clock.advance(Duration::from_mins(4));
        assert_eq!(idle.left(LIMIT), Duration::from_mins(6));
        let slept = clock.now().plus(Duration::from_mins(5));
        clock.set(slept);
        assert_eq!(idle.left(LIMIT), Duration::from_mins(1), "the computer slept");
        clock.set(Timestamp::from_seconds(0));
        assert_eq!(idle.left(LIMIT), Duration::from_mins(6), "the clock was set back");
        idle.touch();
        assert_eq!(idle.left(LIMIT), LIMIT);
        clock.advance(Duration::from_hours(1));
        assert_eq!(idle.left(LIMIT), Duration::ZERO);
    }
}
