use std::collections::VecDeque;

use countersign_protocol::{Timestamp, ids::ChallengeId, push::Purpose};
use serde::{Deserialize, Serialize};

use super::{HistoryEntry, Outcome};
use crate::{
    ports::LONGEST_VALUE,
    push::{
        error::PushError,
        records::{EnrolledRecord, HISTORY_PAGES, Handle, Records},
        request::Request,
    },
};

/// How much of a page is filled by new entries. The rest is for their ends, which make them longer.
const FILLED: usize = LONGEST_VALUE * 3 / 4;
/// The longest text of an entry, in characters. Five of these, of four bytes each, still fit a page.
const LONGEST_TEXT: usize = 60;

/// The pages of one enrolment's history, oldest first. Each change is written as one page, before it is made here.
#[derive(Default)]
pub(super) struct Book(VecDeque<Page>);

/// Some entries in the order in which they were believed. Its place in storage is its number modulo the number of
/// places, so the newest page replaces the oldest by one write.
#[derive(Clone, Serialize, Deserialize)]
struct Page {
    number: usize,
    entries: Vec<Entry>,
}

/// A request as it is kept. Its names are short, as pages are small.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Entry {
    #[serde(rename = "id")]
    challenge_id: ChallengeId,
    #[serde(rename = "for")]
    purpose: Purpose,
    #[serde(rename = "ip")]
    address: String,
    #[serde(rename = "in", default, skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    #[serde(rename = "by")]
    device: String,
    os: String,
    app: String,
    #[serde(rename = "k")]
    known: bool,
    /// Seconds, by the server's clock, like all times here.
    #[serde(rename = "at")]
    requested_at: i64,
    #[serde(rename = "exp")]
    expires_at: i64,
    #[serde(rename = "end", default, skip_serializing_if = "Option::is_none")]
    ended_at: Option<i64>,
    #[serde(rename = "is")]
    outcome: Outcome,
}

impl Entry {
    pub(super) fn of(request: &Request) -> Self {
        let context = request.context();
        Self {
            challenge_id: request.challenge_id(),
            purpose: context.purpose,
            address: cut(&context.origin.address),
            place: context.origin.place.as_deref().map(cut),
            device: cut(context.device.name.as_str()),
            os: cut(context.device.os.as_str()),
            app: cut(context.device.app.as_str()),
            known: context.device.known,
            requested_at: context.requested_at,
            expires_at: request.expires_at().as_seconds(),
            ended_at: None,
            outcome: Outcome::Open,
        }
    }

    pub(super) fn tell(&self, record: &EnrolledRecord, now: Timestamp) -> HistoryEntry {
        let lapsed = self.outcome == Outcome::Open && self.expires_at <= now.as_seconds();
        HistoryEntry {
            enrolment_id: record.enrolment_id,
            challenge_id: self.challenge_id,
            application: record.application.clone(),
            account: record.account.clone(),
            purpose: self.purpose,
            address: self.address.clone(),
            place: self.place.clone(),
            device: self.device.clone(),
            os: self.os.clone(),
            app: self.app.clone(),
            known: self.known,
            requested_at: Timestamp::from_seconds(self.requested_at),
            ended_at: self.ended_at.map(Timestamp::from_seconds),
            outcome: if lapsed { Outcome::Closed } else { self.outcome },
        }
    }
}

impl Book {
    pub(super) fn load(records: &Records, handle: &Handle) -> Result<Self, PushError> {
        let mut pages = Vec::new();
        for (entry, json) in records.history(handle)? {
            let page: Page = serde_json::from_slice(&json)
                .map_err(|error| PushError::Damaged { entry, problem: error.to_string() })?;
            pages.push(page);
        }
        pages.sort_by_key(|page| page.number);
        Ok(Self(pages.into()))
    }

    pub(super) fn newest_first(&self) -> impl Iterator<Item = &Entry> {
        self.0.iter().rev().flat_map(|page| page.entries.iter().rev())
    }

    /// Adds an entry, unless it is there.
    pub(super) fn add(&mut self, records: &Records, handle: &Handle, entry: Entry) -> Result<(), PushError> {
        if self.newest_first().any(|there| there.challenge_id == entry.challenge_id) {
            return Ok(());
        }
        if let Some(last) = self.0.back_mut() {
            let mut fuller = last.clone();
            fuller.entries.push(entry.clone());
            if Records::history_length(&fuller.json(handle)?) <= FILLED {
                fuller.keep(records, handle)?;
                *last = fuller;
                return Ok(());
            }
        }
        let number = self.0.back().map_or(0, |last| last.number + 1);
        let page = Page { number, entries: vec![entry] };
        page.keep(records, handle)?;
        if self.0.len() == HISTORY_PAGES {
            self.0.pop_front();
        }
        self.0.push_back(page);
        Ok(())
    }

    /// Tells how an entry ended, if that says more than what is there.
    pub(super) fn end(
        &mut self,
        records: &Records,
        handle: &Handle,
        (challenge, outcome, at): (ChallengeId, Outcome, Timestamp),
    ) -> Result<(), PushError> {
        for page in self.0.iter_mut().rev() {
            let mut changed = page.clone();
            let Some(entry) = changed.entries.iter_mut().find(|entry| entry.challenge_id == challenge) else {
                continue;
            };
            if outcome.says_more_than(entry.outcome) {
                entry.outcome = outcome;
                entry.ended_at = Some(at.as_seconds());
                changed.keep(records, handle)?;
                *page = changed;
            }
            break;
        }
        Ok(())
    }
}

impl Page {
    fn keep(&self, records: &Records, handle: &Handle) -> Result<(), PushError> {
        records.keep_history(handle, self.number % HISTORY_PAGES, &self.json(handle)?)
    }

    fn json(&self, handle: &Handle) -> Result<Vec<u8>, PushError> {
        serde_json::to_vec(self)
            .map_err(|error| PushError::Damaged { entry: handle.entry(), problem: error.to_string() })
    }
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST_TEXT).collect()
}
