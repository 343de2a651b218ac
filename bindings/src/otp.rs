use std::sync::Arc;

use countersign::{
    otp::{self, Algorithm, Digits, OtpUriWarning, Period, Totp, base32},
    protocol::Timestamp,
};

use crate::CountersignError;

/// How codes are made.
#[derive(Debug, Clone, uniffi::Record)]
pub struct TotpParameters {
    /// The hash.
    pub algorithm: Algorithm,
    /// The length of a code, 1 to 10; mostly 6.
    pub digits: u8,
    /// How long a code is shown, in seconds; mostly 30.
    pub period: u64,
}

/// A generator of time-based codes (RFC 6238) with the names that its site gave it.
///
/// Codes depend on the time of the server that checks them: make them for `Client.server_now` where there is one.
#[derive(uniffi::Object)]
pub struct TotpEntry {
    entry: otp::TotpEntry,
    warnings: Vec<OtpUriWarning>,
}

/// Something about a URI that was taken nevertheless.
#[uniffi::remote(Enum)]
pub enum OtpUriWarning {
    /// The label names another issuer than the parameter, which counts. It may be a mix-up, or a disguise.
    IssuerMismatch {
        /// The issuer of the label.
        label: String,
        /// The issuer of the parameter.
        parameter: String,
    },
    /// Neither issuer nor account is named; ask the user for a name.
    NoName,
}

#[uniffi::export]
impl TotpEntry {
    /// An entry made by hand. `secret` is Base32, in any case, with or without spaces. Without parameters: SHA-1, 6
    /// digits, 30 seconds, as almost every site has it.
    #[uniffi::constructor(default(parameters = None))]
    #[expect(clippy::needless_pass_by_value, reason = "an option crosses by value")]
    pub fn new(
        issuer: Option<String>,
        account: &str,
        secret: &str,
        parameters: Option<TotpParameters>,
    ) -> Result<Self, CountersignError> {
        let (algorithm, digits, period) = match parameters {
            Some(given) => (given.algorithm, given.digits.try_into()?, given.period.try_into()?),
            None => (Algorithm::default(), Digits::default(), Period::default()),
        };
        let totp = Totp::new(base32::decode(secret)?, algorithm, digits, period)?;
        Ok(Self::from_core(otp::TotpEntry::new(issuer.as_deref(), account, totp)))
    }

    /// Reads an `otpauth://totp/…` URI, leniently: look at the `warnings`.
    ///
    /// Fails with `InvalidInput`, which names what is wrong and what to do.
    #[uniffi::constructor]
    pub fn parse(uri: &str) -> Result<Self, CountersignError> {
        let parsed = otp::TotpEntry::parse(uri)?;
        Ok(Self { entry: parsed.entry, warnings: parsed.warnings })
    }

    /// What was odd about the URI, to be told to the user before the entry is saved. Mostly nothing.
    pub fn warnings(&self) -> Vec<OtpUriWarning> {
        self.warnings.clone()
    }

    /// Who gave the secret out, such as "Acme".
    pub fn issuer(&self) -> Option<String> {
        self.entry.issuer().map(str::to_owned)
    }

    /// The account there, such as "mia@example.com". May be empty.
    pub fn account(&self) -> String {
        self.entry.account().to_owned()
    }

    /// How codes are made.
    pub fn parameters(&self) -> TotpParameters {
        let totp = self.entry.totp();
        TotpParameters {
            algorithm: totp.algorithm(),
            digits: totp.digits().get(),
            period: totp.period().as_seconds(),
        }
    }

    /// The URI with all parameters. It holds the secret.
    pub fn to_uri(&self) -> String {
        // EXPOSE: the caller asked for the secret.
        self.entry.to_uri().expose().clone()
    }

    /// The code at this time, and the next one.
    ///
    /// Fails with `InvalidInput` for a time that is not between 1970 and 9999.
    pub fn codes_at(&self, time: Timestamp) -> Result<Arc<Codes>, CountersignError> {
        Ok(Arc::new(Codes(self.entry.totp().codes_at(time))))
    }
}

impl TotpEntry {
    /// One that the SDK has read before.
    pub(crate) fn from_core(entry: otp::TotpEntry) -> Self {
        Self { entry, warnings: Vec::new() }
    }

    pub(crate) fn core(&self) -> &otp::TotpEntry {
        &self.entry
    }
}

/// A code and its successor.
#[derive(uniffi::Object)]
pub struct Codes(otp::Codes);

#[uniffi::export]
impl Codes {
    /// The code now.
    pub fn current(&self) -> String {
        self.0.current.expose().to_owned()
    }

    /// The code now in groups that are easy to read, such as `123 456`.
    pub fn grouped(&self) -> String {
        // EXPOSE: shown to the user.
        self.0.current.grouped().expose().clone()
    }

    /// The code from `valid_until` on.
    pub fn next(&self) -> String {
        self.0.next.expose().to_owned()
    }

    /// Begin of the present step.
    pub fn valid_from(&self) -> Timestamp {
        self.0.valid_from
    }

    /// End of the present step: the first moment at which `next` counts.
    pub fn valid_until(&self) -> Timestamp {
        self.0.valid_until
    }
}
