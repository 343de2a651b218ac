use std::sync::Arc;

use countersign_protocol::{
    InvalidField, Timestamp,
    claims::{RequestClaims, typ},
    fields::{MatchNumber, misleads},
    ids::{ChallengeId, EnrolmentId},
    push::{Purpose, RequestContext, UserVerification},
};

use super::{error::PushError, key_set::KeySet, records::EnrolledRecord};
use crate::{
    crypto::{CryptoError, jws},
    ports::VerifyPrompt,
};

const MESSAGE: &str = "request";
/// The longest life of a request, in seconds. It bounds for how long answered ones have to be remembered.
const LONGEST_LIFE: i64 = 600;
/// The longest text without a type of its own that is shown to a person, in bytes.
const LONGEST_TEXT: usize = 256;

/// A request for approval whose signature was checked under the keys that the enrolment pinned. There is no
/// other way to get one: what it says may be shown, and an answer is bound to exactly that.
#[derive(Debug, Clone)]
pub struct Request {
    claims: Arc<RequestClaims>,
    hash: String,
}

impl Request {
    /// Believes a request only if a key of the set signed it, for this enrolment, and it can still be answered.
    pub(crate) fn verify(
        signed: &str,
        enrolment: &EnrolledRecord,
        keys: &KeySet,
        now: Timestamp,
    ) -> Result<Self, PushError> {
        let not_believed = |source: CryptoError| PushError::NotBelieved { message: MESSAGE, source };
        let header = jws::peek_header(signed).map_err(not_believed)?;
        let key = header.kid.as_deref().and_then(|id| keys.key(id)).ok_or(PushError::UnknownKey)?;
        let claims: RequestClaims = jws::verify(signed, typ::REQUEST, true, key).map_err(not_believed)?;
        if claims.iss != enrolment.server {
            return Err(PushError::Foreign { message: MESSAGE, member: "iss" });
        }
        if claims.aud != enrolment.enrolment_id {
            return Err(PushError::Foreign { message: MESSAGE, member: "aud" });
        }
        check_content(&claims)?;
        let request =
            Self { claims: Arc::new(claims), hash: jws::signing_input_hash(signed).map_err(not_believed)? };
        request.check_open(now)?;
        Ok(request)
    }

    /// The enrolment that is asked.
    pub fn enrolment_id(&self) -> EnrolmentId {
        self.claims.aud
    }

    /// Names the request.
    pub fn challenge_id(&self) -> ChallengeId {
        self.claims.jti
    }

    /// Who asks, for whom, from where, on which device, when and what for. Show all of it.
    pub fn context(&self) -> &RequestContext {
        &self.claims.context
    }

    /// How many digits the number has that sign-in shows, 2 to 6. Let it be typed, not picked.
    pub fn number_digits(&self) -> u8 {
        self.claims.number_digits
    }

    /// Whether approving asks the user for finger, face or PIN.
    pub fn user_verification(&self) -> UserVerification {
        self.claims.user_verification
    }

    /// When it was made, by the server's clock.
    pub fn issued_at(&self) -> Timestamp {
        Timestamp::from_seconds(self.claims.iat)
    }

    /// To be answered before this moment of the server's clock.
    pub fn expires_at(&self) -> Timestamp {
        Timestamp::from_seconds(self.claims.exp)
    }

    /// SHA-256 of the signing input, base64url.
    pub(crate) fn hash(&self) -> &str {
        &self.hash
    }

    /// Fails once the request ran out of time. `now` is the server's time.
    pub(crate) fn check_open(&self, now: Timestamp) -> Result<(), PushError> {
        if now < self.expires_at() { Ok(()) } else { Err(PushError::Expired) }
    }

    /// Fails unless the number has as many digits as the one that sign-in shows.
    pub(crate) fn check_number(&self, number: &MatchNumber) -> Result<(), PushError> {
        // EXPOSE: only the length is looked at.
        if number.expose().len() == usize::from(self.claims.number_digits) {
            return Ok(());
        }
        Err(InvalidField::new(
            "number",
            "has another number of digits than the one that sign-in shows",
            "type the number exactly as it is shown",
        )
        .into())
    }

    /// What the person is told who is asked for finger, face or PIN.
    pub(crate) fn prompt(&self) -> VerifyPrompt {
        let context = &self.claims.context;
        let title = match context.purpose {
            Purpose::Login => format!("Approve signing in to {}", context.application),
        };
        let from = context.origin.place.as_ref().unwrap_or(&context.origin.address);
        VerifyPrompt { title, detail: format!("{} from {from}", context.account) }
    }
}

fn check_content(claims: &RequestClaims) -> Result<(), PushError> {
    let unusable = |member, problem| Err(PushError::Unusable { message: MESSAGE, member, problem });
    if !(2..=6).contains(&claims.number_digits) {
        return unusable("number_digits", "it is not 2 to 6");
    }
    if !(1..=LONGEST_LIFE).contains(&claims.exp.saturating_sub(claims.iat)) {
        return unusable("exp", "the request lives for less than a second or more than ten minutes");
    }
    let context = &claims.context;
    check_text(MESSAGE, "account", &context.account)?;
    check_text(MESSAGE, "address", &context.origin.address)?;
    if context.origin.latitude.is_some() != context.origin.longitude.is_some() {
        return unusable("longitude", "latitude and longitude are told together or not at all");
    }
    match &context.origin.place {
        Some(place) => check_text(MESSAGE, "place", place),
        None => Ok(()),
    }
}

/// Refuses a text that would show as nothing or break the line that shows it.
pub(crate) fn check_text(message: &'static str, member: &'static str, text: &str) -> Result<(), PushError> {
    if text.trim().is_empty() || text.len() > LONGEST_TEXT || text.chars().any(misleads) {
        let problem = "it is empty, longer than 256 bytes, or has control or invisible characters";
        return Err(PushError::Unusable { message, member, problem });
    }
    Ok(())
}
