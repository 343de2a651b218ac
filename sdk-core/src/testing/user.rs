use std::sync::Mutex;

use crate::{
    lock::locked,
    ports::{UserVerifier, Verification, VerifierError, VerifyPrompt},
};

/// A user who answers every prompt in the same way, until told otherwise.
pub struct FixedVerifier(Mutex<State>);

struct State {
    answer: Result<Verification, VerifierError>,
    prompts: Vec<VerifyPrompt>,
}

impl FixedVerifier {
    /// Answers every prompt with this. [`VerifierError::Unavailable`] is a device that verifies nobody.
    pub fn new(answer: Result<Verification, VerifierError>) -> Self {
        Self(Mutex::new(State { answer, prompts: Vec::new() }))
    }

    /// From here on, answers with this.
    pub fn answer(&self, answer: Result<Verification, VerifierError>) {
        locked(&self.0).answer = answer;
    }

    /// The prompts so far, oldest first.
    pub fn prompts(&self) -> Vec<VerifyPrompt> {
        locked(&self.0).prompts.clone()
    }
}

impl Default for FixedVerifier {
    /// A user whose finger is always known.
    fn default() -> Self {
        Self::new(Ok(Verification::Biometric))
    }
}

impl UserVerifier for FixedVerifier {
    fn available(&self) -> bool {
        locked(&self.0).answer != Err(VerifierError::Unavailable)
    }

    fn verify(&self, prompt: VerifyPrompt) -> Result<Verification, VerifierError> {
        let mut state = locked(&self.0);
        state.prompts.push(prompt);
        state.answer.clone()
    }
}
