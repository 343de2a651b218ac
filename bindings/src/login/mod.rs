//! One object for what Rust has a type a state for: [`countersign::client::login`] draws the states and their steps.

mod state;

use std::sync::{Arc, Mutex as Shared, MutexGuard, PoisonError};

use countersign::{
    Error,
    client::{
        self,
        login::{LoginError, MfaRequiredStep},
    },
    protocol::{fields::OneTimeCode, ids::EnrolmentId, login::MethodKind},
};
use tokio::sync::{Mutex, OwnedMutexGuard, watch};

pub use self::state::LoginState;
use crate::{Cancellation, CountersignError, cancellation::cancelled};

/// One login, from the password to the session.
///
/// A step that is not possible now fails with `InvalidTransition`. A step that fails leaves the login where it can
/// go on from: a wrong code leaves the user where they were. Steps run one after the other, and a step that has
/// begun is finished even if its caller stops waiting for it.
#[derive(uniffi::Object)]
pub struct LoginFlow {
    /// `None` once it was cancelled, and while a step runs, which then holds the lock.
    state: Arc<Mutex<Option<client::LoginState>>>,
    /// What the app is told meanwhile, without waiting for a step that runs.
    told: Arc<Shared<Told>>,
    /// How many steps want the login while somebody waits for an answer.
    wanted: watch::Sender<usize>,
}

#[derive(Clone)]
struct Told {
    state: LoginState,
    number: Option<String>,
}

#[uniffi::export(async_runtime = "tokio")]
impl LoginFlow {
    /// Where the login stands. While a step runs, where it stood before.
    pub fn state(&self) -> LoginState {
        locked(&self.told).state.clone()
    }

    /// The number to show while the login is `Pending`: the user types it on the device that approves.
    pub fn number(&self) -> Option<String> {
        locked(&self.told).number.clone()
    }

    /// Proves a factor by a code. With `trust_device`, this device skips the second factor from now on.
    ///
    /// Fails with `Refused`, the code `WrongCode` and `attempts_left`; the login still is `MfaRequired`. After a lost
    /// answer it is `Unanswered`.
    #[uniffi::method(default(trust_device = false))]
    pub async fn submit_code(
        &self,
        method: MethodKind,
        code: OneTimeCode,
        trust_device: bool,
    ) -> Result<LoginState, CountersignError> {
        const STEP: &str = "submit_code";
        self.step(STEP, move |state| async move {
            choosing(state, STEP)?.submit_code(method, code, trust_device).await.map(Some)
        })
        .await
    }

    /// Sends a request to one authenticator of the user, or to all. With `trust_device`, this device skips the
    /// second factor from now on.
    #[uniffi::method(default(enrolment = None, trust_device = false))]
    pub async fn request_push(
        &self,
        enrolment: Option<EnrolmentId>,
        trust_device: bool,
    ) -> Result<LoginState, CountersignError> {
        const STEP: &str = "request_push";
        self.step(STEP, move |state| async move {
            choosing(state, STEP)?.request_push(enrolment, trust_device).await.map(Some)
        })
        .await
    }

    /// The same as `submit_code` up to sending. `save` it, then `send`, to survive even the app's end in between.
    #[uniffi::method(default(trust_device = false))]
    pub async fn prepare_code(
        &self,
        method: MethodKind,
        code: OneTimeCode,
        trust_device: bool,
    ) -> Result<LoginState, CountersignError> {
        const STEP: &str = "prepare_code";
        self.step(STEP, move |state| async move {
            let prepared = choosing(state, STEP)?.prepare_code(method, code, trust_device)?;
            Ok(Some(client::LoginState::Unanswered(prepared)))
        })
        .await
    }

    /// Sends what is `Unanswered`, perhaps again. However often it is sent, it counts once.
    pub async fn send(&self) -> Result<LoginState, CountersignError> {
        const STEP: &str = "send";
        self.step(STEP, async |state| match state {
            client::LoginState::Unanswered(step) => step.send().await.map(Some),
            state => Err(impossible(state, STEP)),
        })
        .await
    }

    /// Waits for the answer to a push request.
    ///
    /// Fails with `Cancelled` when it is cancelled, or another step is called meanwhile. The request goes on in any
    /// case, and so may waiting.
    #[uniffi::method(default(cancellation = None))]
    pub async fn wait(
        &self,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<LoginState, CountersignError> {
        const STEP: &str = "wait";
        let slot = tokio::select! {
            biased;
            () = cancelled(cancellation) => return Err(CountersignError::Cancelled),
            slot = self.answered() => slot?,
        };
        self.run(STEP, slot, async |state| match state {
            client::LoginState::Pending(step) => step.wait().await.map(Some),
            state => Err(impossible(state, STEP)),
        })
        .await
    }

    /// Leaves the push request open and goes back to choosing. It is closed when another factor is proven.
    pub async fn use_other_method(&self) -> Result<LoginState, CountersignError> {
        const STEP: &str = "use_other_method";
        self.step(STEP, async |state| match state {
            client::LoginState::Pending(step) => {
                Ok(Some(client::LoginState::MfaRequired(step.use_other_method())))
            }
            state => Err(impossible(state, STEP)),
        })
        .await
    }

    /// Ends the login, and a request with it.
    pub async fn cancel(&self) -> Result<LoginState, CountersignError> {
        const STEP: &str = "cancel";
        self.step(STEP, async |state| {
            let cancelled = match state {
                client::LoginState::MfaRequired(step) => step.cancel().await,
                client::LoginState::Unanswered(step) => step.cancel().await,
                client::LoginState::Pending(step) => step.cancel().await,
                state => Err(impossible(state, STEP)),
            };
            cancelled.map(|()| None)
        })
        .await
    }

    /// The login as sealed bytes, for `Client.restore_login`, so that it survives the app's end.
    pub async fn save(&self) -> Result<Vec<u8>, CountersignError> {
        let slot = self.slot().await;
        Ok(match &*slot {
            Some(client::LoginState::MfaRequired(step)) => step.save().await?,
            Some(client::LoginState::Unanswered(step)) => step.save().await?,
            Some(client::LoginState::Pending(step)) => step.save().await?,
            state => return Err(not_possible(state.as_ref(), "save").into()),
        })
    }
}

type Slot = OwnedMutexGuard<Option<client::LoginState>>;
/// The state after a step; `None` when it cancelled the login.
type Stepped = Result<Option<client::LoginState>, LoginError>;

impl LoginFlow {
    pub(crate) fn at(state: client::LoginState) -> Arc<Self> {
        let told = Arc::new(Shared::new(Told::of(Some(&state))));
        Arc::new(Self { state: Arc::new(Mutex::new(Some(state))), told, wanted: watch::Sender::new(0) })
    }

    /// The state, once the answer to a request is there, or where none is waited for.
    async fn answered(&self) -> Result<Slot, CountersignError> {
        let mut wanted = self.wanted.subscribe();
        let slot = self.state.clone().lock_owned().await;
        if let Some(client::LoginState::Pending(pending)) = &*slot {
            tokio::select! {
                changed = pending.changed() => changed?,
                _ = wanted.wait_for(|count| *count > 0) => return Err(CountersignError::Cancelled),
            }
        }
        Ok(slot)
    }

    /// The state, taken from whoever waits for an answer.
    async fn slot(&self) -> Slot {
        let _wanted = Wanted::new(&self.wanted);
        self.state.clone().lock_owned().await
    }

    async fn step<F>(
        &self,
        name: &'static str,
        step: impl FnOnce(client::LoginState) -> F + Send + 'static,
    ) -> Result<LoginState, CountersignError>
    where
        F: Future<Output = Stepped> + Send,
    {
        let slot = self.slot().await;
        self.run(name, slot, step).await
    }

    /// Takes the step in a task of its own: were it dropped half-way, the state that it consumes would be lost.
    async fn run<F>(
        &self,
        name: &'static str,
        mut slot: Slot,
        step: impl FnOnce(client::LoginState) -> F + Send + 'static,
    ) -> Result<LoginState, CountersignError>
    where
        F: Future<Output = Stepped> + Send,
    {
        let told = self.told.clone();
        let task = tokio::spawn(async move {
            let Some(state) = slot.take() else { return Err(not_possible(None, name).into()) };
            let (state, error) = match step(state).await {
                Ok(state) => (state, None),
                Err(LoginError { error, state }) => (Some(*state), Some(error)),
            };
            let now = Told::of(state.as_ref());
            *slot = state;
            *locked(&told) = now.clone();
            error.map_or(Ok(now.state), |error| Err(error.into()))
        });
        task.await.unwrap_or(Err(CountersignError::Cancelled))
    }
}

impl Told {
    fn of(state: Option<&client::LoginState>) -> Self {
        let number = match state {
            // EXPOSE: sign-in shows it.
            Some(client::LoginState::Pending(step)) => Some(step.number().expose().to_owned()),
            _ => None,
        };
        Self { state: state.map_or(LoginState::Cancelled, LoginState::from), number }
    }
}

/// Counts a step that waits for its turn.
struct Wanted<'a>(&'a watch::Sender<usize>);

impl<'a> Wanted<'a> {
    fn new(count: &'a watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count)
    }
}

impl Drop for Wanted<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

/// The step in which a factor is chosen.
fn choosing(state: client::LoginState, step: &str) -> Result<MfaRequiredStep, LoginError> {
    match state {
        client::LoginState::MfaRequired(choosing) => Ok(choosing),
        state => Err(impossible(state, step)),
    }
}

fn impossible(state: client::LoginState, step: &str) -> LoginError {
    LoginError { error: not_possible(Some(&state), step), state: Box::new(state) }
}

fn not_possible(state: Option<&client::LoginState>, step: &str) -> Error {
    let state = match state {
        Some(client::LoginState::MfaRequired(_)) => "a second factor is to be proven",
        Some(client::LoginState::Unanswered(_)) => "a call waits to be sent",
        Some(client::LoginState::Pending(_)) => "a push request waits for its answer",
        Some(client::LoginState::Done(_)) => "the login is done",
        Some(client::LoginState::Denied { .. }) => "the login was denied",
        Some(client::LoginState::Expired) => "the login has expired",
        Some(client::LoginState::Locked { .. }) => "the account is locked",
        None => "the login was cancelled",
    };
    Error::InvalidTransition { state: state.to_owned(), step: step.to_owned() }
}

fn locked(told: &Shared<Told>) -> MutexGuard<'_, Told> {
    told.lock().unwrap_or_else(PoisonError::into_inner)
}
