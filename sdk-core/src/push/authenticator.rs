use std::{
    cmp::Reverse,
    collections::HashMap,
    sync::{Arc, Mutex},
};

use countersign_protocol::{
    ProblemCode, Timestamp,
    enroll_uri::EnrollUri,
    fields::{DisplayName, InvalidField, MatchNumber, ServerUrl},
    ids::EnrolmentId,
    push::{DenyReason, DeviceKind, PushPayload},
};

use super::{
    active::{Active, Listing},
    enrolment::{Enrolment, Pending, Proposal},
    error::PushError,
    history::HistoryEntry,
    inbox::PushInbox,
    pushed,
    records::{EnrolledRecord, Handle, Record, Records},
    request::Request,
    response::Answer,
    routes::{self, Routes},
};
use crate::{
    Error,
    client::{ServerConfig, transport::Transport},
    lock::locked,
    ports::{self, Level, Ports, VerifyPrompt},
};

const LOG_TARGET: &str = "countersign::push";
/// Longer ones would not fit secure storage together with the rest.
const LONGEST_SERVER: usize = 256;

/// Approves and denies sign-ins for any number of accounts on any number of servers. Cheap to clone.
///
/// Its keys and records are kept in [`Ports::signer`] and [`Ports::storage`]; there should be one authenticator for
/// one storage at a time. Call [`Authenticator::resume`] when the app starts.
#[derive(Clone)]
pub struct Authenticator(Arc<Inner>);

struct Inner {
    ports: Ports,
    records: Arc<Records>,
    /// One a server, so that what is learned of it (nonce, time) is shared.
    transports: Mutex<HashMap<ServerUrl, Transport>>,
    active: Mutex<HashMap<EnrolmentId, Arc<Active>>>,
    /// Held while an enrolment is made or resumed: a half-made one must not be taken for what a crash left.
    enrolling: tokio::sync::Mutex<()>,
}

impl Authenticator {
    /// The authenticator whose enrolments are kept behind these ports. Nothing is read or sent yet.
    pub fn new(ports: Ports) -> Self {
        let records = Arc::new(Records::new(ports.storage.clone(), ports.signer.clone()));
        Self(Arc::new(Inner {
            ports,
            records,
            transports: Mutex::default(),
            active: Mutex::default(),
            enrolling: tokio::sync::Mutex::default(),
        }))
    }

    /// Enrols this device with the server that the link names. `name` is what the user calls the device.
    ///
    /// Where the device can verify its user it does so here, as the second key is usable only then. If the answer is
    /// lost, call it again with the same link, or [`Authenticator::resume`]: the device is enrolled once.
    ///
    /// # Errors
    /// [`Error::Refused`] for a ticket that is no longer good, [`Error::NotAuthentic`] if the server is not the one
    /// that made the link, [`Error::NotVerified`], and those of any call. Only after an [`Error::retryable`] one, or
    /// one of this device, is anything kept.
    pub async fn enroll(
        &self,
        uri: &EnrollUri,
        name: DisplayName,
        kind: DeviceKind,
    ) -> Result<Enrolment, Error> {
        if uri.server.as_str().len() > LONGEST_SERVER {
            let fix = "ask whoever runs the server for a shorter one";
            return Err(InvalidField::new("server", "is longer than 256 characters", fix).into());
        }
        let _enrolling = self.0.enrolling.lock().await;
        let pending = self.0.blocking(Pending::load_all).await?;
        let pending = match pending.into_iter().flatten().find(|pending| pending.is_from(uri)) {
            Some(pending) => pending,
            None => self.prepare(uri.clone(), name, kind).await?,
        };
        self.register(pending).await
    }

    /// Finishes what a crash or a lost connection left half-done, and clears away what cannot be finished. One
    /// result for each enrolment that was pending, or whose record is damaged; after a retryable error it still is.
    ///
    /// # Errors
    /// Those of storage and signer.
    pub async fn resume(&self) -> Result<Vec<Result<Enrolment, Error>>, Error> {
        let _enrolling = self.0.enrolling.lock().await;
        let mut outcomes = Vec::new();
        for pending in self.0.blocking(Pending::load_all).await? {
            outcomes.push(match pending {
                Ok(pending) => self.register(pending).await,
                Err(error) => Err(error.into()),
            });
        }
        Ok(outcomes)
    }

    /// Every enrolment that the server has confirmed, oldest first.
    ///
    /// # Errors
    /// [`Error::Locked`], [`Error::Damaged`], [`Error::Device`] from storage.
    pub async fn enrolments(&self) -> Result<Vec<Enrolment>, Error> {
        let list = |records: &Records| {
            let mut enrolments = Vec::new();
            for handle in records.handles()? {
                if let Some(Record::Enrolled(record)) = records.load(&handle)? {
                    enrolments.push(Enrolment::from(&record));
                }
            }
            Ok(enrolments)
        };
        self.0.blocking(list).await
    }

    /// Removes an enrolment on the server and here. If the server does not know it any more, or the key is gone so
    /// that the server cannot be told, it is removed here.
    ///
    /// # Errors
    /// Those of any call; the enrolment is then still there, and the call may be repeated.
    pub async fn remove(&self, id: EnrolmentId) -> Result<(), Error> {
        let active = self.0.active(id).await?;
        let leaving = active.clone().leave();
        let handle = active.handle.clone();
        if self.0.blocking(move |records| records.has_key(&handle)).await? {
            match active.routes(&active.handle.possession_key()).remove(id).await {
                Ok(()) => {}
                Err(Error::Refused(refusal)) if refusal.code == ProblemCode::EnrolmentNotFound => {}
                Err(error) => return Err(error),
            }
        }
        // All of it in one go, even if nobody waits for it any more.
        let inner = self.0.clone();
        let erase = move |_: &Records| {
            leaving.erase()?;
            locked(&inner.active).remove(&id);
            Ok(())
        };
        self.0.blocking(erase).await
    }

    /// What waits for an answer now. Asks nobody to verify themselves.
    ///
    /// # Errors
    /// Those of any call; [`Error::NotAuthentic`] if the server's keys changed in a way that its root did not sign.
    /// A single request that is not believed is in [`Listing::refused`].
    pub async fn pending(&self, id: EnrolmentId) -> Result<Listing, Error> {
        self.0.active(id).await?.list().await
    }

    /// The request that a notification of FCM or APNs told of, as JSON with whatever else it carries; `None` where it
    /// does not wait any more, as it was answered or replaced while the notification travelled. The notification is
    /// not believed: the request is fetched and its signature checked. Asks nobody to verify themselves, so it works
    /// in the short time that a phone gives to a notification.
    ///
    /// An open [`PushInbox`] of the enrolment tells of the request as well, once, however it was learned of. The same
    /// notification gives the same request again: name what is shown by [`Request::challenge_id`].
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for what is no such notification (`payload`) or of an enrolment that is not on this
    /// device (`enrolment_id`), [`Error::NotAuthentic`] for a request that is not believed, and those of any call.
    pub async fn pushed(&self, payload: &[u8]) -> Result<Option<Request>, Error> {
        let PushPayload { enrolment_id, challenge_id } = pushed::read(payload)?;
        self.0.active(enrolment_id).await?.pushed(challenge_id).await
    }

    /// What was asked of one enrolment, or of all of them, newest first: the last requests of each that this
    /// device has seen, with how they ended. At most 200 of each are told; where their texts are very long, fewer, but
    /// not under 40.
    ///
    /// # Errors
    /// [`Error::Locked`], [`Error::Damaged`], [`Error::Device`] from storage.
    pub async fn history(&self, of: Option<EnrolmentId>) -> Result<Vec<HistoryEntry>, Error> {
        let enrolments = match of {
            Some(id) => vec![id],
            None => self.enrolments().await?.iter().map(|enrolment| enrolment.id).collect(),
        };
        let mut all = Vec::new();
        for id in enrolments {
            all.extend(self.0.active(id).await?.history().await?);
        }
        all.sort_by_key(|entry| Reverse(entry.requested_at));
        Ok(all)
    }

    /// One stream of all that happens to an enrolment's requests.
    ///
    /// # Errors
    /// Those of storage. The server is first called by [`PushInbox::next`].
    pub async fn inbox(&self, id: EnrolmentId) -> Result<PushInbox, Error> {
        Ok(PushInbox::new(self.0.active(id).await?))
    }

    /// Approves a request with the number that the user typed from the sign-in page. The user is verified as far as
    /// the request asks.
    ///
    /// May be called again after a retryable error: the same answer is sent and counts once.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for a number of another length, [`Error::NotVerified`], [`Error::RequestClosed`];
    /// [`Error::Refused`] with [`ProblemCode::WrongNumber`], which closes the request; and those of any call.
    pub async fn approve(&self, request: &Request, number: MatchNumber) -> Result<(), Error> {
        self.0.active(request.enrolment_id()).await?.answer(request, Answer::Approve { number }).await
    }

    /// Denies a request. [`DenyReason::NotMe`] locks approvals for the account and raises an alert. Nobody has to
    /// verify themselves for it.
    ///
    /// # Errors
    /// As [`Authenticator::approve`].
    pub async fn deny(&self, request: &Request, reason: DenyReason) -> Result<(), Error> {
        self.0.active(request.enrolment_id()).await?.answer(request, Answer::Deny { reason }).await
    }

    /// What the server's clock shows, for counting down to the end of a request: this device's clock, corrected by
    /// what was learned of the server's.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn server_time(&self, id: EnrolmentId) -> Result<Timestamp, Error> {
        Ok(self.0.active(id).await?.transport.server_time())
    }

    /// Keeps a pending enrolment, so that nothing that happens from here on can lose it.
    async fn prepare(&self, uri: EnrollUri, name: DisplayName, kind: DeviceKind) -> Result<Pending, Error> {
        let transport = self.0.transport(&uri.server);
        routes::make_contact(&transport).await?;
        let verified = self.0.verify_user(&uri.server).await?;
        let (now, idempotency_key) = (transport.server_now()?, transport.idempotency_key()?);
        let proposal = Proposal { uri, name, kind, verified, now, idempotency_key };
        let ports = self.0.ports.clone();
        let prepare =
            move |records: &Records| Pending::prepare(records, &*ports.signer, &*ports.random, proposal);
        self.0.blocking(prepare).await
    }

    /// Asks the server to confirm, and keeps what it answers or clears away what it refuses.
    async fn register(&self, pending: Pending) -> Result<Enrolment, Error> {
        let handle = pending.handle().clone();
        let transport = self.0.transport(pending.server());
        let key = handle.possession_key();
        let routes = Routes { transport: &transport, key: &key };
        let answer = routes.register(&pending.registration(), pending.idempotency_key()).await;
        let confirmed = answer.and_then(|answer| Ok(pending.confirm(answer)?));
        let (record, key_set) = match confirmed {
            Ok(confirmed) => confirmed,
            Err(error) if may_still_succeed(&error) => return Err(error),
            Err(error) => {
                self.0.log(Level::Warning, &format!("an enrolment was given up: {error}"));
                self.0.blocking(move |records| records.erase(&handle)).await?;
                return Err(error);
            }
        };
        let enrolment = Enrolment::from(&record);
        let kept = handle.clone();
        self.0.blocking(move |records| records.keep_enrolled(&kept, record, key_set.signed())).await?;
        if let Err(error) = self.0.blocking(move |records| records.sweep(&handle)).await {
            self.0.log(Level::Notice, &format!("left to the next resumption: {error}"));
        }
        Ok(enrolment)
    }
}

impl Inner {
    /// The enrolment, read from storage at its first use.
    async fn active(&self, id: EnrolmentId) -> Result<Arc<Active>, Error> {
        if let Some(active) = locked(&self.active).get(&id) {
            return Ok(active.clone());
        }
        let (handle, record, key_set) = self.blocking(move |records| find(records, id)).await?;
        let transport = self.transport(&record.server);
        let active = Arc::new(Active::new(handle, record, key_set, self.records.clone(), transport)?);
        Ok(locked(&self.active).entry(id).or_insert(active).clone())
    }

    /// Whether the user was verified; `false` where the device cannot.
    async fn verify_user(&self, server: &ServerUrl) -> Result<bool, Error> {
        let verifier = self.ports.verifier.clone();
        let title = "Set up approvals on this device".to_owned();
        let prompt = VerifyPrompt { title, detail: server.to_string() };
        let verify = move || {
            let can = verifier.available();
            if can { verifier.verify(prompt).map(|_| true).map_err(Error::from) } else { Ok(false) }
        };
        ports::blocking(|| Error::Cancelled, verify).await
    }

    fn transport(&self, server: &ServerUrl) -> Transport {
        let mut transports = locked(&self.transports);
        let make = || Transport::new(&ServerConfig::new(server.clone()), self.ports.clone());
        transports.entry(server.clone()).or_insert_with(make).clone()
    }

    async fn blocking<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Records) -> Result<T, PushError> + Send + 'static,
    ) -> Result<T, Error> {
        let records = self.records.clone();
        Ok(ports::blocking(|| PushError::ShutDown, move || call(&records)).await?)
    }

    fn log(&self, level: Level, line: &str) {
        self.ports.log.log(level, LOG_TARGET, line);
    }
}

/// Looks through all records; one that is damaged does not hide the others.
fn find(records: &Records, id: EnrolmentId) -> Result<(Handle, EnrolledRecord, String), PushError> {
    let mut failure = PushError::NotEnrolled;
    for handle in records.handles()? {
        match records.load(&handle) {
            Ok(Some(Record::Enrolled(record))) if record.enrolment_id == id => {
                let key_set = records.key_set(&handle)?;
                return Ok((handle, record, key_set));
            }
            Ok(_) => {}
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// Whether a pending enrolment is worth keeping: the server may have confirmed it, or may yet.
fn may_still_succeed(error: &Error) -> bool {
    match error {
        Error::Device { .. } | Error::Locked { .. } | Error::Cancelled => true,
        Error::Refused(refusal) if refusal.code == ProblemCode::Internal => true,
        error => error.retryable(),
    }
}
