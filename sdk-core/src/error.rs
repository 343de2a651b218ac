//! The one error of the SDK.

use countersign_protocol::{
    InvalidField, Problem, ProblemCode, account::SessionEnd, fields::CorrelationId, problem::FieldProblem,
    push::ChallengeState,
};

use crate::ports::{HttpError, RandomError, SignerError, StorageError, VerifierError};

/// What went wrong, by what the caller can do about it. The same in every language.
///
/// Nothing was signed, stored or changed unless the variant says so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A value was refused before anything was done. Show `problem` and `fix` beside the field.
    #[error("{field}: {problem}; {fix}")]
    InvalidInput {
        /// Which value.
        field: String,
        /// What is wrong with it.
        problem: String,
        /// What to give instead.
        fix: String,
    },
    /// The server cannot be reached. Say that the device is offline; try again later.
    #[error("the server cannot be reached: {reason}")]
    Offline {
        /// What the network said.
        reason: String,
    },
    /// The connection broke or timed out after all retries. The call may be repeated: it has the same effect once.
    #[error("no answer arrived: {reason}")]
    Interrupted {
        /// What the network said.
        reason: String,
    },
    /// The server's certificate is not trusted. Do not go on; somebody may be listening.
    #[error("the server is not trusted: {reason}")]
    Untrusted {
        /// What is wrong.
        reason: String,
    },
    /// The server said no, for a reason that it names.
    #[error("{}", .0.detail)]
    Refused(Box<Refusal>),
    /// The session is over. Sign in again.
    #[error("the session has ended; sign in again")]
    SessionEnded {
        /// Why, where the server told.
        reason: Option<SessionEnd>,
    },
    /// The answer is not what the protocol says. Update the app, or tell whoever runs the server.
    #[error("the server's answer cannot be used: {reason}")]
    UnexpectedAnswer {
        /// What is wrong with it.
        reason: String,
        /// Finds the request in the server's log.
        correlation_id: Option<CorrelationId>,
    },
    /// A signed message is forged, replayed, or for somebody else. It is not shown and not answered.
    #[error("a message was not believed: {reason}")]
    NotAuthentic {
        /// What did not fit.
        reason: String,
    },
    /// The request was answered, replaced or ran out of time meanwhile.
    #[error("the request is closed")]
    RequestClosed {
        /// How it stands.
        state: ChallengeState,
    },
    /// The step is not possible in the present state, such as a code after the login has finished.
    #[error("{step} is not possible when {state}")]
    InvalidTransition {
        /// The state.
        state: String,
        /// The step that was tried.
        step: String,
    },
    /// Secure storage, key store or vault is locked. Ask the user to unlock it.
    #[error("locked: {reason}")]
    Locked {
        /// What is locked.
        reason: String,
    },
    /// The passphrase does not open the vault. Ask again.
    #[error("the passphrase does not open the vault")]
    WrongPassphrase,
    /// Stored data is damaged or from a newer version. Nothing was overwritten; restore a backup or update.
    #[error("stored data cannot be used: {reason}")]
    Damaged {
        /// What is wrong.
        reason: String,
    },
    /// Storage, key store, disk or randomness did not work.
    #[error("this device could not do it: {reason}")]
    Device {
        /// What the system said.
        reason: String,
    },
    /// The user was not verified; nothing was signed.
    #[error("the user was not verified: {reason}")]
    NotVerified {
        /// What happened.
        reason: String,
        /// Whether the user closed the prompt.
        cancelled: bool,
    },
    /// The call was cancelled by the app.
    #[error("cancelled")]
    Cancelled,
}

/// A refusal of the server, RFC 9457.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What went wrong.
    pub code: ProblemCode,
    /// What happened and what to do, for people.
    pub detail: String,
    /// Attempts before the lock.
    pub attempts_left: Option<u32>,
    /// Seconds to wait.
    pub retry_after: Option<u64>,
    /// What the server says about single fields, each by its path in the request, such as `admin_email`. Show each
    /// beside its input; empty where the refusal is about the whole request.
    pub fields: Vec<FieldProblem>,
    /// Finds the request in the server's log.
    pub correlation_id: Option<CorrelationId>,
}

/// What the app should offer its user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserAction {
    /// Correct the input.
    CorrectInput,
    /// Try the same again, at once or after the time that the error names.
    TryAgain,
    /// Sign in again.
    SignIn,
    /// Choose another method or begin the login again.
    StartOver,
    /// Unlock the device or the vault.
    Unlock,
    /// Enrol this device again.
    Enrol,
    /// Nothing the user can do: tell an administrator or the developer, with the correlation id.
    ContactSupport,
}

impl Error {
    /// Whether the same call may succeed when it is made again later.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Offline { .. } | Self::Interrupted { .. } => true,
            Self::Refused(refusal) => matches!(
                refusal.code,
                ProblemCode::TooManyRequests
                    | ProblemCode::AccountLocked
                    | ProblemCode::Unavailable
                    | ProblemCode::Timeout
            ),
            _ => false,
        }
    }

    /// What to offer the user.
    pub fn user_action(&self) -> UserAction {
        match self {
            Self::InvalidInput { .. } | Self::WrongPassphrase => UserAction::CorrectInput,
            Self::Offline { .. } | Self::Interrupted { .. } | Self::Cancelled | Self::NotVerified { .. } => {
                UserAction::TryAgain
            }
            Self::SessionEnded { .. } => UserAction::SignIn,
            Self::InvalidTransition { .. } | Self::RequestClosed { .. } => UserAction::StartOver,
            Self::Locked { .. } => UserAction::Unlock,
            Self::Untrusted { .. } | Self::UnexpectedAnswer { .. } | Self::NotAuthentic { .. } => {
                UserAction::ContactSupport
            }
            Self::Damaged { .. } | Self::Device { .. } => UserAction::ContactSupport,
            Self::Refused(refusal) => refusal.user_action(),
        }
    }

    /// Finds the request in the server's log, where the error came from a server.
    pub fn correlation_id(&self) -> Option<&CorrelationId> {
        match self {
            Self::Refused(refusal) => refusal.correlation_id.as_ref(),
            Self::UnexpectedAnswer { correlation_id, .. } => correlation_id.as_ref(),
            _ => None,
        }
    }
}

impl Refusal {
    fn user_action(&self) -> UserAction {
        use ProblemCode as Code;
        match self.code {
            Code::InvalidRequest | Code::InvalidCredentials | Code::WrongCode => UserAction::CorrectInput,
            Code::TooManyRequests | Code::AccountLocked | Code::Unavailable | Code::Timeout => {
                UserAction::TryAgain
            }
            Code::Unauthenticated | Code::InvalidToken | Code::SessionEnded => UserAction::SignIn,
            Code::LoginNotFound
            | Code::LoginExpired
            | Code::LoginState
            | Code::MethodNotAvailable
            | Code::ChallengeNotFound
            | Code::ChallengeClosed
            | Code::WrongNumber
            | Code::InvalidLink => UserAction::StartOver,
            Code::InvalidTicket | Code::EnrolmentNotFound => UserAction::Enrol,
            _ => UserAction::ContactSupport,
        }
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        match (problem.code, problem.state) {
            (ProblemCode::SessionEnded, _) => Self::SessionEnded { reason: problem.reason },
            (ProblemCode::ChallengeClosed, Some(state)) => Self::RequestClosed { state },
            _ => Self::Refused(Box::new(Refusal {
                code: problem.code,
                detail: problem.detail,
                attempts_left: problem.attempts_left,
                retry_after: problem.retry_after,
                fields: problem.fields,
                correlation_id: problem.correlation_id,
            })),
        }
    }
}

impl From<InvalidField> for Error {
    fn from(error: InvalidField) -> Self {
        Self::InvalidInput {
            field: error.field.to_owned(),
            problem: error.problem.to_owned(),
            fix: error.fix.to_owned(),
        }
    }
}

impl From<HttpError> for Error {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Unreachable { reason } => Self::Offline { reason },
            HttpError::Interrupted { reason } => Self::Interrupted { reason },
            HttpError::TimedOut => Self::Interrupted { reason: "no answer in time".to_owned() },
            HttpError::Untrusted { reason } => Self::Untrusted { reason },
            HttpError::TooLong { .. } => {
                Self::UnexpectedAnswer { reason: error.to_string(), correlation_id: None }
            }
        }
    }
}

impl From<StorageError> for Error {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Locked { reason } => Self::Locked { reason },
            StorageError::Damaged { .. } => Self::Damaged { reason: error.to_string() },
            StorageError::Unsupported { .. } | StorageError::Broken { .. } => {
                Self::Device { reason: error.to_string() }
            }
        }
    }
}

impl From<SignerError> for Error {
    fn from(error: SignerError) -> Self {
        match error {
            SignerError::Locked { reason } => Self::Locked { reason },
            SignerError::Exists | SignerError::Missing | SignerError::Broken { .. } => {
                Self::Device { reason: error.to_string() }
            }
        }
    }
}

impl From<RandomError> for Error {
    fn from(error: RandomError) -> Self {
        Self::Device { reason: error.to_string() }
    }
}

impl From<VerifierError> for Error {
    fn from(error: VerifierError) -> Self {
        let cancelled = error == VerifierError::Cancelled;
        Self::NotVerified { reason: error.to_string(), cancelled }
    }
}
