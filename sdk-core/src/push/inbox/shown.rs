use std::{collections::BTreeMap, time::Duration};

use countersign_protocol::{Timestamp, ids::ChallengeId};

use crate::push::Request;

/// For how long after its end a request is remembered. A replay is refused as expired by then, also if the
/// server's time is measured anew meanwhile.
const REMEMBERED: Duration = Duration::from_mins(1);

/// The requests that were shown, so that each is shown once and closed once.
#[derive(Default)]
pub(super) struct Shown(BTreeMap<ChallengeId, Entry>);

struct Entry {
    expires_at: Timestamp,
    open: bool,
}

impl Shown {
    /// Whether the request is new.
    pub(super) fn show(&mut self, request: &Request) -> bool {
        let entry = Entry { expires_at: request.expires_at(), open: true };
        let mut new = false;
        self.0.entry(request.challenge_id()).or_insert_with(|| {
            new = true;
            entry
        });
        new
    }

    /// Whether the request was shown.
    pub(super) fn has(&self, request: &Request) -> bool {
        self.0.contains_key(&request.challenge_id())
    }

    /// Whether the request was shown and open until now.
    pub(super) fn close(&mut self, challenge: ChallengeId) -> bool {
        self.0.get_mut(&challenge).is_some_and(|entry| std::mem::take(&mut entry.open))
    }

    /// The open requests that are not among these.
    pub(super) fn missing_from(&self, requests: &[Request]) -> Vec<ChallengeId> {
        let listed = |challenge| requests.iter().any(|request| request.challenge_id() == challenge);
        self.open().map(|(challenge, _)| challenge).filter(|challenge| !listed(*challenge)).collect()
    }

    /// The open requests that ran out of time by `now`. Forgets those that ran out long ago.
    pub(super) fn expired(&mut self, now: Timestamp) -> Vec<ChallengeId> {
        self.0.retain(|_, entry| entry.open || now < entry.expires_at.plus(REMEMBERED));
        self.open().filter(|(_, expires_at)| *expires_at <= now).map(|(challenge, _)| challenge).collect()
    }

    /// When the next open request runs out.
    pub(super) fn next_expiry(&self) -> Option<Timestamp> {
        self.open().map(|(_, expires_at)| expires_at).min()
    }

    fn open(&self) -> impl Iterator<Item = (ChallengeId, Timestamp)> {
        self.0.iter().filter(|(_, entry)| entry.open).map(|(challenge, entry)| (*challenge, entry.expires_at))
    }
}
