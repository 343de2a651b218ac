use std::{io, path::Path};

use countersign::{
    Error,
    client::login::LoginError,
    crypto::CryptoError,
    ports::{HttpError, RandomError, SignerError},
    protocol::InvalidField,
    vault::{UnlockError, VaultError},
};
use countersign_server::{
    config::ConfigError,
    domain::answer::{Fault, Stop},
    random,
    store::StoreError,
};
use x11rb::errors::{ConnectError, ConnectionError, ReplyError, ReplyOrIdError};

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    /// The SDK's own.
    #[error(transparent)]
    Sdk(#[from] Error),
    /// A step of a login.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// The SDK's signatures.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// The SDK's keys.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The SDK's randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The SDK's network.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The vault again.
    #[error(transparent)]
    Unlock(#[from] Box<UnlockError>),
    /// A value of the wrong form.
    #[error(transparent)]
    Field(#[from] InvalidField),
    /// A part of the server, used directly.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The server's database, used directly.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The server's set-up.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The server's randomness.
    #[error(transparent)]
    ServerRandom(#[from] random::RandomError),
    /// A message has no JSON form, or an answer has another.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// A connection of the load driver.
    #[error(transparent)]
    Connection(#[from] hyper::Error),
    /// A request that cannot be sent.
    #[error(transparent)]
    Request(#[from] hyper::http::Error),
    /// A socket or a process.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The display does not take the connection.
    #[error(transparent)]
    Display(#[from] ConnectError),
    /// The connection to the display.
    #[error(transparent)]
    DisplayConnection(#[from] ConnectionError),
    /// What the display does not do.
    #[error(transparent)]
    DisplayRequest(#[from] ReplyError),
    /// The display has no names left.
    #[error(transparent)]
    DisplayId(#[from] ReplyOrIdError),
    /// A file.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// Something else happened than what is to be measured.
    #[error("{0}")]
    Surprise(String),
}

impl BenchError {
    pub(crate) fn surprise(what: impl Into<String>) -> Self {
        Self::Surprise(what.into())
    }

    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File { path: path.display().to_string(), source }
    }
}

impl From<Stop> for BenchError {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Refused(problem) => Self::Surprise(format!("the server refused: {problem:?}")),
            Stop::Fault(fault) => Self::Fault(fault),
        }
    }
}
