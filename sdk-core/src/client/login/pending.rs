use std::time::Duration;

use countersign_protocol::{
    ProblemCode, Timestamp,
    fields::{IdempotencyKey, MatchNumber},
    login::{LoginChanged, LoginOutcome, Pending},
};
use futures_util::future::{Either, select};

use super::{
    LoginError, LoginState, MfaRequiredStep,
    enter::Login,
    saved::{self, SavedStep},
};
use crate::{
    Error,
    client::transport::{Call, EventStream},
};

/// How often to ask where events do not arrive.
const POLL: Duration = Duration::from_secs(2);

/// How often to ask where they should: something between here and the server may hold them back.
const POLL_BESIDE_EVENTS: Duration = Duration::from_secs(10);

/// After this many failures in a row the caller decides whether to go on.
const MOST_FAILURES: u32 = 5;

/// A push request waits for its answer. Show the [`number`](Self::number); the user types it on the device.
#[derive(Debug)]
pub struct PendingStep {
    login: Login,
    pending: Pending,
    /// Names the call that collects the tokens, so that a lost answer can be asked for again, also after a restart.
    /// Answers that only wait are not kept under it.
    collect: IdempotencyKey,
}

impl PendingStep {
    pub(super) fn new(login: Login, pending: Pending, collect: IdempotencyKey) -> Self {
        Self { login, pending, collect }
    }

    /// What the user types on the device.
    pub fn number(&self) -> &MatchNumber {
        &self.pending.number
    }

    /// When the request runs out, in the server's time.
    pub fn expires_at(&self) -> Timestamp {
        self.pending.expires_at
    }

    /// Waits for the answer. Told by an event, and asked for where events do not arrive.
    ///
    /// To offer something else meanwhile, wait for [`changed`](Self::changed), which does not consume the step.
    ///
    /// # Errors
    /// [`LoginError`] with this step when the server could not be reached several times in a row.
    pub async fn wait(self) -> Result<LoginState, LoginError> {
        let state = match self.outcome().await {
            Ok(outcome) => self.login.enter(outcome).await,
            Err(error) if is_over(&error) => Ok(LoginState::Expired),
            Err(error) => Err(error),
        };
        state.map_err(|error| LoginError::new(error, LoginState::Pending(self)))
    }

    /// Returns when [`wait`](Self::wait) has something to give. May be dropped at any time.
    ///
    /// # Errors
    /// As `wait`.
    pub async fn changed(&self) -> Result<(), Error> {
        match self.outcome().await {
            Err(error) if is_over(&error) => Ok(()),
            outcome => outcome.map(drop),
        }
    }

    /// Leaves the request open and goes back to choosing. It is closed when another factor is proven.
    pub fn use_other_method(self) -> MfaRequiredStep {
        MfaRequiredStep::new(self.login)
    }

    /// Ends the login, and the request with it.
    ///
    /// # Errors
    /// [`LoginError`] with this step when the server cannot be told.
    pub async fn cancel(self) -> Result<(), LoginError> {
        let cancelled = self.login.cancel().await;
        cancelled.map_err(|error| LoginError::new(error, LoginState::Pending(self)))
    }

    /// The step as sealed bytes, for [`Client::restore_login`](super::Client::restore_login).
    ///
    /// # Errors
    /// [`Error::Locked`] or [`Error::Device`] when secure storage does not give the key to seal with.
    pub async fn save(&self) -> Result<Vec<u8>, Error> {
        let step = SavedStep::Pending { pending: self.pending.clone(), collect: self.collect.clone() };
        saved::seal(&self.login, step).await
    }

    /// The first outcome that is not waiting.
    async fn outcome(&self) -> Result<LoginOutcome, Error> {
        let mut events = None;
        let mut failures = 0;
        loop {
            self.worth_asking(&mut events).await;
            match self.ask().await {
                Ok(LoginOutcome::Pending(_)) => failures = 0,
                Ok(outcome) => return Ok(outcome),
                Err(error) => {
                    failures += 1;
                    if !error.retryable() || failures >= MOST_FAILURES {
                        return Err(error);
                    }
                }
            }
        }
    }

    /// Returns when an event says that something happened, or when it is time to ask without one.
    async fn worth_asking(&self, events: &mut Option<EventStream>) {
        let clock = &self.login.caller.client.ports().clock;
        if events.is_none() {
            // Why there are no events does not matter here: asking will tell.
            *events = self.login.events().await.ok();
        }
        let Some(stream) = events else { return clock.sleep(POLL).await };
        let told = Box::pin(self.told(stream));
        let broken = matches!(select(told, clock.sleep(POLL_BESIDE_EVENTS)).await, Either::Left((false, _)));
        if broken {
            *events = None;
            clock.sleep(POLL).await;
        }
    }

    /// Reads events until one says that the login does not wait any more. False when there will be none.
    async fn told(&self, events: &mut EventStream) -> bool {
        while let Ok(Some(event)) = events.next().await {
            let changed = serde_json::from_str::<LoginChanged>(&event.data);
            if changed.is_ok_and(|it| it.login_id == self.login.id() && it.status != "pending") {
                return true;
            }
        }
        false
    }

    async fn ask(&self) -> Result<LoginOutcome, Error> {
        let path = format!("/auth/logins/{}", self.login.id());
        self.login.call(Call::get(&path).under(&self.collect)).await
    }
}

/// Whether the login's time is over, which is a state and no failure.
fn is_over(error: &Error) -> bool {
    matches!(error, Error::Refused(refusal) if refusal.code == ProblemCode::LoginExpired)
}
