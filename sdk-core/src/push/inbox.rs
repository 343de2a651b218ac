//! One stream of all that happens to an enrolment's requests.
//!
//! ```mermaid
//! stateDiagram-v2
//!   [*] --> Connecting
//!   Connecting --> Live: event stream opened and heard, then what waits is listed
//!   Connecting --> Polling: no event stream, or nothing is heard on it, but the server answers
//!   Polling --> Live: the open stream is heard after all
//!   Live --> Connecting: stream broke, or kept a request back; after a pause
//!   Polling --> Connecting: after a pause that grows
//!   Live --> Offline: no answer
//!   Polling --> Offline: no answer
//!   Offline --> Connecting: after a pause that grows
//!   Live --> [*]: closed, or the enrolment is gone
//!   Polling --> [*]: closed, or the enrolment is gone
//!   Offline --> [*]: closed
//! ```
//!
//! A stream counts once something was heard on it, be it a comment. A proxy that buffers answers opens a stream and
//! holds back what it says; until then the server is asked as if there were none. A stream that falls silent while a
//! listing finds what it should have told is given up, and opened again after a pause.
//!
//! Events only wake: a request is shown after it was fetched and verified. Nothing runs by itself: all work is done
//! inside [`PushInbox::next`], which may be dropped at any point and called again.

mod shown;

use std::{collections::VecDeque, sync::Arc, time::Duration};

use countersign_protocol::{
    ProblemCode,
    ids::ChallengeId,
    push::{ChallengeState, PushEvent},
};
use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;

use self::shown::Shown;
use super::{
    active::{Active, Listing},
    history::Outcome,
    request::Request,
    routes::{Heard, PushEvents},
};
use crate::{
    Error,
    ports::{Level, Random},
};

/// How often to ask where there is no event stream. A request lives for a minute.
const POLL: Duration = Duration::from_secs(5);
/// How often to ask beside an event stream, as a connection can die without a word.
const LIVE_CHECK: Duration = Duration::from_secs(30);
/// How long to wait for the first word on a new stream before listing what waits.
const FIRST_WORD: Duration = Duration::from_secs(1);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
const LOG_TARGET: &str = "countersign::push";

/// What [`PushInbox::next`] gives.
#[derive(Debug, Clone)]
pub enum InboxEvent {
    /// A new request: show it. Each comes once.
    Request(Request),
    /// A request that was shown is closed: take it away.
    Closed {
        /// Which.
        challenge_id: ChallengeId,
        /// How it was closed. `None` if that happened while there was no event stream: it was answered elsewhere or
        /// replaced.
        state: Option<ChallengeState>,
    },
    /// How new requests are learned of has changed.
    Connection(ConnectionState),
}

/// How the inbox learns of new requests. Beside it, notifications handed to [`super::Authenticator::pushed`] are looked
/// after at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionState {
    /// The server tells at once.
    Live,
    /// The server is asked every few seconds.
    Polling,
    /// The server does not answer; it is tried again and again, at most a minute apart.
    Offline,
}

/// The requests of one enrolment as they come and go. Made by [`super::Authenticator::inbox`].
pub struct PushInbox {
    active: Arc<Active>,
    state: Mutex<State>,
    closed: CancellationToken,
}

impl PushInbox {
    pub(crate) fn new(active: Arc<Active>) -> Self {
        let state = State { pushes: Some(active.pushes()), ..State::default() };
        Self { active, state: Mutex::new(state), closed: CancellationToken::new() }
    }

    /// Waits for what happens next; `None` once the inbox is closed or its enrolment was removed. Events are neither
    /// lost nor repeated when the future is dropped.
    ///
    /// # Errors
    /// [`Error::NotAuthentic`] and [`Error::UnexpectedAnswer`] for what the server sent and was not believed, told
    /// once; go on with the next call. [`Error::Refused`] with [`ProblemCode::EnrolmentNotFound`] is the last thing
    /// that comes. Being offline is no error but an event.
    pub async fn next(&self) -> Result<Option<InboxEvent>, Error> {
        let mut state = self.state.lock().await;
        let event = tokio::select! {
            biased;
            () = self.closed.cancelled() => None,
            () = self.active.ended() => None,
            event = state.advance(&self.active) => event,
        };
        if event.is_none() {
            state.events = None;
        }
        event.transpose()
    }

    /// Closes the connection and ends a waiting [`PushInbox::next`].
    pub fn close(&self) {
        self.closed.cancel();
        // Whoever holds the lock is in `next`, which sees that and closes the connection itself.
        if let Ok(mut state) = self.state.try_lock() {
            state.events = None;
        }
    }
}

/// Times are the monotonic clock's.
#[derive(Default)]
struct State {
    ready: VecDeque<Result<InboxEvent, Error>>,
    over: bool,
    told: Option<ConnectionState>,

    /// Tells of notifications that brought a request.
    pushes: Option<watch::Receiver<()>>,

    events: Option<PushEvents>,
    connected_at: Duration,
    connect_at: Duration,
    connect_failures: u32,

    list_at: Duration,
    /// When there was a listing last, and how much had been heard on the stream by then.
    listed: (Duration, usize),
    list_failures: u32,
    /// Whether the next listing tells what was closed before the stream was open.
    catching_up: bool,
    last_error: Option<Error>,

    shown: Shown,
    refused: Vec<Error>,
}

impl State {
    async fn advance(&mut self, active: &Active) -> Option<Result<InboxEvent, Error>> {
        loop {
            self.expire(active);
            if !self.ready.is_empty() {
                active.keep_history().await;
                return self.ready.pop_front();
            }
            if self.over {
                return None;
            }
            let now = monotonic(active);
            if self.events.is_none() && active.streams() && self.connect_at <= now {
                self.connect(active).await;
            } else if self.list_at <= now {
                self.list(active).await;
            } else {
                self.wait(active, now).await;
            }
        }
    }

    async fn connect(&mut self, active: &Active) {
        match active.routes(&active.handle.possession_key()).events().await {
            Ok(events) => {
                self.events = Some(events);
                self.connected_at = monotonic(active);
                // Listed only after it was opened, so that nothing falls between listing and listening.
                self.list_at = self.connected_at + FIRST_WORD;
                self.catching_up = true;
            }
            Err(error) if is_gone(&error) => self.fail(active, error),
            Err(error) => self.reconnect_later(active, &error.to_string()),
        }
    }

    async fn list(&mut self, active: &Active) {
        let outcome = active.list().await;
        let now = monotonic(active);
        match outcome {
            Ok(listing) => {
                if self.kept_back(&listing, now) {
                    self.lose_stream(active, "it kept a request back");
                }
                let live = self.is_live();
                self.listed = (now, self.events.as_ref().map_or(0, PushEvents::heard));
                self.list_failures = 0;
                self.last_error = None;
                self.list_at = now + if live { LIVE_CHECK } else { POLL };
                self.tell(if live { ConnectionState::Live } else { ConnectionState::Polling });
                self.take(listing, active);
            }
            Err(error) if is_gone(&error) => self.fail(active, error),
            Err(error) => {
                let wished = match &error {
                    Error::Refused(refusal) => Duration::from_secs(refusal.retry_after.unwrap_or(0)),
                    _ => Duration::ZERO,
                };
                self.list_at = now + pause(active, self.list_failures).max(wished);
                self.list_failures = self.list_failures.saturating_add(1);
                if error.retryable() {
                    self.tell(ConnectionState::Offline);
                } else if self.last_error.as_ref() != Some(&error) && !active.is_leaving() {
                    self.last_error = Some(error.clone());
                    self.ready.push_back(Err(error));
                }
            }
        }
    }

    /// Until an event arrives or something is due.
    async fn wait(&mut self, active: &Active, now: Duration) {
        let mut pause = self.list_at.saturating_sub(now);
        if self.events.is_none() && active.streams() {
            pause = pause.min(self.connect_at.saturating_sub(now));
        }
        if let Some(expiry) = self.shown.next_expiry() {
            pause = pause.min(expiry.since(active.transport.server_time()));
        }
        let due = active.transport.ports().clock.sleep(pause);
        let heard = tokio::select! {
            biased;
            heard = next_of(&mut self.events) => heard,
            () = pushed(&mut self.pushes) => Ok(Some(Heard::Something)),
            () = due => return,
        };
        match heard {
            Ok(Some(Heard::Something | Heard::Event(PushEvent { state: ChallengeState::Open, .. }))) => {
                self.list_at = Duration::ZERO;
            }
            Ok(Some(Heard::Event(PushEvent { challenge_id, state }))) => {
                self.closed(active, challenge_id, Some(state));
            }
            Ok(None) => self.lose_stream(active, "the server closed the stream"),
            Err(error) => self.lose_stream(active, &error.to_string()),
        }
    }

    fn take(&mut self, listing: Listing, active: &Active) {
        // A stream that is heard tells what is closed, and how.
        if self.catching_up || !self.is_live() {
            for challenge in self.shown.missing_from(&listing.requests) {
                self.closed(active, challenge, active.settled(challenge));
            }
        }
        self.catching_up = false;
        for request in listing.requests {
            if self.shown.show(&request) {
                self.ready.push_back(Ok(InboxEvent::Request(request)));
            }
        }
        for error in &listing.refused {
            if !self.refused.contains(error) {
                self.ready.push_back(Err(error.clone()));
            }
        }
        self.refused = listing.refused;
    }

    fn expire(&mut self, active: &Active) {
        for challenge in self.shown.expired(active.transport.server_time()) {
            let state = active.settled(challenge).unwrap_or(ChallengeState::Expired);
            self.closed(active, challenge, Some(state));
        }
    }

    fn closed(&mut self, active: &Active, challenge_id: ChallengeId, state: Option<ChallengeState>) {
        if self.shown.close(challenge_id) {
            // Where this device answered, its answer says more and stays.
            active.note_end(challenge_id, Outcome::not_by_us(state));
            self.ready.push_back(Ok(InboxEvent::Closed { challenge_id, state }));
        }
    }

    fn is_live(&self) -> bool {
        self.events.as_ref().is_some_and(|events| events.heard() > 0)
    }

    /// Whether the stream said nothing for a while although there is something new. (Something new alone is no proof:
    /// its event may be on the way.)
    fn kept_back(&self, listing: &Listing, now: Duration) -> bool {
        let (listed_at, heard_by_then) = self.listed;
        let silent = self.events.as_ref().is_some_and(|events| events.heard() == heard_by_then);
        let for_a_while = now.saturating_sub(listed_at) >= LIVE_CHECK;
        silent
            && for_a_while
            && self.is_live()
            && listing.requests.iter().any(|request| !self.shown.has(request))
    }

    fn lose_stream(&mut self, active: &Active, reason: &str) {
        self.events = None;
        self.list_at = Duration::ZERO;
        if monotonic(active).saturating_sub(self.connected_at) >= LONGEST_PAUSE {
            self.connect_failures = 0;
        }
        self.reconnect_later(active, reason);
    }

    fn reconnect_later(&mut self, active: &Active, reason: &str) {
        let pause = pause(active, self.connect_failures);
        self.connect_at = monotonic(active) + pause;
        self.connect_failures = self.connect_failures.saturating_add(1);
        let line = format!("no event stream ({reason}); again in {} ms", pause.as_millis());
        active.transport.ports().log.log(Level::Debug, LOG_TARGET, &line);
    }

    fn tell(&mut self, connection: ConnectionState) {
        if self.told != Some(connection) {
            self.told = Some(connection);
            self.ready.push_back(Ok(InboxEvent::Connection(connection)));
        }
    }

    fn fail(&mut self, active: &Active, error: Error) {
        self.over = true;
        if !active.is_leaving() {
            self.ready.push_back(Err(error));
        }
    }
}

/// What is heard next; nothing ever where there is no stream.
async fn next_of(events: &mut Option<PushEvents>) -> Result<Option<Heard>, Error> {
    match events {
        Some(events) => events.next().await,
        None => std::future::pending().await,
    }
}

/// Returns when a notification has told of a request.
async fn pushed(pushes: &mut Option<watch::Receiver<()>>) {
    // The sender lives as long as the enrolment is in use, which the inbox sees to.
    let told = match pushes {
        Some(pushes) => pushes.changed().await.is_ok(),
        None => false,
    };
    if !told {
        std::future::pending::<()>().await;
    }
}

fn monotonic(active: &Active) -> Duration {
    active.transport.ports().clock.monotonic()
}

/// Whether the server does not know the enrolment any more.
fn is_gone(error: &Error) -> bool {
    matches!(error, Error::Refused(refusal) if refusal.code == ProblemCode::EnrolmentNotFound)
}

/// Twice as long after each failure, up to a minute; between half and all of that, so that devices that lost the
/// server together do not come back together.
fn pause(active: &Active, failures: u32) -> Duration {
    let random: &dyn Random = &*active.transport.ports().random;
    let whole = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(failures)).min(LONGEST_PAUSE);
    let share = random.bytes().map_or(u16::MAX, u16::from_be_bytes);
    whole / 2 + whole / 2 * u32::from(share) / u32::from(u16::MAX)
}
