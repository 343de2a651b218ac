use countersign::{
    Error, Refusal, UserAction,
    crypto::CryptoError,
    otp::OtpUriError,
    ports::{HttpError, RandomError, StorageError},
    protocol::{
        InvalidField, ProblemCode, account::SessionEnd, fields::CorrelationId, problem::FieldProblem,
        push::ChallengeState,
    },
    vault::VaultError,
};

/// What went wrong, by what the caller can do about it.
///
/// Nothing was signed, stored or changed unless the variant says so. `describe`, `retryable` and `user_action` tell
/// for each of them what to show and what to offer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
#[error("{}", self.describe())]
pub enum CountersignError {
    /// A value was refused before anything was done. Show `problem` and `fix` beside the field.
    InvalidInput {
        /// Which value.
        field: String,
        /// What is wrong with it.
        problem: String,
        /// What to give instead.
        fix: String,
    },
    /// The server cannot be reached. Say that the device is offline; try again later.
    Offline {
        /// What the network said.
        reason: String,
    },
    /// The connection broke or timed out after all retries. The call may be repeated: it has the same effect once.
    Interrupted {
        /// What the network said.
        reason: String,
    },
    /// The server's certificate is not trusted. Do not go on; somebody may be listening.
    Untrusted {
        /// What is wrong.
        reason: String,
    },
    /// The server said no, for a reason that it names (RFC 9457).
    Refused {
        /// What went wrong.
        code: ProblemCode,
        /// What happened and what to do, for people.
        detail: String,
        /// Attempts before the lock.
        attempts_left: Option<u32>,
        /// Seconds to wait.
        retry_after: Option<u64>,
        /// What the server says about single fields, each by its path in the request, such as `admin_email`. Show
        /// each beside its input; empty where the refusal is about the whole request.
        fields: Vec<FieldProblem>,
        /// Finds the request in the server's log.
        correlation_id: Option<CorrelationId>,
    },
    /// The session is over. Sign in again.
    SessionEnded {
        /// Why, where the server told.
        reason: Option<SessionEnd>,
    },
    /// The answer is not what the protocol says. Update the app, or tell whoever runs the server.
    UnexpectedAnswer {
        /// What is wrong with it.
        reason: String,
        /// Finds the request in the server's log.
        correlation_id: Option<CorrelationId>,
    },
    /// A signed message is forged, replayed, or for somebody else. It is not shown and not answered.
    NotAuthentic {
        /// What did not fit.
        reason: String,
    },
    /// The request was answered, replaced or ran out of time meanwhile.
    RequestClosed {
        /// How it stands.
        state: ChallengeState,
    },
    /// The step is not possible in the present state, such as a code after the login has finished.
    InvalidTransition {
        /// The state.
        state: String,
        /// The step that was tried.
        step: String,
    },
    /// Secure storage, key store or vault is locked. Ask the user to unlock it.
    Locked {
        /// What is locked.
        reason: String,
    },
    /// The passphrase does not open the vault. Ask again.
    WrongPassphrase,
    /// Stored data is damaged or from a newer version. Nothing was overwritten; restore a backup or update.
    Damaged {
        /// What is wrong.
        reason: String,
    },
    /// Storage, key store, disk or randomness did not work.
    Device {
        /// What the system said.
        reason: String,
    },
    /// The user was not verified; nothing was signed.
    NotVerified {
        /// What happened.
        reason: String,
        /// Whether the user closed the prompt.
        cancelled: bool,
    },
    /// The call was cancelled by the app.
    Cancelled,
}

#[uniffi::export]
impl CountersignError {
    /// What happened and what to do, in one English sentence. Never holds a secret.
    pub fn describe(&self) -> String {
        Error::from(self.clone()).to_string()
    }

    /// Whether the same call may succeed when it is made again later.
    pub fn retryable(&self) -> bool {
        Error::from(self.clone()).retryable()
    }

    /// What to offer the user.
    pub fn user_action(&self) -> UserAction {
        Error::from(self.clone()).user_action()
    }
}

impl From<Error> for CountersignError {
    fn from(error: Error) -> Self {
        match error {
            Error::InvalidInput { field, problem, fix } => Self::InvalidInput { field, problem, fix },
            Error::Offline { reason } => Self::Offline { reason },
            Error::Interrupted { reason } => Self::Interrupted { reason },
            Error::Untrusted { reason } => Self::Untrusted { reason },
            Error::Refused(refusal) => {
                let Refusal { code, detail, attempts_left, retry_after, fields, correlation_id } = *refusal;
                Self::Refused { code, detail, attempts_left, retry_after, fields, correlation_id }
            }
            Error::SessionEnded { reason } => Self::SessionEnded { reason },
            Error::UnexpectedAnswer { reason, correlation_id } => {
                Self::UnexpectedAnswer { reason, correlation_id }
            }
            Error::NotAuthentic { reason } => Self::NotAuthentic { reason },
            Error::RequestClosed { state } => Self::RequestClosed { state },
            Error::InvalidTransition { state, step } => Self::InvalidTransition { state, step },
            Error::Locked { reason } => Self::Locked { reason },
            Error::WrongPassphrase => Self::WrongPassphrase,
            Error::Damaged { reason } => Self::Damaged { reason },
            Error::Device { reason } => Self::Device { reason },
            Error::NotVerified { reason, cancelled } => Self::NotVerified { reason, cancelled },
            Error::Cancelled => Self::Cancelled,
        }
    }
}

/// Back into the core's error, whose judgement counts.
impl From<CountersignError> for Error {
    fn from(error: CountersignError) -> Self {
        use CountersignError as Ffi;
        match error {
            Ffi::InvalidInput { field, problem, fix } => Self::InvalidInput { field, problem, fix },
            Ffi::Offline { reason } => Self::Offline { reason },
            Ffi::Interrupted { reason } => Self::Interrupted { reason },
            Ffi::Untrusted { reason } => Self::Untrusted { reason },
            Ffi::Refused { code, detail, attempts_left, retry_after, fields, correlation_id } => {
                Self::Refused(Box::new(Refusal {
                    code,
                    detail,
                    attempts_left,
                    retry_after,
                    fields,
                    correlation_id,
                }))
            }
            Ffi::SessionEnded { reason } => Self::SessionEnded { reason },
            Ffi::UnexpectedAnswer { reason, correlation_id } => {
                Self::UnexpectedAnswer { reason, correlation_id }
            }
            Ffi::NotAuthentic { reason } => Self::NotAuthentic { reason },
            Ffi::RequestClosed { state } => Self::RequestClosed { state },
            Ffi::InvalidTransition { state, step } => Self::InvalidTransition { state, step },
            Ffi::Locked { reason } => Self::Locked { reason },
            Ffi::WrongPassphrase => Self::WrongPassphrase,
            Ffi::Damaged { reason } => Self::Damaged { reason },
            Ffi::Device { reason } => Self::Device { reason },
            Ffi::NotVerified { reason, cancelled } => Self::NotVerified { reason, cancelled },
            Ffi::Cancelled => Self::Cancelled,
        }
    }
}

/// What the parts of the core fail with crosses as the core's one error.
macro_rules! cross_as_core {
    ($($error:ty),*) => {
        $(impl From<$error> for CountersignError {
            fn from(error: $error) -> Self {
                Error::from(error).into()
            }
        })*
    };
}

cross_as_core!(CryptoError, HttpError, InvalidField, OtpUriError, RandomError, StorageError, VaultError);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn each() -> Vec<Error> {
        let reason = || "it rained".to_owned();
        let correlation_id = || Some("0123456789abcdef".parse().unwrap());
        vec![
            Error::InvalidInput { field: "email".into(), problem: "is empty".into(), fix: "type one".into() },
            Error::Offline { reason: reason() },
            Error::Interrupted { reason: reason() },
            Error::Untrusted { reason: reason() },
            Error::Refused(Box::new(Refusal {
                code: ProblemCode::WrongCode,
                detail: "Try the next code.".into(),
                attempts_left: Some(4),
                retry_after: Some(7),
                fields: vec![FieldProblem { field: "code".into(), problem: "is old".into() }],
                correlation_id: correlation_id(),
            })),
            Error::SessionEnded { reason: Some(SessionEnd::TokenReused) },
            Error::UnexpectedAnswer { reason: reason(), correlation_id: correlation_id() },
            Error::NotAuthentic { reason: reason() },
            Error::RequestClosed { state: ChallengeState::Superseded },
            Error::InvalidTransition { state: "done".into(), step: "send".into() },
            Error::Locked { reason: reason() },
            Error::WrongPassphrase,
            Error::Damaged { reason: reason() },
            Error::Device { reason: reason() },
            Error::NotVerified { reason: reason(), cancelled: true },
            Error::Cancelled,
        ]
    }

    #[test]
    fn nothing_is_lost_on_the_way_out_and_back() {
        for error in each() {
            let crossed = CountersignError::from(error.clone());
            assert_eq!(crossed.to_string(), error.to_string());
            assert_eq!(crossed.describe(), error.to_string());
            assert_eq!(crossed.retryable(), error.retryable());
            assert_eq!(crossed.user_action(), error.user_action());
            assert_eq!(Error::from(crossed), error);
        }
    }
}
