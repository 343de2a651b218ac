use countersign_protocol::InvalidField;

use crate::{
    Error,
    ports::{RandomError, SignerError},
};

/// Why something was not signed, not believed, not opened or not derived.
#[derive(Debug, thiserror::Error)]
pub enum CryptoError {
    /// The signer could not do it.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// There is no randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The coordinates are not those of a point on P-256.
    #[error("the public key is not a point on P-256")]
    InvalidKey,
    /// Not a JWS in compact form.
    #[error("the message is not a signed message: {0}")]
    Malformed(#[from] InvalidField),
    /// The header is not JSON of the expected form.
    #[error("the message's header cannot be read: {0}")]
    Header(#[source] serde_json::Error),
    /// Signed with `none`, a shared secret or another curve.
    #[error("the message is not signed with ES256")]
    WrongAlgorithm,
    /// Another kind of message than was asked for.
    #[error("the message is not of the type {expected}")]
    WrongType {
        /// The `typ` that was asked for.
        expected: String,
    },
    /// Another version, or a critical header parameter that means nothing to this SDK.
    #[error("the message is of a version that is not understood; update the app")]
    NotUnderstood,
    /// The signature is not one by this key over this message.
    #[error("the signature does not fit the message")]
    InvalidSignature,
    /// The signature is good but the claims are not of the expected form.
    #[error("the message's claims cannot be read: {0}")]
    Claims(#[source] serde_json::Error),
    /// A header or claims that have no JSON form.
    #[error("the message cannot be written: {0}")]
    Unwritable(#[source] serde_json::Error),
    /// The sealed bytes were changed, moved to another place, or sealed under another key.
    #[error("the sealed bytes do not open: they were changed or moved, or the key is another")]
    Unopenable,
    /// More than AES-GCM can seal at once, 64 GiB.
    #[error("there is too much to seal at once")]
    TooLong,
    /// A cost of key derivation outside of what this SDK will pay.
    #[error("the key derivation asks for {problem}; choose 8 KiB to 1 GiB, 1 to 64 passes, 1 to 16 lanes")]
    CostOutOfRange {
        /// Which part, such as "more than 1 GiB of memory".
        problem: &'static str,
    },
    /// The key derivation had no memory or was given a salt that is too short.
    #[error("the key could not be derived: {0}")]
    Derivation(#[source] argon2::Error),
}

impl From<CryptoError> for Error {
    fn from(error: CryptoError) -> Self {
        let reason = error.to_string();
        match error {
            CryptoError::Signer(source) => source.into(),
            CryptoError::Random(source) => source.into(),
            CryptoError::InvalidKey
            | CryptoError::Malformed(_)
            | CryptoError::Header(_)
            | CryptoError::WrongAlgorithm
            | CryptoError::WrongType { .. }
            | CryptoError::InvalidSignature => Self::NotAuthentic { reason },
            CryptoError::NotUnderstood | CryptoError::Claims(_) => {
                Self::UnexpectedAnswer { reason, correlation_id: None }
            }
            CryptoError::Unopenable | CryptoError::CostOutOfRange { .. } => Self::Damaged { reason },
            CryptoError::Unwritable(_) | CryptoError::TooLong | CryptoError::Derivation(_) => {
                Self::Device { reason }
            }
        }
    }
}
