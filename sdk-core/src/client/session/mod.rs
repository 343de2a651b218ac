//! What a finished login gives: a session that keeps itself alive.
//!
//! ```mermaid
//! stateDiagram-v2
//!   [*] --> stale: resumed from storage
//!   [*] --> fresh: login finished
//!   fresh --> stale: access token has less than 30 s to live, or the server does not take it
//!   stale --> fresh: refreshed, successor stored before it is used
//!   stale --> stale: no answer, the same token is sent again
//!   fresh --> ended: signed out, or the server says so
//!   stale --> ended: the server says so, or another login took its place
//!   ended --> [*]
//! ```
//!
//! However many tasks need a token, one of them refreshes and the others wait for it. The latest refresh token lives
//! in secure storage and nowhere else, and objects of one client that are the same session take turns at it. A task
//! that is cancelled while it refreshes, and an answer that is lost, cost nothing: the server gives the same successor
//! again until that is used.
//!
//! Two clients, or two processes, on one storage do not put back each other's tokens. They do not take turns, though:
//! if one is held up between reading the token and reaching the server, and the other refreshes twice meanwhile, the
//! server takes the late token for a copy and ends the session. Make one client for each server, and clone it.

mod store;

use std::{sync::Arc, time::Duration};

use countersign_protocol::{
    ProblemCode, Secret, Timestamp,
    account::{Refresh, SessionEnd, TokenSet, TokenType},
    fields::{Email, IdempotencyKey},
    ids::SessionId,
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::{Mutex, watch};

pub(super) use self::store::Places;
use self::store::{Record, SessionStore};
use super::{
    Client, LOG_TARGET,
    transport::{Auth, Call, Transport},
};
use crate::{Error, device::DeviceIdentity, ports::Level};

/// How long before its end an access token is replaced, so that it does not end on its way.
const AHEAD: Duration = Duration::from_secs(30);

/// A signed-in user on this device. Cheap to clone; clones are the same session.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    transport: Transport,
    store: SessionStore,
    device: DeviceIdentity,
    session_id: SessionId,
    access: Mutex<Option<Access>>,
    ended: watch::Sender<Option<Ended>>,
}

#[derive(Clone)]
struct Access {
    token: Secret<String>,
    expires_at: Timestamp,
}

/// Why a session is over, where that is known.
#[derive(Clone, Copy)]
struct Ended(Option<SessionEnd>);

impl Client {
    /// The session that this user left on this device, if there is one. Nothing is sent: whether the server still
    /// takes it, the first call tells.
    ///
    /// # Errors
    /// [`Error::Damaged`] when the stored session cannot be read, [`Error::Locked`] or [`Error::Device`] when the
    /// storage does not answer. It is left as it is.
    pub async fn resume_session(&self, user: &Email) -> Result<Option<Session>, Error> {
        let store = SessionStore::new(self, user);
        let Some(record) = store.load().await? else { return Ok(None) };
        let device = self.device().await?;
        if record.jkt != device.thumbprint() {
            self.log(Level::Warning, "the device key has changed, so the stored session is of no use");
            store.remove(record.session_id).await?;
            return Ok(None);
        }
        Ok(Some(Session::new(self.transport().clone(), store, device, record.session_id, None)))
    }
}

impl Session {
    /// The session of a login that has just finished, stored before it is used.
    pub(super) async fn begin(
        client: &Client,
        device: DeviceIdentity,
        user: &Email,
        tokens: TokenSet,
    ) -> Result<Self, Error> {
        let store = SessionStore::new(client, user);
        let access = Access::from_tokens(&tokens, tokens.session_id)?;
        store.save(Record::new(tokens.session_id, &tokens.refresh_token, device.thumbprint())).await?;
        Ok(Self::new(client.transport().clone(), store, device, tokens.session_id, Some(access)))
    }

    fn new(
        transport: Transport,
        store: SessionStore,
        device: DeviceIdentity,
        session_id: SessionId,
        access: Option<Access>,
    ) -> Self {
        let ended = watch::Sender::new(None);
        Self(Arc::new(Inner { transport, store, device, session_id, access: Mutex::new(access), ended }))
    }

    /// The session's id, as the server lists it.
    pub fn id(&self) -> SessionId {
        self.0.session_id
    }

    /// Returns when the session is over, with the reason where the server told one.
    pub async fn ended(&self) -> Option<SessionEnd> {
        let mut ended = self.0.ended.subscribe();
        // This session holds the sender, so waiting does not fail.
        ended.wait_for(Option::is_some).await.ok().and_then(|ended| ended.and_then(|Ended(reason)| reason))
    }

    /// Signs out: the server ends the session, and this device forgets it.
    ///
    /// # Errors
    /// [`Error::Offline`] or [`Error::Interrupted`] when the server cannot be told. The session goes on; try again,
    /// or [`forget`](Self::forget) it here.
    pub async fn logout(&self) -> Result<(), Error> {
        let key = self.idempotency_key()?;
        match self.call(Call::post_empty("/auth/logout").under(&key)).await {
            Ok(()) => self.end(Some(SessionEnd::LoggedOut)).await,
            // It was over already.
            Err(Error::SessionEnded { .. }) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Removes the session from this device alone, as when signing out without a network. On the server it lives
    /// until it expires or is revoked.
    ///
    /// # Errors
    /// [`Error::Locked`] or [`Error::Device`] when the storage does not do it. The session goes on.
    pub async fn forget(&self) -> Result<(), Error> {
        let _refreshing = self.0.access.lock().await;
        self.0.store.remove(self.0.session_id).await?;
        self.over(Some(SessionEnd::LoggedOut));
        Ok(())
    }

    /// Replaces the access token now, whatever it has left to live.
    ///
    /// # Errors
    /// [`Error::SessionEnded`] when the server ended the session; others leave it as it is.
    pub async fn refresh(&self) -> Result<(), Error> {
        let mut access = self.0.access.lock().await;
        self.refreshed(&mut access).await.map(drop)
    }

    pub(super) fn idempotency_key(&self) -> Result<IdempotencyKey, Error> {
        self.0.transport.idempotency_key()
    }

    /// Makes a call as the signed-in user. An access token that the server does not take is replaced, once.
    pub(super) async fn call<B, T>(&self, call: Call<'_, B>) -> Result<T, Error>
    where
        B: Serialize + Sync + ?Sized,
        T: DeserializeOwned,
    {
        let access = self.access(None).await?;
        let answer = match self.call_with(call, &access).await {
            Err(Error::Refused(refusal)) if refusal.code == ProblemCode::InvalidToken => {
                let access = self.access(Some(&access)).await?;
                self.call_with(call, &access).await
            }
            answer => answer,
        };
        if let Err(Error::SessionEnded { reason }) = &answer {
            self.end(*reason).await;
        }
        answer
    }

    async fn call_with<B, T>(&self, call: Call<'_, B>, access: &Access) -> Result<T, Error>
    where
        B: Serialize + Sync + ?Sized,
        T: DeserializeOwned,
    {
        // EXPOSE: goes into the Authorization header.
        let auth = Auth::Session { key: &self.0.device.key, access_token: access.token.expose() };
        self.0.transport.call(call.by(auth)).await
    }

    /// An access token that is good for a while, and not the refused one. Whoever comes while another task refreshes
    /// waits for that task's.
    async fn access(&self, refused: Option<&Access>) -> Result<Access, Error> {
        let mut access = self.0.access.lock().await;
        if let Some(Ended(reason)) = *self.0.ended.borrow() {
            return Err(Error::SessionEnded { reason });
        }
        let soon = self.0.transport.server_time().plus(AHEAD);
        match &*access {
            Some(known) if known.expires_at > soon && !refused.is_some_and(|it| it.is(known)) => {
                Ok(known.clone())
            }
            _ => self.refreshed(&mut access).await,
        }
    }

    async fn refreshed(&self, access: &mut Option<Access>) -> Result<Access, Error> {
        let _turn = self.0.store.turn().await;
        let record = self.still(self.0.store.load().await?)?;
        let body = Refresh { refresh_token: record.refresh_token()? };
        let key = self.0.transport.idempotency_key()?;
        let call = Call::post("/auth/refresh", &body).by(Auth::Dpop { key: &self.0.device.key }).under(&key);
        let tokens: TokenSet = match self.0.transport.call(call).await {
            Err(Error::SessionEnded { reason }) => return Err(self.forgotten(reason).await),
            Err(Error::Refused(refusal)) if refusal.code == ProblemCode::InvalidToken => {
                return Err(self.forgotten(None).await);
            }
            answer => answer?,
        };
        let fresh = Access::from_tokens(&tokens, self.0.session_id)?;
        let successor = Record::new(tokens.session_id, &tokens.refresh_token, record.jkt.clone());
        self.still(self.0.store.succeed(record, successor).await?)?;
        Ok(access.insert(fresh).clone())
    }

    /// What is stored, if it is of this session. Else another object signed out, or a newer login took its place.
    fn still(&self, stored: Option<Record>) -> Result<Record, Error> {
        stored.filter(|record| record.session_id == self.0.session_id).ok_or_else(|| self.over(None))
    }

    async fn end(&self, reason: Option<SessionEnd>) {
        let _refreshing = self.0.access.lock().await;
        self.forgotten(reason).await;
    }

    /// Ends the session here and removes what is stored of it. The caller holds the lock.
    async fn forgotten(&self, reason: Option<SessionEnd>) -> Error {
        if let Err(error) = self.0.store.remove(self.0.session_id).await {
            // A token that the server does not take any more is worth nothing; it goes with the next login.
            let line = format!("the ended session could not be removed from storage: {error}");
            self.0.transport.ports().log.log(Level::Warning, LOG_TARGET, &line);
        }
        self.over(reason)
    }

    /// Ends the session here. The first reason stays.
    fn over(&self, reason: Option<SessionEnd>) -> Error {
        self.0.ended.send_if_modified(|ended| {
            let first = ended.is_none();
            ended.get_or_insert(Ended(reason));
            first
        });
        Error::SessionEnded { reason }
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Session").field(&self.id()).finish()
    }
}

impl Access {
    fn from_tokens(tokens: &TokenSet, session_id: SessionId) -> Result<Self, Error> {
        let problem = if tokens.token_type != TokenType::Dpop {
            "the access token is not bound to this device's key"
        } else if tokens.session_id != session_id {
            "the tokens belong to another session"
        } else {
            return Ok(Self { token: tokens.access_token.clone(), expires_at: tokens.expires_at });
        };
        Err(Error::UnexpectedAnswer { reason: problem.to_owned(), correlation_id: None })
    }

    fn is(&self, other: &Self) -> bool {
        // EXPOSE: compared with a token from the same place, in this process.
        self.token.expose() == other.token.expose()
    }
}

#[cfg(test)]
mod tests;
