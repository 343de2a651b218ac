use countersign_protocol::{InvalidField, Problem, fields::CorrelationId};

use crate::{
    Error,
    crypto::CryptoError,
    ports::{HttpError, RandomError},
};

/// Why a call has no usable answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum TransportError {
    /// No whole answer arrived.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The server said no.
    #[error("{}", .0.detail)]
    Problem(Box<Problem>),
    /// Something between here and the server answered in its place. The server may have acted.
    #[error("a gateway answered {status}")]
    Gateway {
        /// Its status: 502, 503 or 504.
        status: u16,
        /// Seconds that it asks to wait.
        retry_after: Option<u64>,
    },
    /// The answer is not what the protocol says.
    #[error("{0}")]
    Unexpected(String),
    /// The proof could not be signed.
    #[error(transparent)]
    Proof(#[from] CryptoError),
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The body cannot be written as JSON.
    #[error("the request cannot be written as JSON: {0}")]
    Body(#[source] serde_json::Error),
    /// A value that is made here does not fit its type.
    #[error(transparent)]
    Field(#[from] InvalidField),
    /// The runtime shut down.
    #[error("the runtime shut down")]
    ShutDown,
}

impl TransportError {
    /// The public error; `correlation_id` is the one that the request carried, if one was made.
    pub(super) fn public(self, correlation_id: Option<&CorrelationId>) -> Error {
        let unexpected = |reason| Error::UnexpectedAnswer { reason, correlation_id: correlation_id.cloned() };
        match self {
            Self::Http(HttpError::TooLong { limit }) => unexpected(HttpError::TooLong { limit }.to_string()),
            Self::Http(error) => error.into(),
            Self::Problem(mut problem) => {
                problem.correlation_id = problem.correlation_id.or_else(|| correlation_id.cloned());
                Error::from(*problem)
            }
            Self::Gateway { .. } => Error::Interrupted { reason: self.to_string() },
            Self::Unexpected(reason) => unexpected(reason),
            Self::Proof(error) => error.into(),
            Self::Random(error) => error.into(),
            Self::Field(error) => error.into(),
            Self::Body(_) => Error::Device { reason: self.to_string() },
            Self::ShutDown => Error::Cancelled,
        }
    }
}
