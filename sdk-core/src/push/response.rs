use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use countersign_protocol::{
    Timestamp,
    claims::{Header, ResponseClaims, typ},
    fields::{IdempotencyKey, MatchNumber},
    ids::ChallengeId,
    push::{ChallengeState, Decision, DenyReason},
};

use super::{error::PushError, records::EnrolledRecord, request::Request};
use crate::{crypto::jws, lock::locked, ports::DeviceSigner};

/// For how long after a request's end its answer may be sent again: as long as a server keeps idempotency keys.
const REPEATABLE: Duration = Duration::from_mins(10);

/// What the user decided.
#[derive(Clone)]
pub(crate) enum Answer {
    Approve { number: MatchNumber },
    Deny { reason: DenyReason },
}

impl Answer {
    /// How the request stands once the answer counts.
    pub(crate) fn state(&self) -> ChallengeState {
        match self {
            Self::Approve { .. } => ChallengeState::Approved,
            Self::Deny { .. } => ChallengeState::Denied,
        }
    }

    fn is_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            // EXPOSE: two numbers of one person, compared on their own device.
            (Self::Approve { number: a }, Self::Approve { number: b }) => a.expose() == b.expose(),
            (Self::Deny { reason: a }, Self::Deny { reason: b }) => a == b,
            _ => false,
        }
    }
}

/// A key of the enrolment that signs an answer.
pub(crate) struct SigningKey {
    /// Its name in the signer.
    pub(crate) name: String,
    /// Its thumbprint.
    pub(crate) id: String,
}

/// An answer as it is sent, however often: made once, under one idempotency key.
pub(crate) struct SignedAnswer {
    answer: Answer,
    pub(crate) jws: String,
    pub(crate) idempotency_key: IdempotencyKey,
}

impl SignedAnswer {
    /// Signs the answer to exactly this request. `now` is the server's time; the idempotency key is new. May block.
    pub(crate) fn sign(
        request: &Request,
        answer: Answer,
        enrolment: &EnrolledRecord,
        (signer, key): (&dyn DeviceSigner, &SigningKey),
        now: Timestamp,
        idempotency_key: IdempotencyKey,
    ) -> Result<Self, PushError> {
        let (decision, number, reason) = match answer.clone() {
            Answer::Approve { number } => (Decision::Approve, Some(number), None),
            Answer::Deny { reason } => (Decision::Deny, None, Some(reason)),
        };
        let claims = ResponseClaims {
            iss: enrolment.enrolment_id,
            aud: enrolment.server.clone(),
            challenge_id: request.challenge_id(),
            request_hash: request.hash().to_owned(),
            decision,
            number,
            reason,
            iat: now.as_seconds(),
            exp: request.expires_at().as_seconds(),
        };
        let header = Header::new(typ::RESPONSE).versioned().with_kid(&key.id);
        Ok(Self { answer, jws: jws::sign(signer, &key.name, &header, &claims)?, idempotency_key })
    }
}

/// What was answered under one enrolment, for as long as it matters.
///
/// It keeps an answer whose fate is not known, so that the same bytes are sent again, and it remembers what was
/// answered, so that a request that the server replays is neither shown nor answered twice.
#[derive(Default)]
pub(crate) struct Answers(Mutex<HashMap<ChallengeId, Entry>>);

struct Entry {
    forget_at: Timestamp,
    progress: Progress,
}

enum Progress {
    Signed(Arc<SignedAnswer>),
    Settled(ChallengeState),
}

impl Answers {
    /// How the request was closed, if its answer is known to have counted or to have come too late.
    pub(crate) fn settled(&self, challenge: ChallengeId) -> Option<ChallengeState> {
        match locked(&self.0).get(&challenge)?.progress {
            Progress::Settled(state) => Some(state),
            Progress::Signed(_) => None,
        }
    }

    /// The same answer, if it was signed before and its fate is not known.
    pub(crate) fn signed(&self, challenge: ChallengeId, answer: &Answer) -> Option<Arc<SignedAnswer>> {
        match &locked(&self.0).get(&challenge)?.progress {
            Progress::Signed(signed) if signed.answer.is_same_as(answer) => Some(signed.clone()),
            _ => None,
        }
    }

    /// Keeps an answer that is about to be sent. Of two equal ones that were made at once, both callers send the
    /// first, so that it counts once for both.
    ///
    /// # Errors
    /// How the request was closed meanwhile; then nothing is to be sent.
    pub(crate) fn keep(
        &self,
        request: &Request,
        signed: SignedAnswer,
        now: Timestamp,
    ) -> Result<Arc<SignedAnswer>, ChallengeState> {
        let mut entries = locked(&self.0);
        match entries.get(&request.challenge_id()).map(|entry| &entry.progress) {
            Some(Progress::Settled(state)) => return Err(*state),
            Some(Progress::Signed(first)) if first.answer.is_same_as(&signed.answer) => {
                return Ok(first.clone());
            }
            Some(Progress::Signed(_)) | None => {}
        }
        let signed = Arc::new(signed);
        insert(&mut entries, request, Progress::Signed(signed.clone()), now);
        Ok(signed)
    }

    /// Remembers how the request was closed.
    pub(crate) fn settle(&self, request: &Request, state: ChallengeState, now: Timestamp) {
        insert(&mut locked(&self.0), request, Progress::Settled(state), now);
    }
}

/// Forgets on the way what no longer matters.
fn insert(entries: &mut HashMap<ChallengeId, Entry>, request: &Request, progress: Progress, now: Timestamp) {
    entries.retain(|_, entry| now < entry.forget_at);
    let forget_at = request.expires_at().plus(REPEATABLE);
    entries.insert(request.challenge_id(), Entry { forget_at, progress });
}
