//! `otpauth://totp/…` URIs: read leniently, written exactly.

use countersign_protocol::{InvalidField, Secret};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use zeroize::Zeroizing;

use super::{OtpUriError, OtpUriWarning, Totp, base32};

/// The longest URI that is read, in bytes.
const LONGEST: usize = 8 * 1024;

/// The unreserved characters of RFC 3986 section 2.3 stay as they are.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A generator of codes with the names that its site gave it.
#[derive(Debug, Clone)]
pub struct TotpEntry {
    issuer: Option<String>,
    account: String,
    totp: Totp,
}

/// What was read, and what to tell the user about it before it is saved.
#[derive(Debug, Clone)]
pub struct ParsedEntry {
    /// The entry.
    pub entry: TotpEntry,
    /// Empty where nothing is odd.
    pub warnings: Vec<OtpUriWarning>,
}

impl TotpEntry {
    /// An entry with these names. Control characters are dropped from them, and spaces at both ends; an issuer of
    /// which nothing is left is none.
    pub fn new(issuer: Option<&str>, account: &str, totp: Totp) -> Self {
        let issuer = issuer.map(clean).filter(|issuer| !issuer.is_empty());
        Self { issuer, account: clean(account), totp }
    }

    /// Reads a URI, leniently.
    ///
    /// Taken is, beside the [form that everybody writes](https://github.com/google/google-authenticator/wiki/Key-Uri-Format):
    /// the scheme `apple-otpauth`; scheme, type, names of parameters and algorithms in any case; parts that ought
    /// to be percent-encoded and are not; `+` for a space in parameters; a missing label. Parameters that are not
    /// known are passed over.
    ///
    /// What could lead to wrong codes is refused: a known parameter twice, a value that cannot be understood, and
    /// `encoder=steam`, which marks codes of another kind. `#` begins no fragment, so that the rest of a secret
    /// cannot vanish.
    ///
    /// # Errors
    /// [`OtpUriError`] names what is wrong and what to do.
    pub fn parse(uri: &str) -> Result<ParsedEntry, OtpUriError> {
        let uri = uri.trim();
        if uri.len() > LONGEST {
            return Err(OtpUriError::TooLong { limit: LONGEST });
        }
        let (scheme, rest) = uri.split_once("://").ok_or(OtpUriError::NotOtpauth)?;
        if !["otpauth", "apple-otpauth"].iter().any(|known| known.eq_ignore_ascii_case(scheme)) {
            return Err(OtpUriError::NotOtpauth);
        }
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (kind, label) = path.split_once('/').unwrap_or((path, ""));
        check_kind(kind)?;

        let parameters = Parameters::read(query)?;
        let label = clean(&decode(label, "label")?);
        let (issuer, account, mismatch) = names(&label, parameters.issuer()?);
        let entry = Self::new(issuer.as_deref(), account, parameters.into_totp()?);

        let nameless = entry.issuer.is_none() && entry.account.is_empty();
        let warnings = mismatch.into_iter().chain(nameless.then_some(OtpUriWarning::NoName)).collect();
        Ok(ParsedEntry { entry, warnings })
    }

    /// Writes the URI with all its parameters. [`TotpEntry::parse`] reads the same entry from it, without warnings
    /// but for a missing name.
    pub fn to_uri(&self) -> Secret<String> {
        let account = utf8_percent_encode(&self.account, ENCODED);
        let (label, issuer) = match &self.issuer {
            Some(issuer) => {
                let issuer = utf8_percent_encode(issuer, ENCODED);
                (format!("{issuer}:{account}"), format!("&issuer={issuer}"))
            }
            // An account with a colon in it would be taken apart; the empty issuer before it prevents that.
            None if self.account.contains(':') => (format!(":{account}"), String::new()),
            None => (account.to_string(), String::new()),
        };
        let secret = base32::encode(self.totp.secret());
        Secret::new(format!(
            "otpauth://totp/{label}?secret={secret}{issuer}&algorithm={algorithm}&digits={digits}&period={period}",
            // EXPOSE: the URI carries the secret, and is one itself.
            secret = secret.expose(),
            algorithm = self.totp.algorithm().as_str(),
            digits = self.totp.digits().get(),
            period = self.totp.period().as_seconds(),
        ))
    }

    /// Who gave the secret out, such as "Acme".
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// The account there, such as "mia@example.com". May be empty.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// Makes the codes.
    pub fn totp(&self) -> &Totp {
        &self.totp
    }
}

fn check_kind(kind: &str) -> Result<(), OtpUriError> {
    if kind.eq_ignore_ascii_case("totp") {
        return Ok(());
    }
    let other = ["hotp", "steam", "motp", "yaotp"].into_iter().find(|other| kind.eq_ignore_ascii_case(other));
    Err(other.map_or(OtpUriError::UnknownType, |kind| OtpUriError::Unsupported { kind }))
}

/// The parameters that have a meaning here, decoded.
#[derive(Default)]
struct Parameters<'a> {
    secret: Option<&'a str>,
    issuer: Option<&'a str>,
    algorithm: Option<&'a str>,
    digits: Option<&'a str>,
    period: Option<&'a str>,
    encoder: Option<&'a str>,
}

impl<'a> Parameters<'a> {
    fn read(query: &'a str) -> Result<Self, OtpUriError> {
        let mut read = Self::default();
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (parameter, slot) = match name.to_ascii_lowercase().as_str() {
                "secret" => ("secret", &mut read.secret),
                "issuer" => ("issuer", &mut read.issuer),
                "algorithm" => ("algorithm", &mut read.algorithm),
                "digits" => ("digits", &mut read.digits),
                "period" => ("period", &mut read.period),
                "encoder" => ("encoder", &mut read.encoder),
                _ => continue,
            };
            if slot.replace(value).is_some() {
                return Err(OtpUriError::Duplicate { parameter });
            }
        }
        Ok(read)
    }

    fn issuer(&self) -> Result<Option<String>, InvalidField> {
        let issuer = self.issuer.map(|raw| decode_parameter(raw, "issuer")).transpose()?;
        Ok(issuer.map(|issuer| clean(&issuer)).filter(|issuer| !issuer.is_empty()))
    }

    fn into_totp(self) -> Result<Totp, OtpUriError> {
        if self.encoder.is_some_and(|encoder| encoder.eq_ignore_ascii_case("steam")) {
            return Err(OtpUriError::Unsupported { kind: "steam" });
        }
        let raw = self.secret.filter(|raw| !raw.is_empty());
        let raw = raw.ok_or(OtpUriError::Missing { parameter: "secret" })?;
        let secret = base32::decode(&decode_parameter(raw, "secret")?)?;
        Ok(Totp::new(
            secret,
            value(self.algorithm, "algorithm")?,
            value(self.digits, "digits")?,
            value(self.period, "period")?,
        )?)
    }
}

/// A parameter's value, or its default where there is no such parameter.
fn value<T>(raw: Option<&str>, parameter: &'static str) -> Result<T, InvalidField>
where
    T: std::str::FromStr<Err = InvalidField> + Default,
{
    raw.map_or_else(|| Ok(T::default()), |raw| decode_parameter(raw, parameter)?.trim().parse())
}

fn decode_parameter(raw: &str, parameter: &'static str) -> Result<Zeroizing<String>, InvalidField> {
    decode(&Zeroizing::new(raw.replace('+', " ")), parameter)
}

/// Percent-decodes. A percent sign that begins no escape stands for itself.
fn decode(raw: &str, part: &'static str) -> Result<Zeroizing<String>, InvalidField> {
    let text = percent_decode_str(raw).decode_utf8();
    text.map(|text| Zeroizing::new(text.into_owned()))
        .map_err(|_| InvalidField::new(part, "is not UTF-8", "copy the URI from the site again"))
}

/// Issuer and account by label and issuer parameter; the parameter counts where both name an issuer.
fn names(label: &str, parameter: Option<String>) -> (Option<String>, &str, Option<OtpUriWarning>) {
    let Some(parameter) = parameter else {
        return match label.split_once(':') {
            Some((issuer, account)) => (Some(issuer.to_owned()), account, None),
            None => (None, label, None),
        };
    };
    // Compared whole first, as an issuer may have colons itself.
    let same = label.strip_prefix(&parameter).and_then(|rest| rest.trim_start().strip_prefix(':'));
    if let Some(account) = same {
        return (Some(parameter), account, None);
    }
    let Some((issuer, account)) = label.split_once(':') else {
        return (Some(parameter), label, None);
    };
    let issuer = issuer.trim();
    let agree = issuer.is_empty() || issuer.to_lowercase() == parameter.to_lowercase();
    let mismatch = (!agree)
        .then(|| OtpUriWarning::IssuerMismatch { label: issuer.to_owned(), parameter: parameter.clone() });
    (Some(parameter), account, mismatch)
}

fn clean(text: &str) -> String {
    let printable: String = text.chars().filter(|c| !c.is_control()).collect();
    printable.trim().to_owned()
}

#[cfg(test)]
mod tests;
