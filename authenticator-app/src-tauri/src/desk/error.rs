use countersign::{
    Error, Refusal,
    ports::FilesError,
    protocol::InvalidField,
    vault::{UnlockError, VaultError},
};

use super::{ports::ClipboardError, settings::SettingsError};
use crate::ipc::IpcError;

/// Why the desk did not do something. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// What the SDK said.
    #[error(transparent)]
    Sdk(#[from] Error),
    /// It takes an open app.
    #[error("the app is locked")]
    Locked,
    /// It takes a vault, and there is none yet.
    #[error("there is no vault yet")]
    NotSetUp,
    /// A vault is made only once.
    #[error("there is a vault already")]
    AlreadySetUp,
    /// The vault is there and cannot be used.
    #[error("the vault cannot be used: {reason}")]
    Damaged {
        /// What is wrong.
        reason: String,
    },
    /// The vault is there and cannot be read now; nothing is wrong with it.
    #[error("the vault cannot be used now: {reason}")]
    Unavailable {
        /// What keeps it.
        reason: String,
    },
    /// The keyring was chosen and does not answer.
    #[error("the keyring does not answer: {reason}")]
    NoKeyring {
        /// What the system said.
        reason: String,
    },
    /// A recovery code is for the day on which nothing else works.
    #[error("this is the only way in but the recovery code")]
    LastWay,
    /// The id names nothing that is there.
    #[error("there is no such {what}")]
    Unknown {
        /// What it would have named.
        what: &'static str,
    },
    /// It was recognised too long ago, or before the app was locked.
    #[error("what was recognised is no longer kept")]
    RecognitionGone,
    /// It holds neither a code nor an enrolment link.
    #[error("nothing was recognised in the {from}")]
    NothingRecognised {
        /// Text, picture or clipboard.
        from: &'static str,
    },
    /// The clipboard did not answer.
    #[error(transparent)]
    Clipboard(#[from] ClipboardError),
    /// The settings were not kept.
    #[error(transparent)]
    Settings(#[from] SettingsError),
}

impl From<VaultError> for DeskError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::LastKey => Self::LastWay,
            error => Self::Sdk(error.into()),
        }
    }
}

impl From<Box<UnlockError>> for DeskError {
    fn from(error: Box<UnlockError>) -> Self {
        Self::Sdk(error.into())
    }
}

impl From<FilesError> for DeskError {
    fn from(error: FilesError) -> Self {
        Self::Sdk(Error::Device { reason: error.to_string() })
    }
}

impl From<InvalidField> for DeskError {
    fn from(error: InvalidField) -> Self {
        Self::Sdk(error.into())
    }
}

impl From<DeskError> for IpcError {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::Sdk(error) => of_sdk(error),
            DeskError::Locked => told("locked", "The app is locked", "Unlock it, then do this again."),
            DeskError::NotSetUp => {
                told("not_set_up", "Nothing is set up yet", "Choose how to lock the app first.")
            }
            DeskError::AlreadySetUp => told(
                "already_set_up",
                "The app is set up already",
                "What you have was kept. Unlock it instead.",
            ),
            DeskError::Damaged { reason } => damaged(&reason),
            DeskError::Unavailable { reason } => IpcError {
                retryable: true,
                ..told(
                    "unavailable",
                    "The vault cannot be read now",
                    &format!(
                        "Nothing was lost and nothing was changed. Try again when this is over: {reason}."
                    ),
                )
            },
            DeskError::NoKeyring { reason } => told(
                "no_keyring",
                "The keyring does not answer",
                &format!(
                    "Nothing was changed. Unlock the keyring, or use another way in. The system said: {reason}."
                ),
            ),
            DeskError::LastWay => told(
                "last_way",
                "This is the only way in but the recovery code",
                "Nothing was changed. Set a passphrase first.",
            ),
            DeskError::Unknown { what } => {
                told("unknown", &format!("That {what} is no longer there"), "Look at the list again.")
            }
            DeskError::RecognitionGone => {
                told("recognition_gone", "This was kept for ten minutes only", "Add it again from the start.")
            }
            DeskError::NothingRecognised { from } => told(
                "nothing_recognised",
                &format!("There is no code and no link in this {from}"),
                "Use the QR code or the link that the site shows when you set up sign-in by code or approval.",
            ),
            DeskError::Clipboard(ClipboardError { reason }) => told(
                "clipboard",
                "The clipboard does not answer",
                &format!("Nothing was copied. Try again. The system said: {reason}."),
            ),
            DeskError::Settings(error) => of_settings(&error),
        }
    }
}

fn of_settings(error: &SettingsError) -> IpcError {
    match error {
        SettingsError::OutOfRange(field) => of_sdk(field.clone().into()),
        SettingsError::NotWritable(_) | SettingsError::NotKept(_) => told(
            "settings",
            "The settings were not kept",
            &format!("They are as they were. Look whether the disk is full: {error}."),
        ),
    }
}

fn of_sdk(error: Error) -> IpcError {
    let retryable = error.retryable();
    let reason = error.to_string();
    let told = match error {
        Error::InvalidInput { field, problem, fix } => IpcError {
            field: Some(field.clone()),
            ..told("input", &format!("The {} {problem}", field.replace('_', " ")), &sentence(&fix))
        },
        Error::Offline { .. } => told(
            "offline",
            "The server cannot be reached",
            "Nothing was lost. Try again when this device is online.",
        ),
        Error::Interrupted { .. } => {
            told("no_answer", "No answer arrived", "The server may have taken it. Try again: it counts once.")
        }
        Error::Untrusted { reason } => told(
            "untrusted",
            "The server's certificate is not trusted",
            &format!("Nothing was sent, as somebody may be listening. The certificate: {reason}."),
        ),
        Error::Refused(refusal) => of_refusal(&refusal),
        Error::NotAuthentic { reason } => told(
            "not_authentic",
            "This is not from the server it names",
            &format!("It was not used and not answered. Tell whoever runs the server: {reason}."),
        ),
        Error::UnexpectedAnswer { reason, .. } => told(
            "unexpected_answer",
            "The server's answer cannot be used",
            &format!("Nothing was changed here. Update the app, or tell whoever runs the server: {reason}."),
        ),
        Error::RequestClosed { .. } => {
            told("closed", "This sign-in does not wait any more", "It was answered, or it ran out of time.")
        }
        Error::Locked { reason } => told(
            "keyring_locked",
            "The keyring is locked",
            &format!("Nothing was changed. Unlock the keyring, then try again. The system said: {reason}."),
        ),
        Error::WrongPassphrase => IpcError {
            field: Some("passphrase".to_owned()),
            ..told(
                "wrong_passphrase",
                "That passphrase does not open the vault",
                "Nothing was changed. Try again, or use the recovery code.",
            )
        },
        Error::Damaged { reason } => damaged(&reason),
        Error::Device { reason } => told(
            "device",
            "This device could not do it",
            &format!("Nothing was changed. Look whether the disk is full. The system said: {reason}."),
        ),
        Error::NotVerified { .. } => told(
            "not_verified",
            "This sign-in asks for more than this device can prove",
            "Approve it on a device with fingerprint or face, or sign in by another method.",
        ),
        _ => told("other", "This was not done", &sentence(&reason)),
    };
    IpcError { retryable, ..told }
}

fn of_refusal(refusal: &Refusal) -> IpcError {
    IpcError {
        retry_after: refusal.retry_after,
        attempts_left: refusal.attempts_left,
        ..told(&refusal.code.to_string(), "The server said no", &sentence(&refusal.detail))
    }
}

fn damaged(reason: &str) -> IpcError {
    told(
        "damaged",
        "What is kept here cannot be read",
        &format!("Nothing was overwritten. Restore a backup, or update the app: {reason}."),
    )
}

fn told(code: &str, title: &str, detail: &str) -> IpcError {
    IpcError {
        code: code.to_owned(),
        title: title.to_owned(),
        detail: detail.to_owned(),
        retryable: false,
        retry_after: None,
        attempts_left: None,
        field: None,
    }
}

/// The text with a capital at its beginning and a full stop at its end.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let capital = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let end = if text.ends_with(['.', '?']) { "" } else { "." };
    format!("{capital}{}{end}", letters.as_str())
}
