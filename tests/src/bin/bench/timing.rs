//! How time is taken.

use std::{hint::black_box, time::Duration};

use countersign::ports::{Clock, SystemClock};

/// Rounds in which contenders take turns.
const ROUNDS: usize = 301;
/// How long one of them runs in a round: much less than a scheduler's slice, so that what else runs on the machine
/// falls into few turns and not into the median.
const TURN: Duration = Duration::from_micros(500);

/// A clock that measures.
#[derive(Default)]
pub(crate) struct Stopwatch(SystemClock);

impl Stopwatch {
    /// Time since some fixed moment.
    pub(crate) fn read(&self) -> Duration {
        self.0.monotonic()
    }

    /// How long ago that reading was.
    pub(crate) fn since(&self, start: Duration) -> Duration {
        self.read().saturating_sub(start)
    }
}

/// Lets this much time pass, for what happens in another process and says nothing of it.
pub(crate) async fn pass(time: Duration) {
    SystemClock::new().sleep(time).await;
}

/// Measured durations of one thing, shortest first.
pub(crate) struct Samples(Vec<Duration>);

impl From<Vec<Duration>> for Samples {
    fn from(mut samples: Vec<Duration>) -> Self {
        samples.sort_unstable();
        Self(samples)
    }
}

impl Samples {
    /// The shortest duration that at least `percent` of all do not exceed; zero if there are none.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.0.len() * percent).div_ceil(100);
        self.0.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }

    pub(crate) fn median(&self) -> Duration {
        self.percentile(50)
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }
}

/// Nanoseconds that one call of each contender takes: the median of rounds in which they take turns, so that whatever
/// else the machine does meets all alike.
pub(crate) fn side_by_side<const N: usize>(contenders: [&mut dyn FnMut(); N]) -> [f64; N] {
    let watch = Stopwatch::default();
    let mut contenders = contenders.map(|work| {
        let calls = calibrate(&watch, work);
        (work, calls, Vec::with_capacity(ROUNDS))
    });
    for _ in 0..ROUNDS {
        for (work, calls, turns) in &mut contenders {
            turns.push(turn(&watch, work, *calls));
        }
    }
    contenders.map(|(_, calls, turns)| nanoseconds(Samples::from(turns).median()) / f64::from(calls))
}

/// Lets no optimisation see that a result is not used.
pub(crate) fn used<T>(result: T) {
    drop(black_box(result));
}

/// Calls that fill a turn.
fn calibrate(watch: &Stopwatch, work: &mut dyn FnMut()) -> u32 {
    let mut calls = 1;
    while turn(watch, work, calls) < TURN {
        calls *= 2;
    }
    calls
}

fn turn(watch: &Stopwatch, work: &mut dyn FnMut(), calls: u32) -> Duration {
    let start = watch.read();
    for _ in 0..calls {
        work();
    }
    watch.since(start)
}

/// A duration in nanoseconds.
pub(crate) fn nanoseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e9
}
