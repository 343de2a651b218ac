use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use countersign_protocol::{
    ids::ChallengeId,
    push::{Capability, ChallengeState},
};
use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;

use super::{
    error::PushError,
    history::{History, HistoryEntry, Outcome},
    key_set::KeySet,
    records::{EnrolledRecord, Handle, Records},
    request::Request,
    response::Answers,
    routes::Routes,
};
use crate::{
    Error,
    client::transport::Transport,
    crypto::keys::PublicKey,
    ports::{self, Level},
};

const LOG_TARGET: &str = "countersign::push";
/// No honest server asks one device more at once; each costs a verification.
const MOST_REQUESTS: usize = 64;

/// What waits for an answer on one enrolment.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// Requests that were verified, oldest first.
    pub requests: Vec<Request>,
    /// Why others were not believed. They are never shown.
    pub refused: Vec<Error>,
}

/// An enrolment in use.
pub(crate) struct Active {
    pub(crate) handle: Handle,
    pub(crate) record: EnrolledRecord,
    pub(crate) transport: Transport,
    root: PublicKey,
    keys: Mutex<Arc<KeySet>>,
    records: Arc<Records>,
    pub(crate) answers: Answers,
    history: Arc<History>,
    /// Changes when a notification tells of a request.
    pushes: watch::Sender<()>,
    removed: CancellationToken,
    /// How many calls remove the enrolment now.
    leaving: AtomicUsize,
}

/// That this device removes the enrolment, until it is dropped: that its key is gone, or that the server does not know it
/// any more, is no news then.
pub(crate) struct Leaving(Arc<Active>);

impl Active {
    /// The enrolment of this record, with the key set that is kept for it.
    pub(crate) fn new(
        handle: Handle,
        record: EnrolledRecord,
        key_set: String,
        records: Arc<Records>,
        transport: Transport,
    ) -> Result<Self, PushError> {
        let damaged = |error: &dyn std::fmt::Display| PushError::Damaged {
            entry: handle.entry(),
            problem: error.to_string(),
        };
        let root = PublicKey::try_from(&record.root).map_err(|error| damaged(&error))?;
        let keys = KeySet::verify(key_set, &root, &record.server).map_err(|error| damaged(&error))?;
        Ok(Self {
            history: Arc::new(History::new(handle.clone(), records.clone())),
            pushes: watch::Sender::new(()),
            handle,
            record,
            transport,
            root,
            keys: Mutex::new(Arc::new(keys)),
            records,
            answers: Answers::default(),
            removed: CancellationToken::new(),
            leaving: AtomicUsize::new(0),
        })
    }

    /// Fetches what waits and believes what is signed.
    pub(crate) async fn list(&self) -> Result<Listing, Error> {
        let answer = self.routes(&self.handle.possession_key()).pending().await?;
        if answer.requests.len() > MOST_REQUESTS {
            let problem = "it is longer than 64 requests";
            return Err(PushError::Unusable { message: "answer", member: "requests", problem }.into());
        }
        let keys = self.adopt(answer.key_set).await?;
        let now = self.transport.server_now()?;
        let mut listing = Listing::default();
        for signed in &answer.requests {
            match Request::verify(signed, &self.record, &keys, now) {
                Ok(request) => {
                    self.history.believed(&request, now);
                    self.enlist(&mut listing, request);
                }
                // It ran out while it travelled; nothing is wrong.
                Err(PushError::Expired) => {}
                Err(error) => {
                    self.transport.ports().log.log(
                        Level::Warning,
                        LOG_TARGET,
                        &format!("not shown: {error}"),
                    );
                    listing.refused.push(error.into());
                }
            }
        }
        self.keep_history().await;
        Ok(listing)
    }

    /// The request that a notification told of, fetched and verified; `None` where it does not wait any more. Who
    /// follows the enrolment looks at once.
    pub(crate) async fn pushed(&self, challenge: ChallengeId) -> Result<Option<Request>, Error> {
        self.pushes.send_replace(());
        let mut listing = self.list().await?;
        let found = listing.requests.iter().position(|request| request.challenge_id() == challenge);
        match found {
            Some(at) => Ok(Some(listing.requests.swap_remove(at))),
            // It may be the one that was not believed; what is not believed cannot be told apart by its id.
            None => listing.refused.into_iter().next().map_or(Ok(None), Err),
        }
    }

    /// Who wants to know of notifications.
    pub(crate) fn pushes(&self) -> watch::Receiver<()> {
        self.pushes.subscribe()
    }

    /// Notes how a request ended.
    pub(crate) fn note_end(&self, challenge: ChallengeId, outcome: Outcome) {
        self.history.ended(challenge, outcome, self.transport.server_time());
    }

    /// Keeps what was noted. Nothing fails for it.
    pub(crate) async fn keep_history(&self) {
        if let Err(error) = self.history.keep(self.transport.ports().clock.monotonic()).await {
            let line = format!("the history is not up to date: {error}");
            self.transport.ports().log.log(Level::Warning, LOG_TARGET, &line);
        }
    }

    /// What was asked so far, newest first.
    pub(crate) async fn history(&self) -> Result<Vec<HistoryEntry>, PushError> {
        self.history.entries(&self.record, self.transport.server_time()).await
    }

    /// How a request was closed, where this device did it.
    pub(crate) fn settled(&self, challenge: ChallengeId) -> Option<ChallengeState> {
        self.answers.settled(challenge)
    }

    /// Whether requests are told over an event stream.
    pub(crate) fn streams(&self) -> bool {
        self.record.capabilities.contains(&Capability::EventStream)
    }

    /// The routes, called by `key`, the name of the possession key.
    pub(crate) fn routes<'a>(&'a self, key: &'a str) -> Routes<'a> {
        Routes { transport: &self.transport, key }
    }

    /// Begins to remove the enrolment.
    pub(crate) fn leave(self: Arc<Self>) -> Leaving {
        self.leaving.fetch_add(1, Ordering::SeqCst);
        Leaving(self)
    }

    /// Whether this device removes the enrolment, or has done so.
    pub(crate) fn is_leaving(&self) -> bool {
        // In this order: whoever finishes removing it ends it first.
        self.leaving.load(Ordering::SeqCst) > 0 || self.removed.is_cancelled()
    }

    /// Returns when the enrolment was removed.
    pub(crate) async fn ended(&self) {
        self.removed.cancelled().await;
    }

    /// The key set to verify with: the kept one, or its successor, kept before it is believed.
    async fn adopt(&self, offered: String) -> Result<Arc<KeySet>, Error> {
        let mut keys = self.keys.lock().await;
        if keys.signed() == offered {
            return Ok(keys.clone());
        }
        let next = KeySet::verify(offered, &self.root, &self.record.server)?;
        if keys.is_succeeded_by(&next)? {
            let (records, handle, signed) =
                (self.records.clone(), self.handle.clone(), next.signed().to_owned());
            ports::blocking(|| PushError::ShutDown, move || records.keep_key_set(&handle, &signed)).await?;
            *keys = Arc::new(next);
        }
        Ok(keys.clone())
    }

    /// Leaves out what this device answered, and all but the first of one id.
    fn enlist(&self, listing: &mut Listing, request: Request) {
        let challenge = request.challenge_id();
        let listed = listing.requests.iter().any(|listed| listed.challenge_id() == challenge);
        if !listed && self.answers.settled(challenge).is_none() {
            listing.requests.push(request);
        }
    }
}

impl Leaving {
    /// Erases what is kept of the enrolment, and ends everything that uses it. May block.
    pub(crate) fn erase(&self) -> Result<(), PushError> {
        self.0.history.erase()?;
        self.0.removed.cancel();
        Ok(())
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.leaving.fetch_sub(1, Ordering::SeqCst);
    }
}
