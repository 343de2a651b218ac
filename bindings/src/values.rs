//! Single values that cross as text or time. Each is checked on its way in, so that the façade, like the core, only
//! ever holds good ones; a bad one is [`CountersignError::InvalidInput`] with the field and the fix.

use std::time::SystemTime;

#[cfg(feature = "client")]
use countersign::client::SpkiPin;
use countersign::{
    protocol::{
        InvalidField, Timestamp,
        enroll_uri::EnrollUri,
        fields::{
            CorrelationId, DisplayName, Email, MatchNumber, OneTimeCode, OpaqueToken, Password, ServerUrl,
        },
        ids::{ChallengeId, EnrolmentId, MethodId, SessionId, TenantId, UserId},
    },
    vault::{ItemId, SlotId},
};

use crate::CountersignError;

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        uniffi::custom_type!(
            $(#[$doc])*
            $name, String, {
                remote,
                try_lift: |text| parse(&text),
                lower: |value| value.to_string(),
            }
        );
    )*};
}

macro_rules! secret_texts {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        uniffi::custom_type!(
            $(#[$doc])*
            $name, String, {
                remote,
                try_lift: |text| $name::try_from(text).map_err(refused),
                // EXPOSE: shown to the user or kept by the app, which asked for it.
                lower: |value| value.expose().to_owned(),
            }
        );
    )*};
}

texts! {
    /// The address of a server or realm: `https`, or `http` on a loopback host.
    ServerUrl;
    /// An e-mail address of at most 254 characters.
    Email;
    /// A name that people read: 1 to 100 printable characters.
    DisplayName;
    /// Finds a request in the server's log.
    CorrelationId;
    /// Names a request for approval.
    ChallengeId;
    /// Names an enrolment.
    EnrolmentId;
    /// Names an enrolled factor.
    MethodId;
    /// Names a session.
    SessionId;
    /// Names an organisation.
    TenantId;
    /// Names a user.
    UserId;
    /// Names an item in a vault.
    ItemId;
    /// Names a key slot of a vault.
    SlotId;
}

#[cfg(feature = "client")]
texts! {
    /// The key of a server's certificate: `sha256/` and 44 characters of Base64 (RFC 7469 section 2.4).
    SpkiPin;
}

secret_texts! {
    /// A password: 8 to 128 characters.
    Password;
    /// A one-time code as a person types it: 4 to 10 digits, spaces and hyphens allowed.
    OneTimeCode;
    /// The number that sign-in shows and the approving person types: 2 to 6 digits.
    MatchNumber;
    /// A token from a link: 43 characters of base64url.
    OpaqueToken;
}

uniffi::custom_type!(
    /// An enrolment link, `countersign://enroll?…`, as scanned or pasted.
    EnrollUri, String, {
        remote,
        try_lift: |text| parse(&text),
        // EXPOSE: the link is what the caller asked for.
        lower: |uri| uri.to_text().expose().clone(),
    }
);

uniffi::custom_type!(
    /// A point in time between the years 1970 and 9999, to the millisecond.
    Timestamp, SystemTime, {
        remote,
        try_lift: |time| from_system(time).map_err(refused),
        lower: |timestamp| SystemTime::UNIX_EPOCH + timestamp.since(Timestamp::from_millis(0)),
    }
);

fn parse<T: std::str::FromStr<Err = InvalidField>>(text: &str) -> uniffi::Result<T> {
    text.parse().map_err(refused)
}

/// As the error of the exported function, which UniFFI takes it out as.
fn refused(field: InvalidField) -> uniffi::deps::anyhow::Error {
    CountersignError::from(field).into()
}

fn from_system(time: SystemTime) -> Result<Timestamp, InvalidField> {
    let out_of_range =
        || InvalidField::new("time", "is not between the years 1970 and 9999", "give a time between them");
    let since = time.duration_since(SystemTime::UNIX_EPOCH).map_err(|_| out_of_range())?;
    let millis = i64::try_from(since.as_millis()).map_err(|_| out_of_range())?;
    let timestamp = Timestamp::from_millis(millis);
    if timestamp.as_millis() == millis { Ok(timestamp) } else { Err(out_of_range()) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use super::*;

    #[test]
    fn a_time_that_no_timestamp_can_hold_is_refused_not_bent() {
        let last = SystemTime::UNIX_EPOCH + Duration::from_millis(253_402_300_799_999);
        assert_eq!(from_system(last).unwrap().to_string(), "9999-12-31T23:59:59.999Z");
        assert_eq!(from_system(SystemTime::UNIX_EPOCH).unwrap().as_millis(), 0);
        for outside in [last + Duration::from_millis(1), SystemTime::UNIX_EPOCH - Duration::from_millis(1)] {
            assert_eq!(from_system(outside).unwrap_err().field, "time");
        }
    }
}
