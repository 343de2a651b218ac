//! Problems: every error of a server is an RFC 9457 document with one of these codes.

use serde::{Deserialize, Deserializer, Serialize, de::IgnoredAny};

use crate::{account::SessionEnd, fields::CorrelationId, push::ChallengeState};

/// The media type of a problem.
pub const MEDIA_TYPE: &str = "application/problem+json";

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $variant:ident = $code:literal, $status:literal, $title:literal;)*) => {
        /// What went wrong. The name in JSON is stable; titles and details are for people and may change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum ProblemCode {
            $($(#[doc = $doc])* #[serde(rename = $code)] $variant,)*
            /// A code that this version does not know. Treated as a refusal.
            #[serde(other, rename = "unknown")]
            Unknown,
        }

        impl ProblemCode {
            /// Every known code, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in JSON.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* Self::Unknown => "unknown" }
            }

            /// The HTTP status that carries it.
            pub fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* Self::Unknown => 500 }
            }

            /// A short summary for people, the same for every occurrence.
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* Self::Unknown => "Something else" }
            }
        }
    };
}

codes! {
    /// The request does not have the form that the route asks for; `fields` tells where.
    InvalidRequest = "invalid_request", 400, "The request is not well formed";
    /// Address or password is wrong, or the account is locked, pending or unknown: not told apart.
    InvalidCredentials = "invalid_credentials", 401, "Address or password is not right";
    /// The route needs a caller and there is none.
    Unauthenticated = "unauthenticated", 401, "Sign in first";
    /// The DPoP proof is missing or does not fit the request. Make a new one.
    InvalidDpopProof = "invalid_dpop_proof", 401, "The proof of the key does not fit";
    /// The proof needs the nonce of the `DPoP-Nonce` header. Make a new one with it and send again.
    UseDpopNonce = "use_dpop_nonce", 401, "Use the server's nonce";
    /// The access, refresh or login token is unknown, expired or another key's.
    InvalidToken = "invalid_token", 401, "The token is not good here";
    /// The session is over; `reason` tells why. Sign in again.
    SessionEnded = "session_ended", 401, "The session has ended";
    /// The caller is known but may not do this.
    Forbidden = "forbidden", 403, "Not allowed";
    /// The code is wrong, too old or used already; `attempts_left` tells how often one may try again, `retry_after` in
    /// how many seconds where there is a pause.
    WrongCode = "wrong_code", 401, "The code is not right";
    /// The limit is reached, or failures in a row brought a pause. Nothing was checked. Wait `retry_after` seconds.
    TooManyRequests = "too_many_requests", 429, "Too many attempts";
    /// The account is locked for `retry_after` seconds after too many wrong attempts.
    AccountLocked = "account_locked", 423, "The account is locked";
    /// The login is not there, or is another caller's.
    LoginNotFound = "login_not_found", 404, "There is no such login";
    /// The login took longer than ten minutes. Begin again.
    LoginExpired = "login_expired", 410, "The login has expired";
    /// The login is finished, denied, or does not wait for this step.
    LoginState = "login_state", 409, "The login is at another step";
    /// The method is not enrolled or cannot be used now.
    MethodNotAvailable = "method_not_available", 409, "The method cannot be used now";
    /// The method is enabled already.
    MethodEnabled = "method_enabled", 409, "The method is set up already";
    /// Push is locked for the account because somebody reported a sign-in. An administrator unlocks it.
    PushLocked = "push_locked", 423, "Approvals are locked for this account";
    /// The ticket is unknown, expired or used. Make a new one.
    InvalidTicket = "invalid_ticket", 410, "The enrolment link is no longer good";
    /// The enrolment is not there: it was removed, or the key is not enrolled.
    EnrolmentNotFound = "enrolment_not_found", 404, "This device is not enrolled";
    /// The challenge is not there, or is another device's.
    ChallengeNotFound = "challenge_not_found", 404, "There is no such request";
    /// The request was answered, replaced or ran out of time; `state` tells which.
    ChallengeClosed = "challenge_closed", 409, "The request is closed";
    /// The number is not the one shown at sign-in. The request is closed.
    WrongNumber = "wrong_number", 422, "The number is not the one shown";
    /// A signature does not verify, or signs something else than what was asked.
    InvalidSignature = "invalid_signature", 422, "The signature does not fit";
    /// The link was used, has expired, or is not whole.
    InvalidLink = "invalid_link", 410, "The link is no longer good";
    /// The key was used with another request. Use a new key for a new request.
    IdempotencyConflict = "idempotency_conflict", 409, "The idempotency key belongs to another request";
    /// There is nothing at this address.
    NotFound = "not_found", 404, "There is nothing here";
    /// The address does not take this method; `Allow` lists those it takes.
    MethodNotAllowed = "method_not_allowed", 405, "Not with this HTTP method";
    /// The body is larger than 64 KiB.
    PayloadTooLarge = "payload_too_large", 413, "The body is too large";
    /// The body is not JSON.
    UnsupportedMediaType = "unsupported_media_type", 415, "Send JSON";
    /// The request took too long to arrive or to answer. Send it again.
    Timeout = "timeout", 408, "That took too long";
    /// The store or a peer cannot be reached. Try again in `retry_after` seconds, under the same idempotency key.
    Unavailable = "unavailable", 503, "Not available now";
    /// A defect of the server. The correlation id finds it in the log.
    Internal = "internal", 500, "The server could not do this";
}

impl std::fmt::Display for ProblemCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The body of every error, RFC 9457 with members of its own. Members that are unknown are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// `urn:countersign:problem:<code>`.
    #[serde(rename = "type")]
    pub type_uri: String,
    /// Summary for people.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened this time and what to do.
    pub detail: String,
    /// What went wrong.
    pub code: ProblemCode,
    /// Finds the request in the server's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub correlation_id: Option<CorrelationId>,
    /// Seconds to wait; also the header `Retry-After`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// Attempts before the lock. Told only after the right password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts_left: Option<u32>,
    /// For `session_ended`. `None` also for a reason that this version does not know.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "known")]
    pub reason: Option<SessionEnd>,
    /// For `challenge_closed`. `None` also for a state that this version does not know.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "known")]
    pub state: Option<ChallengeState>,
    /// For `invalid_request`: what is wrong with which field.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldProblem>,
}

/// Reads a value, or `None` where this version does not know it: a refusal is a refusal whatever its details say.
fn known<'de, T: Deserialize<'de>, D: Deserializer<'de>>(reader: D) -> Result<Option<T>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Read<T> {
        Known(T),
        Unknown(IgnoredAny),
    }
    Ok(match Read::deserialize(reader)? {
        Read::Known(value) => Some(value),
        Read::Unknown(IgnoredAny) => None,
    })
}

/// One field that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldProblem {
    /// Path of the field in the body, such as `device.name`.
    pub field: String,
    /// What is wrong and what to send instead.
    pub problem: String,
}

impl Problem {
    /// A problem with its code's title and status. `detail` says what happened this time and what to do.
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self {
            type_uri: format!("urn:countersign:problem:{code}"),
            title: code.title().to_owned(),
            status: code.status(),
            detail: detail.into(),
            code,
            correlation_id: None,
            retry_after: None,
            attempts_left: None,
            reason: None,
            state: None,
            fields: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_as_it_is_written() {
        for code in ProblemCode::ALL {
            let json = serde_json::to_string(code).unwrap();
            assert_eq!(json, format!("\"{code}\""));
            assert_eq!(serde_json::from_str::<ProblemCode>(&json).unwrap(), *code);
            assert!((400..=599).contains(&code.status()));
        }
        assert_eq!(serde_json::from_str::<ProblemCode>("\"from_the_future\"").unwrap(), ProblemCode::Unknown);
    }

    #[test]
    fn a_problem_reads_with_details_it_does_not_know() {
        let mut json =
            serde_json::to_value(Problem::new(ProblemCode::SessionEnded, "Sign in again.")).unwrap();
        let read = |json: &serde_json::Value| serde_json::from_value::<Problem>(json.clone()).unwrap();
        json["reason"] = "expired".into();
        assert_eq!(read(&json).reason, Some(SessionEnd::Expired));
        json["reason"] = "from_the_future".into();
        json["state"] = serde_json::json!({"from": "the future"});
        assert_eq!((read(&json).reason, read(&json).state), (None, None));
        json["state"] = serde_json::Value::Null;
        assert_eq!(read(&json).code, ProblemCode::SessionEnded);
    }

    #[test]
    fn a_problem_reads_with_members_it_does_not_know() {
        let mut json =
            serde_json::to_value(Problem::new(ProblemCode::WrongCode, "Try the next code.")).unwrap();
        json["new_member"] = 1.into();
        let problem: Problem = serde_json::from_value(json).unwrap();
        assert_eq!(problem.type_uri, "urn:countersign:problem:wrong_code");
        assert_eq!(problem.status, 401);
    }
}
