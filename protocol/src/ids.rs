//! Identifiers: ULIDs as 26 characters of Crockford Base32. They name things; they prove nothing.

use crate::fields::InvalidField;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident, $field:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(ulid::Ulid);

        impl $name {
            /// An id made at `millis` milliseconds after the epoch, with 80 of the given random bits.
            pub fn from_parts(millis: u64, random: u128) -> Self {
                Self(ulid::Ulid::from_parts(millis, random))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&self.0, f)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidField;

            fn from_str(text: &str) -> Result<Self, InvalidField> {
                let id = ulid::Ulid::from_string(text).ok().filter(|id| id.to_string() == text);
                id.map(Self).ok_or_else(|| {
                    InvalidField::new($field, "not a ULID", "send the id exactly as the server gave it")
                })
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidField;

            fn try_from(text: String) -> Result<Self, InvalidField> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }
    )*};
}

ids! {
    /// An organisation.
    TenantId, "tenant_id";
    /// A person with an account in a tenant.
    UserId, "user_id";
    /// One attempt to sign in.
    LoginId, "login_id";
    /// One request to prove a factor.
    ChallengeId, "challenge_id";
    /// One enrolled factor of a user.
    MethodId, "method_id";
    /// What a finished login gives.
    SessionId, "session_id";
    /// A device that the fingerprint recognises.
    DeviceId, "device_id";
    /// An authenticator that holds a push key.
    EnrolmentId, "enrolment_id";
    /// A family of rotated trust tokens.
    TrustId, "trust_id";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_text_is_read() {
        let id = LoginId::from_parts(1_700_000_000_000, 42);
        assert_eq!(id.to_string().parse::<LoginId>().unwrap(), id);
        assert!(id.to_string().to_lowercase().parse::<LoginId>().is_err());
        let error = "x".parse::<LoginId>().unwrap_err();
        assert_eq!(error.field, "login_id");
    }
}
