//! Signing in, from the password to the [`Session`].
//!
//! ```mermaid
//! stateDiagram-v2
//!   [*] --> MfaRequired: password good
//!   [*] --> Done: password good, no factor or trusted device
//!   [*] --> Locked: password good, account locked
//!   MfaRequired --> Unanswered: prepare_code, prepare_push
//!   Unanswered --> MfaRequired: send, refused
//!   Unanswered --> Unanswered: send, no answer
//!   Unanswered --> Done: send, code good
//!   Unanswered --> Pending: send, push sent
//!   Pending --> Done: wait, approved
//!   Pending --> Denied: wait, denied
//!   Pending --> MfaRequired: use_other_method, or wait and the request ran out or got a wrong number
//!   MfaRequired --> Expired: ten minutes over
//!   Unanswered --> Expired: ten minutes over
//!   Pending --> Expired: ten minutes over
//!   MfaRequired --> [*]: cancel
//!   Unanswered --> [*]: cancel
//!   Pending --> [*]: cancel
//! ```
//!
//! Each state offers the steps that are possible in it, and a step consumes the state. A step that fails gives back,
//! in its [`LoginError`], the state that holds now: a wrong code leaves the user where they were, a lost answer
//! leaves [`LoginState::Unanswered`], from which the very same call can be sent again.
//!
//! [`MfaRequiredStep::submit_code`] and [`MfaRequiredStep::request_push`] prepare and send in one go. To survive the
//! app's end even between sending and hearing, prepare, [`save`](UnansweredStep::save), then send;
//! [`Client::restore_login`] brings the state back.
//!
//! The trust token of this device is sent, replaced and dropped along the way; nobody has to think of it.

mod enter;
mod mfa_required;
mod pending;
mod saved;
mod unanswered;

use countersign_protocol::{
    account::UserProfile,
    fields::{Email, Password},
    headers,
    login::{LoginOutcome, Notice, StartLogin},
    push::DenyReason,
};

use self::enter::Caller;
pub use self::{mfa_required::MfaRequiredStep, pending::PendingStep, unanswered::UnansweredStep};
use super::{
    Client, Session,
    transport::{Auth, Call},
};
use crate::{Error, device::fingerprint_for};

/// Where a login stands.
#[derive(Debug)]
pub enum LoginState {
    /// A second factor is to be proven.
    MfaRequired(MfaRequiredStep),
    /// A call is prepared or was sent, and its answer is not known.
    Unanswered(UnansweredStep),
    /// A push request waits for its answer.
    Pending(PendingStep),
    /// Signed in.
    Done(Box<SignedIn>),
    /// Somebody denied it on a device. The login is over.
    Denied {
        /// What they said.
        reason: DenyReason,
    },
    /// Its ten minutes are over. Begin again.
    Expired,
    /// The password is right, but the account is locked.
    Locked {
        /// Seconds until it opens.
        retry_after: u64,
    },
}

/// A finished login.
#[derive(Debug)]
pub struct SignedIn {
    /// The session, stored on this device.
    pub session: Session,
    /// Who is signed in.
    pub user: UserProfile,
    /// Methods that were proven: `pwd`, `otp`, `push`, `trusted_device`.
    pub amr: Vec<String>,
    /// The assurance that they add up to.
    pub acr: String,
    /// What to tell the user.
    pub notices: Vec<Notice>,
}

/// A step that did not succeed, and where the login stands now.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct LoginError {
    /// What went wrong.
    #[source]
    pub error: Error,
    /// Go on from here.
    pub state: Box<LoginState>,
}

impl LoginError {
    fn new(error: Error, state: LoginState) -> Self {
        Self { error, state: Box::new(state) }
    }
}

impl From<LoginError> for Error {
    fn from(error: LoginError) -> Self {
        error.error
    }
}

impl Client {
    /// Signs in with address and password. The device's key proves itself, and its trust token is sent if there is
    /// one.
    ///
    /// # Errors
    /// [`Error::Refused`] with `invalid_credentials` when address or password is wrong; or why there is no answer.
    pub async fn login(&self, email: Email, password: Password) -> Result<LoginState, Error> {
        let device = self.device().await?;
        let trust = self.trust().get(&email, self.transport().server_time()).await?;
        let body = StartLogin {
            email,
            password,
            device: self.describe_device().await?,
            fingerprint: Some(fingerprint_for(self.server(), self.ports()).await?),
        };
        let key = self.transport().idempotency_key()?;
        let mut call = Call::post("/auth/login", &body).by(Auth::Dpop { key: &device.key }).under(&key);
        if let Some(grant) = &trust {
            // EXPOSE: goes to the server that gave it.
            call = call.with_header(headers::TRUST_TOKEN, grant.token.expose());
        }
        let outcome: LoginOutcome = self.transport().call(call).await?;
        if trust.is_some() && matches!(outcome, LoginOutcome::MfaRequired(_)) {
            // The server did not take it, and will not take it the next time.
            self.trust().drop(&body.email).await?;
        }
        Caller { client: self.clone(), device, email: body.email }.enter(outcome).await
    }
}

#[cfg(test)]
mod tests;
