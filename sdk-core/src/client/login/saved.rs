//! A login as bytes that outlive the app.
//!
//! One byte of version, then the state as JSON, sealed under a key that stays in secure storage. Version and server
//! are bound to the seal, so bytes of another server, device or version do not open.

use countersign_protocol::{
    Secret,
    fields::{Email, IdempotencyKey, ServerUrl},
    login::{MfaRequired, Pending},
};
use serde::{Deserialize, Serialize};

use super::{
    LoginState, MfaRequiredStep, PendingStep, UnansweredStep,
    enter::{Caller, Login},
    unanswered::Proof,
};
use crate::{
    Error,
    client::Client,
    crypto::{CryptoError, seal::SealKey},
    device::server_tag,
    ports::{Ports, StorageError, blocking},
};

const VERSION: u8 = 1;

/// The state that is sealed.
#[derive(Serialize, Deserialize)]
struct SavedLogin {
    email: Email,
    /// Thumbprint of the device key that carries the login.
    jkt: String,
    required: MfaRequired,
    step: SavedStep,
}

/// What differs between the states.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SavedStep {
    MfaRequired,
    Unanswered { proof: Proof, key: IdempotencyKey },
    Pending { pending: Pending, collect: IdempotencyKey },
}

/// The login was not saved or not restored.
#[derive(Debug, thiserror::Error)]
enum SavedLoginError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error("the key that seals logins is damaged; sign in again")]
    KeyDamaged,
    #[error("the login was saved on another device, or the device was reset; sign in again")]
    OtherDevice,
    #[error("the login was saved by another version of the app; sign in again")]
    OtherVersion,
    #[error("the saved login is damaged, or belongs to another server; sign in again")]
    Unopenable(#[source] CryptoError),
    #[error("the saved login cannot be read; sign in again")]
    Unreadable(#[source] serde_json::Error),
    #[error(transparent)]
    Crypto(CryptoError),
    #[error("the login cannot be written")]
    Unwritable(#[source] serde_json::Error),
    #[error("the app is shutting down")]
    ShutDown,
}

impl Client {
    /// Brings a saved login back. Nothing is sent: a step whose answer is not known is sent again by
    /// [`UnansweredStep::send`].
    ///
    /// # Errors
    /// [`Error::Damaged`] when the bytes are not whole, or were saved on another device, for another server, or by
    /// another version. [`Error::Locked`] or [`Error::Device`] when secure storage does not answer.
    pub async fn restore_login(&self, bytes: &[u8]) -> Result<LoginState, Error> {
        let saved = open(self.server().clone(), self.ports().clone(), bytes.to_owned()).await?;
        let device = self.device().await?;
        if saved.jkt != device.thumbprint() {
            return Err(SavedLoginError::OtherDevice.into());
        }
        let caller = Caller { client: self.clone(), device, email: saved.email };
        let login = Login { caller, required: saved.required };
        Ok(match saved.step {
            SavedStep::MfaRequired => LoginState::MfaRequired(MfaRequiredStep::new(login)),
            SavedStep::Unanswered { proof, key } => {
                LoginState::Unanswered(UnansweredStep::new(login, proof, key))
            }
            SavedStep::Pending { pending, collect } => {
                LoginState::Pending(PendingStep::new(login, pending, collect))
            }
        })
    }
}

pub(super) async fn seal(login: &Login, step: SavedStep) -> Result<Vec<u8>, Error> {
    let Caller { client, device, email } = &login.caller;
    let saved =
        SavedLogin { email: email.clone(), jkt: device.thumbprint(), required: login.required.clone(), step };
    let (server, ports) = (client.server().clone(), client.ports().clone());
    let sealed = blocking(
        || SavedLoginError::ShutDown,
        move || {
            let key = match stored_key(&server, &ports)? {
                Some(key) => key,
                None => make_key(&server, &ports)?,
            };
            let plain = Secret::new(serde_json::to_vec(&saved).map_err(SavedLoginError::Unwritable)?);
            // EXPOSE: sealed here.
            let sealed = key.seal(&*ports.random, &bound_to(&server), plain.expose());
            Ok([&[VERSION][..], &sealed.map_err(SavedLoginError::Crypto)?].concat())
        },
    );
    Ok(sealed.await?)
}

async fn open(server: ServerUrl, ports: Ports, bytes: Vec<u8>) -> Result<SavedLogin, SavedLoginError> {
    blocking(
        || SavedLoginError::ShutDown,
        move || {
            let Some((&VERSION, sealed)) = bytes.split_first() else {
                return Err(SavedLoginError::OtherVersion);
            };
            let key = stored_key(&server, &ports)?.ok_or(SavedLoginError::OtherDevice)?;
            let plain = key.open(&bound_to(&server), sealed).map_err(SavedLoginError::Unopenable)?;
            // EXPOSE: read into types that keep their secrets.
            serde_json::from_slice(plain.expose()).map_err(SavedLoginError::Unreadable)
        },
    )
    .await
}

fn bound_to(server: &ServerUrl) -> Vec<u8> {
    format!("countersign-login-v{VERSION}\0{server}").into_bytes()
}

fn entry(server: &ServerUrl) -> String {
    format!("login-seal.{}", server_tag(server))
}

fn stored_key(server: &ServerUrl, ports: &Ports) -> Result<Option<SealKey>, SavedLoginError> {
    let Some(text) = ports.storage.get(&entry(server))?.map(Secret::new) else { return Ok(None) };
    SealKey::from_text(&text).map(Some).ok_or(SavedLoginError::KeyDamaged)
}

fn make_key(server: &ServerUrl, ports: &Ports) -> Result<SealKey, SavedLoginError> {
    let key = SealKey::generate(&*ports.random).map_err(|error| SavedLoginError::Crypto(error.into()))?;
    // EXPOSE: secure storage is where it stays.
    ports.storage.set(&entry(server), key.to_text().expose())?;
    Ok(key)
}

impl From<SavedLoginError> for Error {
    fn from(error: SavedLoginError) -> Self {
        let reason = error.to_string();
        match error {
            SavedLoginError::Storage(error) => error.into(),
            SavedLoginError::Crypto(error) => error.into(),
            SavedLoginError::KeyDamaged
            | SavedLoginError::OtherDevice
            | SavedLoginError::OtherVersion
            | SavedLoginError::Unopenable(_)
            | SavedLoginError::Unreadable(_) => Self::Damaged { reason },
            SavedLoginError::Unwritable(_) => Self::Device { reason },
            SavedLoginError::ShutDown => Self::Cancelled,
        }
    }
}
