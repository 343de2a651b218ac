//! The refresh token at rest. The access token is not kept: it lives for minutes, and with it the entry would
//! outgrow what some keyrings hold.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use countersign_protocol::{
    Secret,
    fields::{Email, OpaqueToken},
    ids::SessionId,
};
use serde::{Deserialize, Serialize};

use crate::{
    Error,
    client::Client,
    crypto::digest::sha256_base64url,
    lock::locked,
    ports::{SecureStorage, StorageError, blocking},
};

const VERSION: u32 = 1;

/// The places in which a client keeps sessions, by the name of their entry: one for each user.
#[derive(Default)]
pub(in crate::client) struct Places(Mutex<HashMap<String, Arc<Place>>>);

/// What all objects share that keep a session in one entry.
#[derive(Default)]
struct Place {
    /// Held from reading a refresh token until its successor is kept.
    refreshing: tokio::sync::Mutex<()>,
    /// Held while the entry is written, together with the look at what is there.
    writing: Mutex<()>,
}

/// Where the session of one user with one server is kept.
#[derive(Clone)]
pub(super) struct SessionStore {
    storage: Arc<dyn SecureStorage>,
    entry: String,
    place: Arc<Place>,
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

    fn is(&self, other: &Self) -> bool {
        // EXPOSE: compared with a token from the same place, in this process.
        self.session_id == other.session_id && self.refresh_token.expose() == other.refresh_token.expose()
    }
}

impl SessionStore {
    /// The place is `session.` and the first 16 characters of base64url(SHA-256(server, zero byte, canonical
    /// address)).
    pub(super) fn new(client: &Client, user: &Email) -> Self {
        let mut tag = sha256_base64url(format!("{}\0{}", client.server(), user.canonical()).as_bytes());
        tag.truncate(16);
        let entry = format!("session.{tag}");
        let place = locked(&client.sessions().0).entry(entry.clone()).or_default().clone();
        Self { storage: client.ports().storage.clone(), entry, place }
    }

    /// The turn to refresh. Whoever reads a refresh token has to hold it until the successor is kept: a token that
    /// reaches the server after its successor was used looks like a copy, and ends the session.
    pub(super) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.place.refreshing.lock().await
    }

    pub(super) async fn load(&self) -> Result<Option<Record>, SessionStoreError> {
        self.run(Self::read).await
    }

    /// Keeps a new session, whatever was there. Durable when this returns.
    pub(super) async fn save(&self, record: Record) -> Result<(), SessionStoreError> {
        self.run(move |store| {
            let _writing = locked(&store.place.writing);
            store.write(&record)
        })
        .await
    }

    /// Keeps what a refresh made of `used`, and gives what is kept now. If that is something else than `used`, it is
    /// left: another client or process that shares the storage has gone on, signed out, or signed in anew.
    pub(super) async fn succeed(
        &self,
        used: Record,
        successor: Record,
    ) -> Result<Option<Record>, SessionStoreError> {
        self.run(move |store| {
            let _writing = locked(&store.place.writing);
            match store.read()? {
                Some(kept) if kept.is(&used) => store.write(&successor).map(|()| Some(successor)),
                kept => Ok(kept),
            }
        })
        .await
    }

    /// Removes what is kept of this session, readable or not. Another session that took its place stays.
    pub(super) async fn remove(&self, session_id: SessionId) -> Result<(), SessionStoreError> {
        self.run(move |store| {
            let _writing = locked(&store.place.writing);
            match store.read() {
                Ok(Some(kept)) if kept.session_id != session_id => Ok(()),
                Err(error @ SessionStoreError::Storage(_)) => Err(error),
                _ => Ok(store.storage.remove(&store.entry)?),
            }
        })
        .await
    }

    fn read(&self) -> Result<Option<Record>, SessionStoreError> {
        let Some(text) = self.storage.get(&self.entry)?.map(Secret::new) else { return Ok(None) };
        // EXPOSE: read into the record, whose token is a secret again.
        let record: Record = serde_json::from_str(text.expose()).map_err(SessionStoreError::Unreadable)?;
        match record.version {
            VERSION => Ok(Some(record)),
            other => Err(SessionStoreError::Version(other)),
        }
    }

    fn write(&self, record: &Record) -> Result<(), SessionStoreError> {
        let text = serde_json::to_string(record).map_err(SessionStoreError::Unwritable)?;
        // EXPOSE: secure storage is where it belongs.
        Ok(self.storage.set(&self.entry, Secret::new(text).expose())?)
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
