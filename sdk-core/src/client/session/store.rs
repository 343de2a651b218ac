//! The refresh token at rest. The access token is not kept: it lives for minutes, and with it the entry would
//! outgrow what some keyrings hold.

use std::sync::Arc;

use countersign_protocol::{
    Secret,
    fields::{Email, OpaqueToken, ServerUrl},
    ids::SessionId,
};
use serde::{Deserialize, Serialize};

use crate::{
    Error,
    crypto::digest::sha256_base64url,
    ports::{SecureStorage, StorageError, blocking},
};

const VERSION: u32 = 1;

/// Where the session of one user with one server is kept.
#[derive(Clone)]
pub(super) struct SessionStore {
    storage: Arc<dyn SecureStorage>,
    entry: String,
}

/// What is kept.
#[derive(Serialize, Deserialize)]
pub(super) struct Record {
    version: u32,
    /// The session.
    pub(super) session_id: SessionId,
    /// The latest refresh token.
    refresh_token: Secret<String>,
    /// Thumbprint of the device key that the token is bound to.
    pub(super) jkt: String,
}

/// The session could not be kept or read. What was kept before is still there.
#[derive(Debug, thiserror::Error)]
pub(super) enum SessionStoreError {
    /// Secure storage did not do it.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The entry is damaged.
    #[error("the stored session cannot be read; sign in again")]
    Unreadable(#[source] serde_json::Error),
    /// The entry was written by another version of the SDK.
    #[error("the stored session is of version {0}; update the app, or sign in again")]
    Version(u32),
    /// The record has no JSON form.
    #[error("the session cannot be written")]
    Unwritable(#[source] serde_json::Error),
    /// The runtime shut down.
    #[error("the app is shutting down")]
    ShutDown,
}

impl Record {
    pub(super) fn new(session_id: SessionId, refresh_token: &OpaqueToken, jkt: String) -> Self {
        // EXPOSE: kept in secure storage, and wiped with the record.
        let refresh_token = Secret::new(refresh_token.expose().to_owned());
        Self { version: VERSION, session_id, refresh_token, jkt }
    }

    pub(super) fn refresh_token(&self) -> Result<OpaqueToken, Error> {
        // EXPOSE: checked again on its way back into a token.
        let token = self.refresh_token.expose().parse();
        token.map_err(|_| Error::Damaged { reason: "the stored refresh token is not one".to_owned() })
    }
}

impl SessionStore {
    /// The place is `session.` and the first 16 characters of base64url(SHA-256(server, zero byte, canonical
    /// address)).
    pub(super) fn new(storage: Arc<dyn SecureStorage>, server: &ServerUrl, user: &Email) -> Self {
        let mut tag = sha256_base64url(format!("{server}\0{}", user.canonical()).as_bytes());
        tag.truncate(16);
        Self { storage, entry: format!("session.{tag}") }
    }

    pub(super) async fn load(&self) -> Result<Option<Record>, SessionStoreError> {
        self.run(|store| {
            let Some(text) = store.storage.get(&store.entry)?.map(Secret::new) else { return Ok(None) };
            // EXPOSE: read into the record, whose token is a secret again.
            let record: Record =
                serde_json::from_str(text.expose()).map_err(SessionStoreError::Unreadable)?;
            match record.version {
                VERSION => Ok(Some(record)),
                other => Err(SessionStoreError::Version(other)),
            }
        })
        .await
    }

    /// Durable when this returns.
    pub(super) async fn save(&self, record: Record) -> Result<(), SessionStoreError> {
        self.run(move |store| {
            let text = serde_json::to_string(&record).map_err(SessionStoreError::Unwritable)?;
            // EXPOSE: secure storage is where it belongs.
            Ok(store.storage.set(&store.entry, Secret::new(text).expose())?)
        })
        .await
    }

    pub(super) async fn remove(&self) -> Result<(), SessionStoreError> {
        self.run(|store| Ok(store.storage.remove(&store.entry)?)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, SessionStoreError> + Send + 'static,
    ) -> Result<T, SessionStoreError> {
        let store = self.clone();
        blocking(|| SessionStoreError::ShutDown, move || work(&store)).await
    }
}

impl From<SessionStoreError> for Error {
    fn from(error: SessionStoreError) -> Self {
        let reason = error.to_string();
        match error {
            SessionStoreError::Storage(error) => error.into(),
            SessionStoreError::Unreadable(_) | SessionStoreError::Version(_) => Self::Damaged { reason },
            SessionStoreError::Unwritable(_) => Self::Device { reason },
            SessionStoreError::ShutDown => Self::Cancelled,
        }
    }
}
