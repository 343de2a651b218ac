//! Fakes of the host's ports, for tests of apps (feature `testing`). They are Rust objects that implement the host's
//! traits, so that a test in any language sets them up and looks into them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use countersign::{
    ports::{Level, Verification},
    testing,
};

use crate::{
    HostError, LogSink, UserVerifier, VerificationCompletion, VerifierError, VerifyPrompt,
    ports::storage_of_the_core,
};

/// Secure storage in memory. It holds callers to the contract: single-line ASCII of at most 2,048 bytes.
#[derive(Default, uniffi::Object)]
pub struct MemoryStorage(testing::MemoryStorage);

#[uniffi::export]
impl MemoryStorage {
    /// An empty storage.
    #[uniffi::constructor]
    pub fn new() -> Self {
        Self::default()
    }

    /// All entries, by name.
    pub fn entries(&self) -> HashMap<String, String> {
        self.0.entries().into_iter().collect()
    }

    /// Locks or unlocks: a locked storage answers every call with `StorageError.Locked`.
    pub fn set_locked(&self, locked: bool) {
        self.0.set_locked(locked);
    }

    /// The `nth` write from now fails, 1 being the next; those after it work again.
    pub fn fail_set(&self, nth: u32) {
        self.0.fail_set(usize::try_from(nth).unwrap_or(usize::MAX));
    }
}

storage_of_the_core!(MemoryStorage);

/// A user who answers every prompt in the same way.
#[derive(uniffi::Object)]
pub struct FixedVerifier {
    answer: Result<Verification, VerifierError>,
    prompts: Mutex<Vec<VerifyPrompt>>,
}

#[uniffi::export]
impl FixedVerifier {
    /// A user who is always verified in this way.
    #[uniffi::constructor]
    pub fn new(how: Verification) -> Self {
        Self { answer: Ok(how), prompts: Mutex::default() }
    }

    /// A user who never is. `Unavailable` is a device that verifies nobody.
    #[uniffi::constructor]
    pub fn failing(why: VerifierError) -> Self {
        Self { answer: Err(why), prompts: Mutex::default() }
    }

    /// The prompts so far, oldest first.
    pub fn prompts(&self) -> Vec<VerifyPrompt> {
        self.prompts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[uniffi::export]
impl UserVerifier for FixedVerifier {
    fn available(&self) -> Result<bool, VerifierError> {
        Ok(self.answer != Err(VerifierError::Unavailable))
    }

    fn verify(
        &self,
        prompt: VerifyPrompt,
        completion: Arc<VerificationCompletion>,
    ) -> Result<(), VerifierError> {
        self.prompts.lock().unwrap_or_else(PoisonError::into_inner).push(prompt);
        completion.succeed(self.answer.clone()?);
        Ok(())
    }
}

/// Keeps the log lines, for looking at what was said and that no secret was.
#[derive(Default, uniffi::Object)]
pub struct MemoryLog(Mutex<Vec<LogLine>>);

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct LogLine {
    /// How much it matters.
    pub level: Level,
    /// The part of the SDK that it comes from.
    pub target: String,
    /// What it says.
    pub line: String,
}

#[uniffi::export]
impl MemoryLog {
    /// An empty log.
    #[uniffi::constructor]
    pub fn new() -> Self {
        Self::default()
    }

    /// The lines so far, oldest first.
    pub fn lines(&self) -> Vec<LogLine> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[uniffi::export]
impl LogSink for MemoryLog {
    fn log(&self, level: Level, target: String, line: String) -> Result<(), HostError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(LogLine { level, target, line });
        Ok(())
    }
}
