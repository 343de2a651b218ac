//! What the server's clock shows, seen from here.
//!
//! Every answer tells the server's time, read somewhere between sending and receiving. So each answer bounds the
//! offset between the two clocks from both sides. Bounds that agree are intersected, which leaves the quickest
//! answer's; bounds that contradict mean that a clock was set, and the newest win.

use std::time::Duration;

use countersign_protocol::Timestamp;

/// The largest offset that is corrected. Beyond it one of the two clocks is wrong, and nothing that depends on time
/// can be decided here.
pub(super) const LARGEST: Duration = Duration::from_mins(10);

/// Bounds of server time minus device time, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Offset {
    earliest: i64,
    latest: i64,
}

impl Offset {
    /// The bounds that one answer gives. `header` is the server's time in milliseconds since the epoch; `None` where
    /// it cannot be read or the device's clock was set back meanwhile.
    pub(super) fn measure(header: &str, sent: Timestamp, received: Timestamp) -> Option<Self> {
        let server = Timestamp::from_millis(header.parse().ok()?).as_millis();
        (sent <= received)
            .then(|| Self { earliest: server - received.as_millis(), latest: server - sent.as_millis() })
    }

    /// These bounds narrowed by newer ones.
    pub(super) fn narrowed(self, newer: Self) -> Self {
        let both =
            Self { earliest: self.earliest.max(newer.earliest), latest: self.latest.min(newer.latest) };
        if both.earliest <= both.latest { both } else { newer }
    }

    /// The server's time when the device's clock shows `device`.
    pub(super) fn apply(self, device: Timestamp) -> Timestamp {
        Timestamp::from_millis(device.as_millis().saturating_add(self.middle()))
    }

    /// How far the clocks are apart, in either direction; zero if they may agree.
    pub(super) fn size(self) -> Duration {
        let nearest = if self.earliest > 0 { self.earliest } else { self.latest.min(0) };
        Duration::from_millis(nearest.unsigned_abs())
    }

    fn middle(self) -> i64 {
        // Clocks that may agree are taken to agree.
        if self.earliest <= 0 && self.latest >= 0 {
            return 0;
        }
        self.earliest + (self.latest - self.earliest) / 2
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const SERVER: &str = "1700000000000";

    /// The device's clock, in milliseconds from the server's time.
    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000 + millis)
    }

    #[test]
    fn clocks_that_may_agree_are_not_corrected() {
        let offset = Offset::measure(SERVER, at(-100), at(400)).unwrap();
        assert_eq!(offset.apply(at(500)), at(500));
        assert_eq!(offset.size(), Duration::ZERO);
    }

    #[test]
    fn the_offset_is_corrected_in_both_directions() {
        let behind = Offset::measure(SERVER, at(-90_200), at(-90_000)).unwrap();
        assert_eq!(behind.apply(at(-90_100)), at(0));
        assert_eq!(behind.size(), Duration::from_secs(90));
        let ahead = Offset::measure(SERVER, at(60_000), at(60_200)).unwrap();
        assert_eq!(ahead.apply(at(60_100)), at(0));
        assert_eq!(ahead.size(), Duration::from_mins(1));
    }

    #[test]
    fn bounds_narrow_until_they_contradict() {
        let first = Offset::measure(SERVER, at(-5000), at(-3000)).unwrap();
        let second = Offset::measure(SERVER, at(-4000), at(-2000)).unwrap();
        assert_eq!(first.narrowed(second), Offset { earliest: 3000, latest: 4000 });
        let after_a_jump = Offset::measure(SERVER, at(-90_000), at(-90_000)).unwrap();
        assert_eq!(first.narrowed(after_a_jump), after_a_jump);
    }

    #[test]
    fn what_cannot_be_read_is_no_measurement() {
        assert_eq!(Offset::measure("yesterday", at(0), at(0)), None);
        assert_eq!(Offset::measure(SERVER, at(1), at(0)), None);
        // Out of range is brought into range instead of overflowing.
        assert!(Offset::measure("9223372036854775807", at(0), at(0)).is_some());
        assert!(Offset::measure("-9223372036854775808", at(0), at(0)).is_some());
    }
}
