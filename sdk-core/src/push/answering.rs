use std::sync::Arc;

use countersign_protocol::{
    ProblemCode,
    push::{ChallengeState, Respond, Responded, UserVerification},
};

use super::{
    active::Active,
    error::PushError,
    history::Outcome,
    request::Request,
    response::{Answer, SignedAnswer, SigningKey},
};
use crate::{Error, ports};

impl Active {
    /// Signs and sends the answer, or sends it again if it was signed before.
    pub(crate) async fn answer(&self, request: &Request, answer: Answer) -> Result<(), Error> {
        let challenge = request.challenge_id();
        if let Some(state) = self.answers.settled(challenge) {
            return Err(Error::RequestClosed { state });
        }
        let signed = match self.answers.signed(challenge, &answer) {
            Some(signed) => signed,
            None => self.sign(request, answer.clone()).await?,
        };
        let body = Respond { response: signed.jws.clone() };
        let key = self.handle.possession_key();
        let outcome = match self.routes(&key).respond(&body, &signed.idempotency_key).await {
            Ok(Responded { challenge_id, state }) if challenge_id == challenge && state == answer.state() => {
                Ok(())
            }
            Ok(_) => Err(Error::UnexpectedAnswer {
                reason: "the server confirmed another answer than was given".to_owned(),
                correlation_id: None,
            }),
            Err(error) => Err(error),
        };
        let closed = match &outcome {
            Ok(()) => Some((answer.state(), Outcome::of_answer(&answer))),
            Err(error) => closed_by(error),
        };
        if let Some((state, ended)) = closed {
            self.answers.settle(request, state, self.transport.server_time());
            // Only now, as what is in the history has happened.
            self.note_end(challenge, ended);
            self.keep_history().await;
        }
        outcome
    }

    async fn sign(&self, request: &Request, answer: Answer) -> Result<Arc<SignedAnswer>, Error> {
        request.check_open(self.transport.server_now()?)?;
        let key = match &answer {
            Answer::Approve { number } => {
                request.check_number(number)?;
                self.approving_key(request).await?
            }
            Answer::Deny { .. } => self.possession_key(),
        };
        // The person may have taken a while.
        let now = self.transport.server_now()?;
        request.check_open(now)?;
        let idempotency_key = self.transport.idempotency_key()?;
        let (ports, asked, record) = (self.transport.ports().clone(), request.clone(), self.record.clone());
        let sign =
            move || SignedAnswer::sign(&asked, answer, &record, (&*ports.signer, &key), now, idempotency_key);
        let signed = ports::blocking(|| PushError::ShutDown, sign).await?;
        self.answers.keep(request, signed, now).map_err(|state| Error::RequestClosed { state })
    }

    /// The key that may sign an approval, once the user is verified as far as the request asks.
    async fn approving_key(&self, request: &Request) -> Result<SigningKey, Error> {
        let required = match request.user_verification() {
            UserVerification::Discouraged => return Ok(self.possession_key()),
            UserVerification::Preferred => false,
            UserVerification::Required => true,
        };
        let Some(key) = self.verification_key() else {
            return if required { Err(cannot_verify()) } else { Ok(self.possession_key()) };
        };
        let (ports, prompt) = (self.transport.ports().clone(), request.prompt());
        let verify = move || {
            if !required && !ports.verifier.available() {
                return Ok(false);
            }
            ports.verifier.verify(prompt).map(|_| true).map_err(Error::from)
        };
        let verified = ports::blocking(|| Error::Cancelled, verify).await?;
        Ok(if verified { key } else { self.possession_key() })
    }

    fn verification_key(&self) -> Option<SigningKey> {
        let id = self.record.verification_jkt.clone().filter(|_| self.record.verifies_user())?;
        Some(SigningKey { name: self.handle.verification_key(), id })
    }

    fn possession_key(&self) -> SigningKey {
        SigningKey { name: self.handle.possession_key(), id: self.record.possession_jkt.clone() }
    }
}

/// How the request stands, and how it ended for this device, where an error tells.
fn closed_by(error: &Error) -> Option<(ChallengeState, Outcome)> {
    match error {
        Error::RequestClosed { state } => Some((*state, Outcome::not_by_us(Some(*state)))),
        Error::Refused(refusal) if refusal.code == ProblemCode::WrongNumber => {
            Some((ChallengeState::WrongNumber, Outcome::WrongNumber))
        }
        _ => None,
    }
}

fn cannot_verify() -> Error {
    Error::NotVerified {
        reason:
            "this device was enrolled without a way to verify its user; set up a screen lock, then enrol it \
                 again"
                .to_owned(),
        cancelled: false,
    }
}
