use std::{io, path::PathBuf};

use countersign::{
    Error,
    client::login::LoginError,
    otp::OtpUriError,
    ports::{FilesError, HttpError, StorageError},
    protocol::{InvalidField, ProblemCode},
    trust::TrustError,
    vault::VaultError,
};

/// Why the demo cannot go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoError {
    /// The SDK's own.
    #[error(transparent)]
    Sdk(#[from] Error),
    /// A step of a login; it also holds where the login stands.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// A value of the wrong form.
    #[error(transparent)]
    Field(#[from] InvalidField),
    /// An `otpauth://` URI that cannot be used.
    #[error(transparent)]
    Otp(#[from] OtpUriError),
    /// The kept trust tokens.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The vault of the authenticator.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// What the authenticator keeps beside it.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A file of the authenticator.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// The authenticator's window.
    #[error("{} did not open a window: {reason}; without it: `cargo xtask demo --headless`", program.display())]
    Window { program: PathBuf, reason: String },
    /// The system did not do what was asked.
    #[error("a folder or a program cannot be used: {0}")]
    System(#[from] io::Error),
    /// The control plane of the server cannot be reached.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The report has no JSON form.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// The server's program.
    #[error("{0}")]
    Server(String),
    /// Something else happened than what the step is there to show.
    #[error("{0}")]
    Surprise(String),
}

impl DemoError {
    pub(crate) fn surprise(what: impl Into<String>) -> Self {
        Self::Surprise(what.into())
    }
}

/// Goes on only if this is so. `otherwise` says what was seen instead.
pub(crate) fn ensure(so: bool, otherwise: &str) -> Result<(), DemoError> {
    if so { Ok(()) } else { Err(DemoError::surprise(otherwise)) }
}

/// Goes on only if the server refused, for this reason.
pub(crate) fn ensure_refused<T>(answer: Result<T, Error>, code: ProblemCode) -> Result<(), DemoError> {
    match answer {
        Err(Error::Refused(refusal)) if refusal.code == code => Ok(()),
        Err(error) => Err(DemoError::surprise(format!("refused, but not by `{code}`: {error}"))),
        Ok(_) => Err(DemoError::surprise(format!("the server allowed what it refuses by `{code}`"))),
    }
}
