//! What the server's clock shows, seen from here.
//!
//! Every answer tells the server's time in its `Date` header, in whole seconds, read somewhere between sending and
//! receiving. So each answer bounds the offset between the two clocks from both sides. Bounds that agree are
//! intersected, which soon leaves far less than a second; bounds that contradict mean that a clock was set, and the
//! newest win.

use std::time::{Duration, UNIX_EPOCH};

use countersign_protocol::Timestamp;

/// The largest offset that is corrected. Beyond it one of the two clocks is wrong, and nothing that depends on time
/// can be decided here.
pub(super) const LARGEST: Duration = Duration::from_secs(600);

/// Bounds of server time minus device time, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Offset {
    earliest: i64,
    latest: i64,
}

impl Offset {
    /// The bounds that one answer gives, or `None` where its date cannot be read or the device's clock was set back
    /// meanwhile.
    pub(super) fn measure(date: &str, sent: Timestamp, received: Timestamp) -> Option<Self> {
        let since_epoch = httpdate::parse_http_date(date).ok()?.duration_since(UNIX_EPOCH).ok()?;
        let date = Timestamp::from_millis(0).plus(since_epoch).as_millis();
        (sent <= received)
            .then(|| Self { earliest: date - received.as_millis(), latest: date + 999 - sent.as_millis() })
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

    const DATE: &str = "Tue, 14 Nov 2023 22:13:20 GMT";
    const SECONDS: i64 = 1_700_000_000;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(SECONDS * 1000 + millis)
    }

    #[test]
    fn clocks_that_may_agree_are_not_corrected() {
        let offset = Offset::measure(DATE, at(100), at(400)).unwrap();
        assert_eq!(offset.apply(at(500)), at(500));
        assert_eq!(offset.size(), Duration::ZERO);
    }

    #[test]
    fn the_offset_is_corrected_in_both_directions() {
        let behind = Offset::measure(DATE, at(-90_000), at(-90_000)).unwrap();
        assert_eq!(behind.apply(at(-90_000)), at(499));
        assert_eq!(behind.size(), Duration::from_secs(90));
        let ahead = Offset::measure(DATE, at(60_000), at(60_000)).unwrap();
        assert_eq!(ahead.apply(at(60_000)), at(499));
        assert_eq!(ahead.size(), Duration::from_millis(59_001));
    }

    #[test]
    fn bounds_narrow_until_they_contradict() {
        let first = Offset::measure(DATE, at(-5000), at(-3000)).unwrap();
        let second = Offset::measure(DATE, at(-4000), at(-3900)).unwrap();
        assert_eq!(first.narrowed(second), Offset { earliest: 3900, latest: 4999 });
        let after_a_jump = Offset::measure(DATE, at(-90_000), at(-90_000)).unwrap();
        assert_eq!(first.narrowed(after_a_jump), after_a_jump);
    }

    #[test]
    fn what_cannot_be_read_is_no_measurement() {
        assert_eq!(Offset::measure("yesterday", at(0), at(0)), None);
        assert_eq!(Offset::measure(DATE, at(1), at(0)), None);
    }
}
