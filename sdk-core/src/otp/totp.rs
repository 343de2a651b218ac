use countersign_protocol::{InvalidField, Secret, Timestamp};

use super::{Algorithm, Digits, Period};
use crate::crypto::digest::{HmacHash, HmacKey};

/// A generator of time-based codes, RFC 6238, its HMAC key prepared once.
///
/// The secret is wiped when this is dropped; the prepared key, which is inside ring, is freed as it is.
#[derive(Clone)]
pub struct Totp {
    secret: Secret<Vec<u8>>,
    key: HmacKey,
    algorithm: Algorithm,
    digits: Digits,
    period: Period,
}

impl Totp {
    /// A generator over the secret's bytes (not its Base32 text).
    ///
    /// # Errors
    /// [`InvalidField`] on an empty secret.
    pub fn new(
        secret: Secret<Vec<u8>>,
        algorithm: Algorithm,
        digits: Digits,
        period: Period,
    ) -> Result<Self, InvalidField> {
        // EXPOSE: the HMAC key is made of it.
        let bytes = secret.expose();
        if bytes.is_empty() {
            return Err(InvalidField::new("secret", "is empty", "copy the whole secret from the site"));
        }
        let key = HmacKey::new(HmacHash::from(algorithm), bytes);
        Ok(Self { secret, key, algorithm, digits, period })
    }

    /// The code of the step that `time` lies in.
    pub fn code_at(&self, time: Timestamp) -> Code {
        self.code(self.step(time))
    }

    /// The code of the step that `time` lies in, the one after it, and when the first gives way to the second.
    pub fn codes_at(&self, time: Timestamp) -> Codes {
        let step = self.step(time);
        Codes {
            current: self.code(step),
            next: self.code(step + 1),
            valid_from: self.start(step),
            valid_until: self.start(step + 1),
        }
    }

    /// The secret's bytes.
    pub fn secret(&self) -> &Secret<Vec<u8>> {
        &self.secret
    }

    /// The hash.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The length of a code.
    pub fn digits(&self) -> Digits {
        self.digits
    }

    /// The length of a step.
    pub fn period(&self) -> Period {
        self.period
    }

    /// `T` of RFC 6238 section 4.2, with `T0` = 0. Far below `u64::MAX`, as timestamps end with the year 9999.
    fn step(&self, time: Timestamp) -> u64 {
        // Timestamps are never negative.
        u64::try_from(time.as_seconds()).unwrap_or(0) / self.period.as_seconds()
    }

    fn start(&self, step: u64) -> Timestamp {
        let seconds = step.saturating_mul(self.period.as_seconds());
        Timestamp::from_seconds(i64::try_from(seconds).unwrap_or(i64::MAX))
    }

    /// RFC 4226 section 5.3.
    fn code(&self, counter: u64) -> Code {
        let tag = self.key.sign(&counter.to_be_bytes());
        let number = u64::from(truncate(tag.as_ref()));
        let width = usize::from(self.digits.get());
        let code = number % 10_u64.pow(u32::from(self.digits.get()));
        Code(Secret::new(format!("{code:0width$}")))
    }
}

impl std::fmt::Debug for Totp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Totp")
            .field("algorithm", &self.algorithm)
            .field("digits", &self.digits)
            .field("period", &self.period)
            .finish_non_exhaustive()
    }
}

/// Dynamic truncation, RFC 4226 section 5.3. Every tag has 20 bytes or more, so the offset is always inside it.
fn truncate(tag: &[u8]) -> u32 {
    let offset = tag.last().map_or(0, |byte| usize::from(byte & 0x0f));
    tag.iter().skip(offset).take(4).fold(0, |number, byte| number << 8 | u32::from(*byte)) & 0x7fff_ffff
}

/// A code and its successor.
#[derive(Debug, Clone)]
pub struct Codes {
    /// The code now.
    pub current: Code,
    /// The code from `valid_until` on.
    pub next: Code,
    /// Begin of the present step.
    pub valid_from: Timestamp,
    /// End of the present step: the first moment at which `next` counts.
    pub valid_until: Timestamp,
}

/// A one-time code. `Debug` does not show it.
#[derive(Debug, Clone)]
pub struct Code(Secret<String>);

impl Code {
    /// The digits, leading zeros included.
    pub fn expose(&self) -> &str {
        // EXPOSE: the caller shows or sends it.
        self.0.expose()
    }

    /// The digits in groups that are easy to read: `123 456`, `1234 5678`, `123 456 7890`.
    pub fn grouped(&self) -> Secret<String> {
        // EXPOSE: copied into a secret again.
        let digits = self.0.expose();
        let size = if digits.len() == 8 { 4 } else { 3 };
        let mut grouped = String::with_capacity(digits.len() + 3);
        for (index, digit) in digits.chars().enumerate() {
            // A single digit is not left alone at the end: it joins the group before it.
            if index > 0 && index % size == 0 && digits.len() - index > 1 {
                grouped.push(' ');
            }
            grouped.push(digit);
        }
        Secret::new(grouped)
    }
}

#[cfg(test)]
mod tests;
