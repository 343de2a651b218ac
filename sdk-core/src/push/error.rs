use countersign_protocol::{InvalidField, push::ChallengeState};

use crate::{
    Error,
    crypto::CryptoError,
    ports::{RandomError, SignerError, StorageError},
};

/// What can go wrong inside push approval, network and person aside.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PushError {
    #[error("the server's enrolment root is not the one that the enrolment link names")]
    WrongRoot,
    #[error("the {message} is not what it should be: {source}")]
    NotBelieved {
        message: &'static str,
        #[source]
        source: CryptoError,
    },
    #[error("the {message} has a {member} that does not belong here")]
    Foreign { message: &'static str, member: &'static str },
    #[error("the {message} has a {member} that cannot be used: {problem}")]
    Unusable { message: &'static str, member: &'static str, problem: &'static str },
    #[error("the server's key set went back from version {known} to {offered}")]
    RolledBack { known: u64, offered: u64 },
    #[error("version {version} of the server's key set came with other keys than before")]
    KeysChanged { version: u64 },
    #[error("the request is signed by a key that is not in the server's key set")]
    UnknownKey,
    #[error("the request ran out of time")]
    Expired,
    #[error("the entry {entry} is damaged: {problem}")]
    Damaged { entry: String, problem: String },
    #[error("the entry {entry} was written by a newer version; update the app")]
    NewerEntry { entry: String },
    #[error("a value is longer than the {limit} bytes that secure storage can hold")]
    TooLong { limit: usize },
    #[error("this device does not have that enrolment")]
    NotEnrolled,
    #[error("this device has {limit} enrolments already")]
    TooMany { limit: usize },
    #[error("the app shut down before the step was finished")]
    ShutDown,
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Signer(#[from] SignerError),
    #[error(transparent)]
    Random(#[from] RandomError),
    #[error(transparent)]
    Field(#[from] InvalidField),
}

impl From<PushError> for Error {
    fn from(error: PushError) -> Self {
        let reason = error.to_string();
        match error {
            // A good signature over what this version cannot read: the server is newer, not false.
            PushError::NotBelieved {
                source: CryptoError::NotUnderstood | CryptoError::Claims(_), ..
            } => Self::UnexpectedAnswer { reason, correlation_id: None },
            PushError::WrongRoot
            | PushError::NotBelieved { .. }
            | PushError::Foreign { .. }
            | PushError::RolledBack { .. }
            | PushError::KeysChanged { .. }
            | PushError::UnknownKey => Self::NotAuthentic { reason },
            PushError::Unusable { .. } | PushError::TooLong { .. } => {
                Self::UnexpectedAnswer { reason, correlation_id: None }
            }
            PushError::Expired => Self::RequestClosed { state: ChallengeState::Expired },
            PushError::Damaged { .. } | PushError::NewerEntry { .. } => Self::Damaged { reason },
            PushError::NotEnrolled => {
                InvalidField::new("enrolment_id", "is not enrolled on this device", "enrol the device first")
                    .into()
            }
            PushError::TooMany { .. } => {
                InvalidField::new("uri", "would be one enrolment too many", "remove one that is not in use")
                    .into()
            }
            PushError::ShutDown => Self::Cancelled,
            PushError::Crypto(error) => error.into(),
            PushError::Storage(error) => error.into(),
            PushError::Signer(error) => error.into(),
            PushError::Random(error) => error.into(),
            PushError::Field(error) => error.into(),
        }
    }
}
