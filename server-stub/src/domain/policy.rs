//! The rules in numbers. A preset names a whole set of them, so that a test can say which server it speaks to.

use std::time::Duration;

use countersign_protocol::push::UserVerification;

/// A named set of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// NIST SP 800-63B-4 and OWASP ASVS 5.0 throughout.
    Standard,
}

impl Preset {
    /// The names that [`str::parse`] takes.
    pub const NAMES: [&str; 1] = ["standard"];
}

impl std::str::FromStr for Preset {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "standard" => Ok(Self::Standard),
            _ => Err(format!("no such preset; there is `{}`", Self::NAMES.join("`, `"))),
        }
    }
}

/// The rules of a realm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// How often one may be wrong.
    pub attempts: Attempts,
    /// How long an activation link is good.
    pub activation_life: Duration,
    /// How long a login may take, from the password to the tokens.
    pub login_life: Duration,
    /// Life of an access token.
    pub access_life: Duration,
    /// Life of a session, however often it is refreshed.
    pub session_life: Duration,
    /// Sessions that a user may have at once; one more ends the oldest.
    pub sessions: usize,
    /// How long a device is trusted, however often its token is rotated.
    pub trust_life: Duration,
    /// How long a rotated token still gives its successor when no key binds it.
    pub unbound_retry: Duration,
    /// How old a sign-in may be that changes the factors of its account.
    pub reauthentication: Duration,
    /// New code generators.
    pub totp: Totp,
    /// Requests for approval.
    pub push: Push,
}

/// Limits of wrong attempts. A good attempt is given back, so that only wrong ones count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempts {
    /// At one authenticator of one account: its password, its code generators.
    pub authenticator: Limit,
    /// At one account, over all its authenticators. Twice as much, so that one locked method leaves room for
    /// another.
    pub account: Limit,
    /// From one network address. An address may stand for an office, so this stops only machines.
    pub address: Limit,
    /// Failures in a row at an authenticator after which its next attempt has to wait.
    pub delay_after: u32,
    /// How long it has to wait then; after each further failure twice as long.
    pub first_delay: Duration,
    /// Failures in a row that lock an authenticator.
    pub lock_after: u32,
    /// How long the first lock lasts; each further one lasts twice as long as the one before.
    pub first_lock: Duration,
    /// The longest lock, and the longest wait.
    pub longest_lock: Duration,
    /// Failures in a row, over all locks, that disable an authenticator until it is bound anew, NIST SP 800-63B-4
    /// section 3.2.2.
    pub disable_after: u32,
}

/// Attempts in fixed windows that begin with their first attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// In a minute.
    pub per_minute: u32,
    /// In an hour.
    pub per_hour: u32,
}

/// Parameters of new code generators, RFC 6238.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totp {
    /// Digits of a code, 6 to 8.
    pub digits: u8,
    /// Seconds of a step.
    pub period: u32,
    /// Steps before and after the current one whose codes are accepted.
    pub window: u16,
}

/// Requests for approval on enrolled devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Push {
    /// How long an enrolment ticket is good.
    pub ticket_life: Duration,
    /// How long a request waits for its answer.
    pub request_life: Duration,
    /// Digits of the number to type, 2 to 6.
    pub number_digits: u8,
    /// Whether approving needs the user to be verified.
    pub user_verification: UserVerification,
    /// Requests that one user is sent in a window.
    pub limit: u32,
    /// That window.
    pub window: Duration,
}

impl Policy {
    /// The rules of a preset.
    pub fn of(preset: Preset) -> Self {
        match preset {
            Preset::Standard => Self {
                attempts: Attempts {
                    authenticator: Limit { per_minute: 5, per_hour: 20 },
                    account: Limit { per_minute: 10, per_hour: 40 },
                    address: Limit { per_minute: 100, per_hour: 1000 },
                    delay_after: 3,
                    first_delay: Duration::from_secs(2),
                    lock_after: 5,
                    first_lock: Duration::from_mins(15),
                    longest_lock: Duration::from_hours(24),
                    disable_after: 100,
                },
                activation_life: Duration::from_hours(24),
                login_life: Duration::from_mins(10),
                access_life: Duration::from_mins(10),
                session_life: Duration::from_hours(30 * 24),
                sessions: 10,
                trust_life: Duration::from_hours(30 * 24),
                unbound_retry: Duration::from_secs(30),
                reauthentication: Duration::from_mins(10),
                totp: Totp { digits: 6, period: 30, window: 1 },
                push: Push {
                    ticket_life: Duration::from_mins(10),
                    request_life: Duration::from_mins(1),
                    number_digits: 2,
                    user_verification: UserVerification::Preferred,
                    limit: 5,
                    window: Duration::from_mins(10),
                },
            },
        }
    }
}

impl Attempts {
    /// How long the next attempt has to wait after that many failures in a row.
    pub fn delay(&self, failures: u32) -> Option<Duration> {
        failures.checked_sub(self.delay_after).map(|further| self.doubled(self.first_delay, further))
    }

    /// How long the lock lasts that follows `earlier` locks without a good attempt between them.
    pub fn lock(&self, earlier: u32) -> Duration {
        self.doubled(self.first_lock, earlier)
    }

    fn doubled(&self, first: Duration, times: u32) -> Duration {
        first.saturating_mul(2_u32.saturating_pow(times)).min(self.longest_lock)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_doubles_from_the_third_failure_to_the_lock() {
        let attempts = Policy::of(Preset::Standard).attempts;
        let seconds: Vec<_> = (0..attempts.lock_after)
            .map(|failures| attempts.delay(failures).map_or(0, |delay| delay.as_secs()))
            .collect();
        assert_eq!(seconds, [0, 0, 0, 2, 4]);
        let far = [18, 19, 34, 35, u32::MAX].map(|failures| attempts.delay(failures).unwrap());
        let day = Duration::from_hours(24);
        assert_eq!(far, [Duration::from_secs(65_536), day, day, day, day]);
    }

    #[test]
    fn locks_double_up_to_a_day() {
        let attempts = Policy::of(Preset::Standard).attempts;
        let minutes: Vec<u64> = (0..9).map(|earlier| attempts.lock(earlier).as_secs() / 60).collect();
        assert_eq!(minutes, [15, 30, 60, 120, 240, 480, 960, 1440, 1440]);
        assert_eq!([31, 32, u32::MAX].map(|earlier| attempts.lock(earlier)), [attempts.longest_lock; 3]);
    }
}
