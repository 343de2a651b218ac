//! Durations as people read them.

use std::time::Duration;

/// How long, rounded up so that whoever waits it out has waited enough: `45 seconds`, `15 minutes`, `90 minutes`,
/// `24 hours`. Hours are named where that loses less than a tenth.
pub fn in_words(duration: Duration) -> String {
    let seconds = duration.as_millis().div_ceil(1000);
    let minutes = seconds.div_ceil(60);
    let (count, unit) = if seconds < 60 {
        (seconds, "second")
    } else if minutes >= 600 || minutes.is_multiple_of(60) {
        (minutes.div_ceil(60), "hour")
    } else {
        (minutes, "minute")
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_say_them() {
        for (millis, words) in [
            (1, "1 second"),
            (1_001, "2 seconds"),
            (59_000, "59 seconds"),
            (59_001, "1 minute"),
            (60_000, "1 minute"),
            (60_001, "2 minutes"),
            (180_000, "3 minutes"),
            (900_000, "15 minutes"),
            (900_001, "16 minutes"),
            (3_540_001, "1 hour"),
            (3_600_000, "1 hour"),
            (3_600_001, "61 minutes"),
            (90 * 60_000, "90 minutes"),
            (601 * 60_000, "11 hours"),
            (24 * 3_600_000, "24 hours"),
        ] {
            assert_eq!(in_words(Duration::from_millis(millis)), words);
        }
    }
}
