use std::{sync::Arc, time::Duration};

use countersign_protocol::Timestamp;
use futures_util::future::BoxFuture;
use tokio::sync::watch;

use crate::ports::Clock;

/// A clock that stands still until it is moved.
pub struct FixedClock {
    time: Arc<watch::Sender<Time>>,
    skipping: bool,
}

#[derive(Clone, Copy)]
struct Time {
    wall: Timestamp,
    monotonic: Duration,
}

/// 2026-01-31T12:00:00Z.
const START: i64 = 1_769_860_800;

impl FixedClock {
    /// Stands at `now`; whoever sleeps waits for [`FixedClock::advance`].
    pub fn new(now: Timestamp) -> Self {
        let time = Arc::new(watch::Sender::new(Time { wall: now, monotonic: Duration::ZERO }));
        Self { time, skipping: false }
    }

    /// Stands at 2026-01-31T12:00:00Z; a sleep moves the clock on at once instead of waiting. What was slept in all
    /// is [`Clock::monotonic`].
    pub fn skipping() -> Self {
        Self { skipping: true, ..Self::default() }
    }

    /// Moves both times on and wakes whoever has slept enough.
    pub fn advance(&self, duration: Duration) {
        self.time.send_modify(|time| time.advance(duration));
    }

    /// Sets the wall clock, as its user may; monotonic time does not move.
    pub fn set(&self, now: Timestamp) {
        self.time.send_modify(|time| time.wall = now);
    }
}

impl Default for FixedClock {
    /// Stands at 2026-01-31T12:00:00Z.
    fn default() -> Self {
        Self::new(Timestamp::from_seconds(START))
    }
}

impl Time {
    fn advance(&mut self, duration: Duration) {
        self.wall = self.wall.plus(duration);
        self.monotonic += duration;
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.time.borrow().wall
    }

    fn monotonic(&self) -> Duration {
        self.time.borrow().monotonic
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        if self.skipping {
            let time = self.time.clone();
            return Box::pin(async move {
                // Only once it is waited for: a sleep that lost its race has not moved the clock.
                time.send_modify(|time| time.advance(duration));
                // Gives way once, as a real sleep does: a loop that sleeps must not starve what it waits for.
                tokio::task::yield_now().await;
            });
        }
        let end = self.monotonic() + duration;
        let mut time = self.time.subscribe();
        Box::pin(async move {
            if time.wait_for(|time| time.monotonic >= end).await.is_err() {
                // The clock is gone, so its time never comes.
                std::future::pending::<()>().await;
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sleepers_wake_when_their_time_has_come_and_not_before() {
        let clock = FixedClock::default();
        let mut sleep = clock.sleep(Duration::from_secs(10));
        clock.advance(Duration::from_secs(9));
        clock.set(Timestamp::from_seconds(START + 1000));
        assert!(futures_util::poll!(&mut sleep).is_pending(), "setting the wall clock wakes nobody");
        clock.advance(Duration::from_secs(1));
        sleep.await;
        assert_eq!(clock.now().as_seconds(), START + 1001);
        assert_eq!(clock.monotonic(), Duration::from_secs(10));
    }

    #[tokio::test]
    async fn a_skipping_clock_moves_by_what_is_slept() {
        let clock = FixedClock::skipping();
        drop(clock.sleep(Duration::from_secs(9)));
        clock.sleep(Duration::from_secs(5)).await;
        assert_eq!(clock.now().to_string(), "2026-01-31T12:00:05Z");
        assert_eq!(clock.monotonic(), Duration::from_secs(5));
    }
}
