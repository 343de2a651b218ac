use std::{path::PathBuf, sync::Arc};

use countersign::{
    crypto::kdf::Argon2Cost,
    ports::{Clock, DeviceSignals, Files, Http, LogSink, Random, SecureStorage},
    protocol::Secret,
};

use crate::ipc;

/// What the desk needs from the world: the ports of the SDK, and those of a desktop.
#[derive(Clone)]
pub struct DeskPorts {
    /// Where vault, settings and sealed entries are kept. It is there already.
    pub folder: PathBuf,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Unpredictable bytes.
    pub random: Arc<dyn Random>,
    /// The network.
    pub http: Arc<dyn Http>,
    /// What is known of the device.
    pub signals: Arc<dyn DeviceSignals>,
    /// Where log lines go.
    pub log: Arc<dyn LogSink>,
    /// Settings are small whole files.
    pub files: Arc<dyn Files>,
    /// The keyring of the operating system, if there is one.
    pub keyring: Arc<dyn Keyring>,
    /// The clipboard.
    pub clipboard: Arc<dyn Clipboard>,
    /// Who wants to know what has changed.
    pub notify: Arc<dyn Notify>,
    /// What a passphrase costs to try.
    pub cost: Argon2Cost,
}

/// The keyring of the operating system. Both calls may block.
pub trait Keyring: Send + Sync {
    /// Whether it can be used now.
    fn probe(&self) -> ipc::Keyring;

    /// The entries of this app. Each call says for itself when the keyring does not answer.
    fn storage(&self) -> Arc<dyn SecureStorage>;
}

/// The clipboard. All calls may block.
pub trait Clipboard: Send + Sync {
    /// The text on it, if it is text.
    ///
    /// # Errors
    /// [`ClipboardError`].
    fn text(&self) -> Result<Option<Secret<String>>, ClipboardError>;

    /// The picture on it, as PNG, if it is a picture.
    ///
    /// # Errors
    /// [`ClipboardError`].
    fn image(&self) -> Result<Option<Vec<u8>>, ClipboardError>;

    /// Puts a text on it, kept out of histories where the system can do that.
    ///
    /// # Errors
    /// [`ClipboardError`].
    fn put(&self, text: &str) -> Result<(), ClipboardError>;

    /// Empties it.
    ///
    /// # Errors
    /// [`ClipboardError`].
    fn clear(&self) -> Result<(), ClipboardError>;
}

/// The clipboard did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the clipboard did not answer: {reason}")]
pub struct ClipboardError {
    /// What the system said.
    pub reason: String,
}

/// Who is told what has changed. Calls return at once.
pub trait Notify: Send + Sync {
    /// That part is to be read again.
    fn changed(&self, topic: ipc::Topic);

    /// A sign-in waits that did not wait before.
    fn arrived(&self, approval: &ipc::Approval);
}
