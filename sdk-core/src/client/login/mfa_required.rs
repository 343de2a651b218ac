use countersign_protocol::{
    Timestamp,
    fields::OneTimeCode,
    ids::EnrolmentId,
    login::{MethodKind, MethodOffer, StartChallenge, VerifyCode},
};

use super::{
    LoginError, LoginState, UnansweredStep,
    enter::Login,
    saved::{self, SavedStep},
    unanswered::Proof,
};
use crate::Error;

/// A second factor is to be proven: choose one of [`methods`](Self::methods).
#[derive(Debug)]
pub struct MfaRequiredStep {
    login: Login,
}

impl MfaRequiredStep {
    pub(super) fn new(login: Login) -> Self {
        Self { login }
    }

    /// What the user may use, best first.
    pub fn methods(&self) -> &[MethodOffer] {
        &self.login.required.methods
    }

    /// What to offer first.
    pub fn recommended(&self) -> MethodKind {
        self.login.required.recommended
    }

    /// When the login runs out, in the server's time.
    pub fn expires_at(&self) -> Timestamp {
        self.login.required.expires_at
    }

    /// Proves a factor by a code. With `trust_device`, this device skips the second factor from now on.
    ///
    /// # Errors
    /// [`LoginError`]. A wrong code gives this step back, and the error tells how many attempts are left. A lost
    /// answer gives [`LoginState::Unanswered`].
    pub async fn submit_code(
        self,
        method: MethodKind,
        code: OneTimeCode,
        trust_device: bool,
    ) -> Result<LoginState, LoginError> {
        self.prepare_code(method, code, trust_device)?.send().await
    }

    /// Sends a request to one authenticator of the user, or to all. With `trust_device`, this device skips the
    /// second factor from now on.
    ///
    /// # Errors
    /// As [`submit_code`](Self::submit_code).
    pub async fn request_push(
        self,
        enrolment: Option<EnrolmentId>,
        trust_device: bool,
    ) -> Result<LoginState, LoginError> {
        self.prepare_push(enrolment, trust_device)?.send().await
    }

    /// The same as [`submit_code`](Self::submit_code) up to sending.
    ///
    /// # Errors
    /// [`Error::InvalidTransition`] when the method was not offered or takes no code; the step is given back.
    pub fn prepare_code(
        self,
        method: MethodKind,
        code: OneTimeCode,
        trust_device: bool,
    ) -> Result<UnansweredStep, LoginError> {
        if method != MethodKind::Totp {
            return Err(self.impossible(format!("a code of {}", method.as_str())));
        }
        let login_id = self.login.id();
        self.prepare(method, Proof::Code(VerifyCode { login_id, method, code, trust_device }))
    }

    /// The same as [`request_push`](Self::request_push) up to sending.
    ///
    /// # Errors
    /// [`Error::InvalidTransition`] when push was not offered; the step is given back.
    pub fn prepare_push(
        self,
        enrolment: Option<EnrolmentId>,
        trust_device: bool,
    ) -> Result<UnansweredStep, LoginError> {
        let (login_id, method) = (self.login.id(), MethodKind::Push);
        let challenge = StartChallenge { login_id, method, enrolment_id: enrolment, trust_device };
        self.prepare(method, Proof::Push(challenge))
    }

    /// Ends the login.
    ///
    /// # Errors
    /// [`LoginError`] with this step when the server cannot be told. It forgets the login after ten minutes anyway.
    pub async fn cancel(self) -> Result<(), LoginError> {
        let cancelled = self.login.cancel().await;
        cancelled.map_err(|error| LoginError::new(error, LoginState::MfaRequired(self)))
    }

    /// The step as sealed bytes, for [`Client::restore_login`](super::Client::restore_login).
    ///
    /// # Errors
    /// [`Error::Locked`] or [`Error::Device`] when secure storage does not give the key to seal with.
    pub async fn save(&self) -> Result<Vec<u8>, Error> {
        saved::seal(&self.login, SavedStep::MfaRequired).await
    }

    fn prepare(self, method: MethodKind, proof: Proof) -> Result<UnansweredStep, LoginError> {
        if !self.methods().iter().any(|offer| offer.method == method) {
            return Err(self.impossible(method.as_str().to_owned()));
        }
        match self.login.caller.client.transport().idempotency_key() {
            Ok(key) => Ok(UnansweredStep::new(self.login, proof, key)),
            Err(error) => Err(LoginError::new(error, LoginState::MfaRequired(self))),
        }
    }

    fn impossible(self, step: String) -> LoginError {
        let offered: Vec<_> = self.methods().iter().map(|offer| offer.method.as_str()).collect();
        let state = format!("the login offers {}", offered.join(", "));
        LoginError::new(Error::InvalidTransition { state, step }, LoginState::MfaRequired(self))
    }
}
