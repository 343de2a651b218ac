use countersign_protocol::{
    ProblemCode,
    fields::IdempotencyKey,
    login::{LoginOutcome, Pending, StartChallenge, VerifyCode},
};
use serde::{Deserialize, Serialize};

use super::{
    LoginError, LoginState, MfaRequiredStep,
    enter::Login,
    saved::{self, SavedStep},
};
use crate::{Error, client::transport::Call};

/// A call that proves a factor: prepared, perhaps sent, its answer not known. However often it is sent, it counts
/// once.
#[derive(Debug)]
pub struct UnansweredStep {
    login: Login,
    proof: Proof,
    key: IdempotencyKey,
}

/// What is sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Proof {
    Code(VerifyCode),
    Push(StartChallenge),
}

impl UnansweredStep {
    pub(super) fn new(login: Login, proof: Proof, key: IdempotencyKey) -> Self {
        Self { login, proof, key }
    }

    /// Sends the call, or sends it again.
    ///
    /// # Errors
    /// [`LoginError`] with [`LoginState::MfaRequired`] when the server refused, and with this step when it is not
    /// known whether it did.
    pub async fn send(self) -> Result<LoginState, LoginError> {
        let outcome = match &self.proof {
            Proof::Code(body) => self.login.call(Call::post("/mfa/verify", body).under(&self.key)).await,
            Proof::Push(body) => {
                let pending = self.login.call(Call::post("/mfa/challenge", body).under(&self.key)).await;
                pending.map(|pending: Pending| LoginOutcome::Pending(pending))
            }
        };
        match outcome {
            Ok(outcome) => match self.login.enter(outcome).await {
                Ok(state) => Ok(state),
                // Sent again, the call gets the same answer again.
                Err(error) => Err(LoginError::new(error, LoginState::Unanswered(self))),
            },
            Err(error) => match Refused::read(&error) {
                Refused::Over => Ok(LoginState::Expired),
                Refused::Certainly => {
                    Err(LoginError::new(error, LoginState::MfaRequired(MfaRequiredStep::new(self.login))))
                }
                Refused::Perhaps => Err(LoginError::new(error, LoginState::Unanswered(self))),
            },
        }
    }

    /// Ends the login.
    ///
    /// # Errors
    /// [`LoginError`] with this step when the server cannot be told.
    pub async fn cancel(self) -> Result<(), LoginError> {
        let cancelled = self.login.cancel().await;
        cancelled.map_err(|error| LoginError::new(error, LoginState::Unanswered(self)))
    }

    /// The step as sealed bytes, for [`Client::restore_login`](super::Client::restore_login). They hold the call, so
    /// that a restored step sends the same one.
    ///
    /// # Errors
    /// [`Error::Locked`] or [`Error::Device`] when secure storage does not give the key to seal with.
    pub async fn save(&self) -> Result<Vec<u8>, Error> {
        saved::seal(&self.login, SavedStep::Unanswered { proof: self.proof.clone(), key: self.key.clone() })
            .await
    }
}

/// What an error says about whether the call counted.
enum Refused {
    /// It did not, and the login is over.
    Over,
    /// It did not.
    Certainly,
    /// Nobody knows.
    Perhaps,
}

impl Refused {
    fn read(error: &Error) -> Self {
        match error {
            Error::Refused(refusal) => match refusal.code {
                ProblemCode::LoginExpired => Self::Over,
                ProblemCode::Timeout => Self::Perhaps,
                code if code.status() >= 500 => Self::Perhaps,
                _ => Self::Certainly,
            },
            Error::RequestClosed { .. } | Error::SessionEnded { .. } => Self::Certainly,
            _ => Self::Perhaps,
        }
    }
}
