//! The rules in numbers.

use std::time::Duration;

/// A named set of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// NIST SP 800-63B-4 and OWASP ASVS 5.0 throughout.
    Standard,
}

impl std::str::FromStr for Preset {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "standard" => Ok(Self::Standard),
            _ => Err("no such preset; there is `standard`".to_owned()),
        }
    }
}

/// What is in force in a realm.
#[derive(Debug, Clone)]
pub struct Policy {
    /// How long a login may take.
    pub login_life: Duration,
    /// How long a push request may wait for its answer.
    pub push_life: Duration,
}

impl Policy {
    /// The rules of a preset.
    pub fn of(preset: Preset) -> Self {
        match preset {
            Preset::Standard => {
                Self { login_life: Duration::from_mins(10), push_life: Duration::from_secs(60) }
            }
        }
    }
}
