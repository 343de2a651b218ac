//! What was asked under one enrolment, and how it ended.
//!
//! A request is noted when it is first believed, before anybody sees it, and its end is noted once it is known: after
//! the answer was taken, never before. So a crash in between leaves a request without an end, which reads as
//! [`Outcome::Closed`] once it ran out of time. Nothing is told that did not happen, and nothing fails for this book: an
//! answer has reached the server before its end is written. Where that fails, a line is logged, and it is tried again
//! when there is something to write or to read, after [`WRITING_PAUSE`] at the earliest.
//!
//! ```mermaid
//! stateDiagram-v2
//!   [*] --> open: believed
//!   open --> closed: gone from the list, nobody said how
//!   open --> ended: expired, superseded or answered elsewhere, as the server told
//!   closed --> ended
//!   open --> answered: the server took this device's answer
//!   closed --> answered
//!   ended --> answered: the server was faster to tell than to answer
//! ```

mod pages;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use countersign_protocol::{
    Timestamp,
    fields::DisplayName,
    ids::{ChallengeId, EnrolmentId},
    push::{ChallengeState, DenyReason, Purpose},
};
use serde::{Deserialize, Serialize};

use self::pages::{Book, Entry};
use super::{
    error::PushError,
    records::{EnrolledRecord, Handle, Records},
    request::Request,
    response::Answer,
};
use crate::{lock::locked, ports};

/// As many as are told for one enrolment.
const MOST_ENTRIES: usize = 200;
/// Between a writing that failed and the next. A keyring that is locked asks its user each time.
const WRITING_PAUSE: Duration = Duration::from_mins(1);

/// One request of the past, or one that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// The enrolment that was asked.
    pub enrolment_id: EnrolmentId,
    /// Names the request.
    pub challenge_id: ChallengeId,
    /// Who asked.
    pub application: DisplayName,
    /// The user, as shown at sign-in.
    pub account: String,
    /// What it was for.
    pub purpose: Purpose,
    /// The network address that the sign-in came from.
    pub address: String,
    /// Its place, where it was known.
    pub place: Option<String>,
    /// What the device that signed in called itself. Texts are cut to 60 characters.
    pub device: String,
    /// The operating system of that device.
    pub os: String,
    /// The application on it.
    pub app: String,
    /// Whether that device had signed in to the account before.
    pub known: bool,
    /// When it was asked for, by the server's clock.
    pub requested_at: Timestamp,
    /// When its end was learned of, by the server's clock.
    pub ended_at: Option<Timestamp>,
    /// How it ended.
    pub outcome: Outcome,
}

/// How a request ended, as far as this device knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It waits for an answer.
    Open,
    /// It closed while this device was not looking: answered elsewhere, replaced, or out of time.
    Closed,
    /// Nobody answered in time.
    Expired,
    /// Replaced by a newer request or another method.
    Superseded,
    /// Another device answered.
    AnsweredElsewhere,
    /// Approved here.
    Approved,
    /// Denied here, as a mistake or without a reason.
    Denied,
    /// Denied here, and reported.
    NotMe,
    /// Approved here with another number than the one shown, which closed it.
    WrongNumber,
}

impl Outcome {
    /// What the server's taking of this device's answer means.
    pub(super) fn of_answer(answer: &Answer) -> Self {
        match answer {
            Answer::Approve { .. } => Self::Approved,
            Answer::Deny { reason: DenyReason::NotMe } => Self::NotMe,
            Answer::Deny { .. } => Self::Denied,
        }
    }

    /// What a request's closing means when this device did not close it.
    pub(super) fn not_by_us(state: Option<ChallengeState>) -> Self {
        match state {
            Some(ChallengeState::Approved | ChallengeState::Denied | ChallengeState::WrongNumber) => {
                Self::AnsweredElsewhere
            }
            Some(ChallengeState::Superseded) => Self::Superseded,
            Some(ChallengeState::Expired) => Self::Expired,
            Some(ChallengeState::Open) | None => Self::Closed,
        }
    }

    /// Whether what is known now says more than what was known before.
    fn says_more_than(self, before: Self) -> bool {
        self.certainty() > before.certainty()
    }

    fn certainty(self) -> u8 {
        match self {
            Self::Open => 0,
            Self::Closed => 1,
            Self::Expired | Self::Superseded | Self::AnsweredElsewhere => 2,
            Self::Approved | Self::Denied | Self::NotMe | Self::WrongNumber => 3,
        }
    }
}

/// The history of one enrolment. Noting is quick; what was noted is kept by [`History::keep`].
pub(crate) struct History {
    handle: Handle,
    records: Arc<Records>,
    noted: Mutex<Noted>,
    kept: Mutex<Kept>,
}

/// What is in storage. Locked while that is read or changed.
#[derive(Default)]
enum Kept {
    #[default]
    Unread,
    Read(Book),
    /// Nothing is written any more.
    Erased,
}

#[derive(Default)]
struct Noted {
    waiting: VecDeque<Note>,
    /// Not written before this time of the monotonic clock.
    write_at: Duration,
    /// What was noted as believed, so that a request that is listed again and again is noted once; and its end.
    believed: BTreeMap<ChallengeId, i64>,
}

#[derive(Clone)]
enum Note {
    Believed(Entry),
    Ended(ChallengeId, Outcome, Timestamp),
}

impl History {
    pub(crate) fn new(handle: Handle, records: Arc<Records>) -> Self {
        Self { handle, records, noted: Mutex::default(), kept: Mutex::default() }
    }

    /// Notes a request that was verified.
    pub(crate) fn believed(&self, request: &Request, now: Timestamp) {
        let mut noted = locked(&self.noted);
        noted.believed.retain(|_, expires_at| now.as_seconds() < *expires_at);
        let expires_at = request.expires_at().as_seconds();
        if noted.believed.insert(request.challenge_id(), expires_at).is_none() {
            noted.waiting.push_back(Note::Believed(Entry::of(request)));
        }
    }

    /// Notes how a request ended.
    pub(crate) fn ended(&self, challenge: ChallengeId, outcome: Outcome, now: Timestamp) {
        locked(&self.noted).waiting.push_back(Note::Ended(challenge, outcome, now));
    }

    /// Keeps what was noted. It is done also if the future is dropped. Whatever cannot be kept waits for a later call.
    /// `now` is the monotonic clock's.
    pub(crate) async fn keep(self: &Arc<Self>, now: Duration) -> Result<(), PushError> {
        let due = |noted: &Noted| !noted.waiting.is_empty() && noted.write_at <= now;
        if !due(&locked(&self.noted)) {
            return Ok(());
        }
        let history = self.clone();
        let kept = ports::blocking(|| PushError::ShutDown, move || history.with_book(|_| ())).await;
        if kept.is_err() {
            locked(&self.noted).write_at = now.saturating_add(WRITING_PAUSE);
        }
        kept
    }

    /// All that is known, newest first. `now` is the server's time.
    pub(crate) async fn entries(
        self: &Arc<Self>,
        record: &EnrolledRecord,
        now: Timestamp,
    ) -> Result<Vec<HistoryEntry>, PushError> {
        let (history, record) = (self.clone(), record.clone());
        let tell = move |book: &Book| {
            book.newest_first().take(MOST_ENTRIES).map(|entry| entry.tell(&record, now)).collect()
        };
        ports::blocking(|| PushError::ShutDown, move || history.with_book(tell)).await
    }

    /// Erases the enrolment, and writes nothing from here on. Where that fails, the history goes on with what is left.
    /// May block, until what is being written is.
    pub(crate) fn erase(&self) -> Result<(), PushError> {
        let mut kept = locked(&self.kept);
        *kept = Kept::Unread;
        self.records.erase(&self.handle)?;
        *kept = Kept::Erased;
        Ok(())
    }

    /// May block. The lock is held while pages are written, so that they are written one after the other.
    fn with_book<T>(&self, read: impl FnOnce(&Book) -> T) -> Result<T, PushError> {
        let mut kept = locked(&self.kept);
        if let Kept::Unread = *kept {
            *kept = Kept::Read(Book::load(&self.records, &self.handle)?);
        }
        let Kept::Read(book) = &mut *kept else { return Ok(read(&Book::default())) };
        while let Some(note) = self.next_note() {
            match note {
                Note::Believed(entry) => book.add(&self.records, &self.handle, entry),
                Note::Ended(challenge, outcome, at) => {
                    book.end(&self.records, &self.handle, (challenge, outcome, at))
                }
            }?;
            let mut noted = locked(&self.noted);
            noted.waiting.pop_front();
            noted.write_at = Duration::ZERO;
        }
        Ok(read(book))
    }

    fn next_note(&self) -> Option<Note> {
        locked(&self.noted).waiting.front().cloned()
    }
}
