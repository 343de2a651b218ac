use countersign_protocol::{
    ProblemCode,
    fields::Email,
    ids::LoginId,
    login::{Authenticated, LoginOutcome, MfaRequired},
};
use serde::{Serialize, de::DeserializeOwned};

use super::{LoginState, MfaRequiredStep, PendingStep, SignedIn};
use crate::{
    Error,
    client::{
        Client, Session,
        transport::{Auth, Call, EventStream},
    },
    device::DeviceIdentity,
};

/// Who signs in, and where.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) client: Client,
    pub(super) device: DeviceIdentity,
    pub(super) email: Email,
}

/// A login that has a name: what its steps share.
#[derive(Clone)]
pub(super) struct Login {
    pub(super) caller: Caller,
    /// What the server told last of the factors.
    pub(super) required: MfaRequired,
}

impl Caller {
    /// The state that the server's first answer leads to.
    pub(super) async fn enter(self, outcome: LoginOutcome) -> Result<LoginState, Error> {
        match outcome {
            LoginOutcome::Authenticated(authenticated) => self.done(*authenticated).await,
            LoginOutcome::MfaRequired(required) => {
                Ok(LoginState::MfaRequired(MfaRequiredStep::new(Login { caller: self, required })))
            }
            LoginOutcome::Pending(_) => Err(unexpected("a login cannot begin with a request that waits")),
            LoginOutcome::Denied(denied) => Ok(LoginState::Denied { reason: denied.reason }),
            LoginOutcome::Expired { .. } => Ok(LoginState::Expired),
            LoginOutcome::Locked { retry_after } => Ok(LoginState::Locked { retry_after }),
        }
    }

    async fn done(self, authenticated: Authenticated) -> Result<LoginState, Error> {
        let Authenticated { tokens, user, amr, acr, notices, trust_token, .. } = authenticated;
        if let Some(grant) = &trust_token {
            self.client.trust().keep(&self.email, grant).await?;
        }
        let session = Session::begin(&self.client, self.device, &self.email, tokens).await?;
        Ok(LoginState::Done(Box::new(SignedIn { session, user, amr, acr, notices })))
    }

    fn auth(&self) -> Auth<'_> {
        Auth::Dpop { key: &self.device.key }
    }
}

impl Login {
    pub(super) fn id(&self) -> LoginId {
        self.required.login_id
    }

    /// The state that an answer leads to.
    pub(super) async fn enter(&self, outcome: LoginOutcome) -> Result<LoginState, Error> {
        if login_of(&outcome).is_some_and(|id| id != self.id()) {
            return Err(unexpected("the answer is about another login"));
        }
        match outcome {
            LoginOutcome::Pending(pending) => {
                let collect = self.caller.client.transport().idempotency_key()?;
                Ok(LoginState::Pending(PendingStep::new(self.clone(), pending, collect)))
            }
            outcome => self.caller.clone().enter(outcome).await,
        }
    }

    /// Makes a call as the one who began the login.
    pub(super) async fn call<B, T>(&self, call: Call<'_, B>) -> Result<T, Error>
    where
        B: Serialize + Sync + ?Sized,
        T: DeserializeOwned,
    {
        self.caller.client.transport().call(call.by(self.caller.auth())).await
    }

    /// Opens the events of the login.
    pub(super) async fn events(&self) -> Result<EventStream, Error> {
        let path = format!("/auth/logins/{}/events", self.id());
        self.caller.client.transport().events(&path, self.caller.auth()).await
    }

    /// Ends the login on the server. One that is over already is no error.
    pub(super) async fn cancel(&self) -> Result<(), Error> {
        let key = self.caller.client.transport().idempotency_key()?;
        let path = format!("/auth/logins/{}/cancel", self.id());
        match self.call(Call::post_empty(&path).under(&key)).await {
            Err(Error::Refused(refusal))
                if matches!(refusal.code, ProblemCode::LoginExpired | ProblemCode::LoginNotFound) =>
            {
                Ok(())
            }
            answer => answer,
        }
    }
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Login").field(&self.id()).finish()
    }
}

fn login_of(outcome: &LoginOutcome) -> Option<LoginId> {
    match outcome {
        LoginOutcome::Authenticated(it) => Some(it.login_id),
        LoginOutcome::MfaRequired(it) => Some(it.login_id),
        LoginOutcome::Pending(it) => Some(it.login_id),
        LoginOutcome::Denied(it) => Some(it.login_id),
        LoginOutcome::Expired { login_id } => Some(*login_id),
        LoginOutcome::Locked { .. } => None,
    }
}

fn unexpected(reason: &str) -> Error {
    Error::UnexpectedAnswer { reason: reason.to_owned(), correlation_id: None }
}
