use std::sync::{
    Arc, Mutex, PoisonError,
    mpsc::{Sender, channel},
};

use countersign::ports::{self, Verification};
use uniffi::UnexpectedUniFFICallbackError;

/// The person in front of the device, asked by biometric or PIN. The prompt says what is being approved.
#[uniffi::export(foreign)]
pub trait UserVerifier: Send + Sync {
    /// Whether the device can verify its user now.
    fn available(&self) -> Result<bool, VerifierError>;

    /// Shows the prompt and returns, at once or when the person has answered; the answer goes to `completion`. An
    /// error is an answer too. If the completion is dropped without one, the person was not verified.
    fn verify(
        &self,
        prompt: VerifyPrompt,
        completion: Arc<VerificationCompletion>,
    ) -> Result<(), VerifierError>;
}

/// What the person is told.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct VerifyPrompt {
    /// One line, such as "Approve signing in to Acme".
    pub title: String,
    /// Account and place, such as "mia@example.com from Berlin".
    pub detail: String,
}

/// The person was not verified; nothing is signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum VerifierError {
    /// The device cannot verify anybody. The user is told to set up a screen lock.
    #[error("this device cannot verify its user; set up a screen lock first")]
    Unavailable,
    /// The person closed the prompt.
    #[error("verification was cancelled")]
    Cancelled,
    /// Somebody else's finger, or a wrong PIN.
    #[error("verification did not succeed: {reason}")]
    Rejected {
        /// What the system said.
        reason: String,
    },
}

impl From<UnexpectedUniFFICallbackError> for VerifierError {
    fn from(error: UnexpectedUniFFICallbackError) -> Self {
        Self::Rejected { reason: error.reason }
    }
}

impl From<VerifierError> for ports::VerifierError {
    fn from(error: VerifierError) -> Self {
        match error {
            VerifierError::Unavailable => Self::Unavailable,
            VerifierError::Cancelled => Self::Cancelled,
            VerifierError::Rejected { reason } => Self::Rejected { reason },
        }
    }
}

/// Takes the answer of one prompt. The first answer counts.
#[derive(uniffi::Object)]
pub struct VerificationCompletion(Mutex<Option<Sender<Answer>>>);

type Answer = Result<Verification, VerifierError>;

#[uniffi::export]
impl VerificationCompletion {
    /// The person was verified.
    pub fn succeed(&self, how: Verification) {
        self.answer(Ok(how));
    }

    /// The person was not verified.
    pub fn fail(&self, why: VerifierError) {
        self.answer(Err(why));
    }
}

impl VerificationCompletion {
    fn answer(&self, answer: Answer) {
        if let Some(sender) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // Nobody listens any more when the app is shutting down.
            sender.send(answer).ok();
        }
    }
}

/// The host's verifier as the core's port.
pub(super) struct HostVerifier(pub(super) Arc<dyn UserVerifier>);

impl ports::UserVerifier for HostVerifier {
    fn available(&self) -> bool {
        // What cannot tell cannot verify.
        self.0.available().unwrap_or(false)
    }

    fn verify(&self, prompt: ports::VerifyPrompt) -> Result<Verification, ports::VerifierError> {
        let ports::VerifyPrompt { title, detail } = prompt;
        let (sender, answer) = channel();
        let completion = VerificationCompletion(Mutex::new(Some(sender)));
        self.0.verify(VerifyPrompt { title, detail }, Arc::new(completion))?;
        let answer = answer.recv().unwrap_or_else(|_| {
            Err(VerifierError::Rejected { reason: "the prompt went away without an answer".to_owned() })
        });
        Ok(answer?)
    }
}
