//! How a rule of the domain says no, and how it says that it could not tell.

use countersign_protocol::{InvalidField, Problem, ProblemCode, account::SessionEnd, push::ChallengeState};

use crate::{random::RandomError, store::StoreError};

/// What a rule gives: an answer, or the reason why there is none.
pub type Answer<T> = Result<T, Stop>;

/// Why a rule gave no answer.
#[derive(Debug)]
pub enum Stop {
    /// The rule says no. What was written before in the same transaction is committed: a claimed attempt counts.
    Refused(Box<Problem>),
    /// The rule could not be carried out. The transaction is rolled back; the caller is told nothing of the cause.
    Fault(Fault),
}

/// Something that should work did not. Fails closed.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The store could not be read or written.
    #[error("the store: {0}")]
    Store(#[from] StoreError),
    /// There is no randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// A key, seal or signature of the server's own did not work.
    #[error("cryptography: {0}")]
    Crypto(&'static str),
    /// What the store holds does not have the form that was written.
    #[error("stored data: {0}")]
    Stored(String),
}

/// Says no.
pub fn refuse(code: ProblemCode, detail: impl Into<String>) -> Stop {
    Stop::Refused(Box::new(Problem::new(code, detail)))
}

impl Stop {
    /// The refusal, told how often one may try again.
    #[must_use]
    pub fn attempts_left(self, left: u32) -> Self {
        self.amend(|problem| problem.attempts_left = Some(left))
    }

    /// The refusal, told how many seconds to wait.
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        self.amend(|problem| problem.retry_after = Some(seconds))
    }

    /// The refusal, told why the session ended.
    #[must_use]
    pub fn reason(self, reason: SessionEnd) -> Self {
        self.amend(|problem| problem.reason = Some(reason))
    }

    /// The refusal, told how the challenge stands.
    #[must_use]
    pub fn state(self, state: ChallengeState) -> Self {
        self.amend(|problem| problem.state = Some(state))
    }

    fn amend(mut self, change: impl FnOnce(&mut Problem)) -> Self {
        if let Self::Refused(problem) = &mut self {
            change(problem);
        }
        self
    }
}

impl<F: Into<Fault>> From<F> for Stop {
    fn from(fault: F) -> Self {
        Self::Fault(fault.into())
    }
}

/// A field that was refused outside the body, such as a path segment.
pub fn invalid(error: &InvalidField) -> Stop {
    refuse(ProblemCode::InvalidRequest, error.to_string())
}
