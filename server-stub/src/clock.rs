//! The time of a realm: the system's, until a test freezes, sets, advances or scales it.
//!
//! This is the only file that reads the system's clocks. Every expiry, limit, lock and token of the server asks a
//! [`Clock`], so that a test can reach the end of any of them at once.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use countersign_protocol::Timestamp;
use tokio::sync::watch;

/// Wall time, elapsed time and waiting. A clone is the same clock.
#[derive(Clone)]
pub struct Clock(Arc<Inner>);

struct Inner {
    started: Instant,
    state: Mutex<State>,
    changed: watch::Sender<()>,
}

/// How a clock stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClockState {
    /// Its wall time.
    pub now: Timestamp,
    /// Whether it stands still.
    pub frozen: bool,
    /// How many of its seconds pass in a second of the system's, when it does not stand still.
    pub scale: f64,
    /// How far it is ahead of the system's wall time, in milliseconds; negative when it is behind.
    pub offset: i64,
}

/// A clock cannot be set so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// Not a usable speed.
    #[error("a clock cannot run at that speed; use more than 0 and at most 1000000, or freeze it")]
    Scale,
}

/// The longest wait before the system's clock is read anew: it may have been set, or the machine have slept.
const REREAD: Duration = Duration::from_mins(1);
const FASTEST: f64 = 1_000_000.0;

impl Clock {
    /// A clock that shows the system's time.
    pub fn system() -> Self {
        let started = instant();
        let read = read(started);
        let state = Mutex::new(State { read, shown: read, scale: 1.0, frozen: false });
        Self(Arc::new(Inner { started, state, changed: watch::Sender::new(()) }))
    }

    /// A clock that stands still at `now`, the same in every run.
    pub fn frozen_at(now: Timestamp) -> Self {
        let clock = Self::system();
        clock.freeze();
        clock.set(now);
        clock
    }

    /// The wall time.
    pub fn now(&self) -> Timestamp {
        timestamp(self.lock().at(self.read()).wall)
    }

    /// Time that has passed on this clock since it was made. It stands still while the clock is frozen, counts what
    /// the clock is advanced by, and does not jump when the wall time is set. It never goes back.
    pub fn monotonic(&self) -> Duration {
        self.lock().at(self.read()).elapsed
    }

    /// Returns when the wall time is `until` or later, at once if it is already. Whatever is done to the clock
    /// meanwhile counts.
    pub async fn sleep_until(&self, until: Timestamp) {
        self.sleep(|shown| since_epoch(until).saturating_sub(shown.wall)).await;
    }

    /// Returns when [`Clock::monotonic`] is `until` or later: setting the wall time neither shortens nor lengthens it.
    pub async fn pause_until(&self, until: Duration) {
        self.sleep(|shown| until.saturating_sub(shown.elapsed)).await;
    }

    async fn sleep(&self, rest: impl Fn(Reading) -> Duration) {
        let mut changes = self.0.changed.subscribe();
        loop {
            changes.borrow_and_update();
            let wait = self.lock().wait(self.read(), &rest);
            // The sender lives as long as this clock, so that `changed` cannot fail.
            match wait {
                Wait::Over => return,
                Wait::Change => drop(changes.changed().await),
                Wait::Real(rest) => drop(tokio::time::timeout(rest.min(REREAD), changes.changed()).await),
            }
        }
    }

    /// Stops the clock where it stands.
    pub fn freeze(&self) {
        self.change(|state| state.frozen = true);
    }

    /// Lets it run again from where it stands, at its scale.
    pub fn resume(&self) {
        self.change(|state| state.frozen = false);
    }

    /// Sets the wall time, forwards or backwards.
    pub fn set(&self, now: Timestamp) {
        self.change(|state| state.shown.wall = since_epoch(now));
    }

    /// Lets `time` pass at once.
    pub fn advance(&self, time: Duration) {
        self.change(|state| {
            state.shown.wall = state.shown.wall.saturating_add(time);
            state.shown.elapsed = state.shown.elapsed.saturating_add(time);
        });
    }

    /// Lets `scale` seconds pass in a second of the system's.
    ///
    /// # Errors
    /// [`ClockError::Scale`] unless it is above 0 and at most 1,000,000; nothing has changed then.
    pub fn scale(&self, scale: f64) -> Result<(), ClockError> {
        if !(scale > 0.0 && scale <= FASTEST) {
            return Err(ClockError::Scale);
        }
        self.change(|state| state.scale = scale);
        Ok(())
    }

    /// Shows the system's time again, as a new clock does.
    pub fn reset(&self) {
        self.change(|state| {
            state.shown.wall = state.read.wall;
            state.scale = 1.0;
            state.frozen = false;
        });
    }

    /// How the clock stands.
    pub fn state(&self) -> ClockState {
        let state = self.lock();
        let read = self.read();
        let now = timestamp(state.at(read).wall);
        let offset = now.as_millis() - timestamp(read.wall).as_millis();
        ClockState { now, frozen: state.frozen, scale: state.scale, offset }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        let read = self.read();
        state.shown = state.at(read);
        state.read = read;
        change(&mut state);
        drop(state);
        self.0.changed.send_replace(());
    }

    fn read(&self) -> Reading {
        read(self.0.started)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while the lock is held.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Two times of one moment: since 1970, and since the clock was made.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Reading {
    wall: Duration,
    elapsed: Duration,
}

struct State {
    /// The system's clocks when this state was last changed.
    read: Reading,
    /// What this clock showed then.
    shown: Reading,
    scale: f64,
    frozen: bool,
}

enum Wait {
    Over,
    /// Only a change of the clock can end it.
    Change,
    /// That long by the system's clock.
    Real(Duration),
}

impl State {
    /// What the clock shows when the system's clocks are at `read`. Where those go back, it waits for them.
    fn at(&self, read: Reading) -> Reading {
        if self.frozen {
            return self.shown;
        }
        let pass = |shown: Duration, from: Duration, to: Duration| {
            shown.saturating_add(times(to.saturating_sub(from), self.scale))
        };
        Reading {
            wall: pass(self.shown.wall, self.read.wall, read.wall),
            elapsed: pass(self.shown.elapsed, self.read.elapsed, read.elapsed),
        }
    }

    fn wait(&self, read: Reading, rest: impl Fn(Reading) -> Duration) -> Wait {
        let rest = rest(self.at(read));
        match (rest.is_zero(), self.frozen) {
            (true, _) => Wait::Over,
            (false, true) => Wait::Change,
            (false, false) => Wait::Real(times(rest, self.scale.recip())),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
fn read(started: Instant) -> Reading {
    // A system clock before 1970 is taken for 1970.
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Reading { wall, elapsed: started.elapsed() }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the monotonic clock")]
fn instant() -> Instant {
    Instant::now()
}

fn times(duration: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(duration.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}

fn since_epoch(time: Timestamp) -> Duration {
    // A timestamp is never before 1970.
    Duration::from_millis(u64::try_from(time.as_millis()).unwrap_or_default())
}

fn timestamp(since_epoch: Duration) -> Timestamp {
    Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
