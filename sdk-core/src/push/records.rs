//! What is kept of enrolments in secure storage.
//!
//! | entry | holds |
//! |---|---|
//! | `push.enrolments` | the handles of all enrolments, separated by spaces |
//! | `push.<handle>` | the [`Record`]: `1.` and base64url of its JSON |
//! | `push.<handle>.keys` | the server's key set, as the server signed it |
//! | `push.<handle>.history.<n>` | a page of what was asked, `n` from 0: `1.` and base64url of its JSON |
//! | `push.<handle>.possession`, `.verification` | the signed claims of a pending enrolment |
//!
//! A handle is listed before anything else is written under it and struck off after everything else is gone. A
//! record is written after what it needs. So a handle without a record marks a step that a crash cut short: what
//! is under it may be erased, and nothing is ever left over unlisted.

use std::sync::{Arc, Mutex};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use countersign_protocol::{
    Secret,
    fields::{DisplayName, IdempotencyKey, OpaqueToken, ServerUrl},
    ids::EnrolmentId,
    jose::Jwk,
    push::Capability,
};
use serde::{Deserialize, Serialize};

use super::error::PushError;
use crate::{
    lock::locked,
    ports::{DeviceSigner, LONGEST_VALUE, Random, SecureStorage},
};

const INDEX: &str = "push.enrolments";
/// How many pages of history one enrolment has at most: more than 200 requests of usual length, and one of any length
/// on each.
pub(crate) const HISTORY_PAGES: usize = 40;
/// As many handles as the index can hold, rounded down.
const MOST_ENROLMENTS: usize = 100;

/// Names an enrolment on this device. The server's id cannot, as there is none before registration.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Handle(String);

impl Handle {
    fn random(random: &dyn Random) -> Result<Self, PushError> {
        Ok(Self(URL_SAFE_NO_PAD.encode(random.bytes::<12>()?)))
    }

    /// Name of the possession key in the signer.
    pub(crate) fn possession_key(&self) -> String {
        format!("enrol.{}.possession", self.0)
    }

    /// Name of the verification key in the signer.
    pub(crate) fn verification_key(&self) -> String {
        format!("enrol.{}.verification", self.0)
    }

    /// Name of its record.
    pub(crate) fn entry(&self) -> String {
        format!("push.{}", self.0)
    }

    fn history(&self, place: usize) -> String {
        self.part(&format!("history.{place}"))
    }

    fn part(&self, part: &str) -> String {
        format!("push.{}.{part}", self.0)
    }
}

/// One enrolment, as it is kept.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Record {
    Pending(PendingRecord),
    Enrolled(EnrolledRecord),
}

/// An enrolment that the server has not confirmed yet.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct PendingRecord {
    pub(crate) server: ServerUrl,
    pub(crate) ticket: OpaqueToken,
    /// The thumbprint in the enrolment link.
    pub(crate) root: String,
    pub(crate) idempotency_key: IdempotencyKey,
    pub(crate) possession_jkt: String,
    pub(crate) verification_jkt: Option<String>,
    /// What was offered.
    pub(crate) capabilities: Vec<Capability>,
}

/// An enrolment that the server has confirmed.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct EnrolledRecord {
    pub(crate) server: ServerUrl,
    pub(crate) enrolment_id: EnrolmentId,
    pub(crate) root: Jwk,
    pub(crate) possession_jkt: String,
    pub(crate) verification_jkt: Option<String>,
    /// What both sides can do.
    pub(crate) capabilities: Vec<Capability>,
    pub(crate) application: DisplayName,
    pub(crate) account: String,
    /// Seconds, by the server's clock.
    pub(crate) enrolled_at: i64,
}

impl EnrolledRecord {
    /// Whether answers may be signed by a verification key: there is one, and the server knows what it means.
    pub(crate) fn verifies_user(&self) -> bool {
        self.verification_jkt.is_some() && self.capabilities.contains(&Capability::UserVerification)
    }
}

/// The signed claims of a pending enrolment. They are kept so that a repeated registration is the same request
/// byte for byte: ES256 signs differently each time.
#[derive(Clone)]
pub(crate) struct Proofs {
    pub(crate) possession: String,
    pub(crate) verification: Option<String>,
}

/// All enrolments of this device. Every call may block.
pub(crate) struct Records {
    storage: Arc<dyn SecureStorage>,
    signer: Arc<dyn DeviceSigner>,
    /// Held while the index is read, changed and written.
    index: Mutex<()>,
}

impl Records {
    pub(crate) fn new(storage: Arc<dyn SecureStorage>, signer: Arc<dyn DeviceSigner>) -> Self {
        Self { storage, signer, index: Mutex::new(()) }
    }

    /// Every handle, oldest first.
    pub(crate) fn handles(&self) -> Result<Vec<Handle>, PushError> {
        let index = self.storage.get(INDEX)?.unwrap_or_default();
        Ok(index.split_ascii_whitespace().map(|handle| Handle(handle.to_owned())).collect())
    }

    /// Lists a new handle, with nothing under it.
    pub(crate) fn reserve(&self, random: &dyn Random) -> Result<Handle, PushError> {
        let handle = Handle::random(random)?;
        self.change_index(|handles| {
            if handles.len() >= MOST_ENROLMENTS {
                return Err(PushError::TooMany { limit: MOST_ENROLMENTS });
            }
            handles.push(handle.clone());
            Ok(())
        })?;
        Ok(handle)
    }

    /// The record, or `None` where a crash came before it was written or after it was removed.
    pub(crate) fn load(&self, handle: &Handle) -> Result<Option<Record>, PushError> {
        let entry = handle.entry();
        self.storage.get(&entry)?.map(|text| decode(entry, &Secret::new(text))).transpose()
    }

    /// Keeps a pending enrolment: its proofs, then its record.
    pub(crate) fn keep_pending(
        &self,
        handle: &Handle,
        record: PendingRecord,
        proofs: &Proofs,
    ) -> Result<(), PushError> {
        self.set(&handle.part("possession"), &proofs.possession)?;
        if let Some(verification) = &proofs.verification {
            self.set(&handle.part("verification"), verification)?;
        }
        self.keep(handle, &Record::Pending(record))
    }

    /// The proofs of a pending enrolment.
    pub(crate) fn proofs(&self, handle: &Handle, record: &PendingRecord) -> Result<Proofs, PushError> {
        let verification = match &record.verification_jkt {
            Some(_) => Some(self.get(&handle.part("verification"))?),
            None => None,
        };
        Ok(Proofs { possession: self.get(&handle.part("possession"))?, verification })
    }

    /// Turns a pending enrolment into a confirmed one: its key set, then its record.
    pub(crate) fn keep_enrolled(
        &self,
        handle: &Handle,
        record: EnrolledRecord,
        key_set: &str,
    ) -> Result<(), PushError> {
        self.keep_key_set(handle, key_set)?;
        self.keep(handle, &Record::Enrolled(record))
    }

    /// Removes what a confirmed enrolment needs no more.
    pub(crate) fn sweep(&self, handle: &Handle) -> Result<(), PushError> {
        self.storage.remove(&handle.part("possession"))?;
        Ok(self.storage.remove(&handle.part("verification"))?)
    }

    /// The key set of a confirmed enrolment, as the server signed it.
    pub(crate) fn key_set(&self, handle: &Handle) -> Result<String, PushError> {
        self.get(&handle.part("keys"))
    }

    /// Replaces the key set.
    pub(crate) fn keep_key_set(&self, handle: &Handle, key_set: &str) -> Result<(), PushError> {
        self.set(&handle.part("keys"), key_set)
    }

    /// The JSON of each page of the history, under the name of its entry, in no order.
    pub(crate) fn history(&self, handle: &Handle) -> Result<Vec<(String, Vec<u8>)>, PushError> {
        let mut pages = Vec::new();
        for place in 0..HISTORY_PAGES {
            let entry = handle.history(place);
            // Places are filled in order, and emptied in the other.
            let Some(text) = self.storage.get(&entry)? else { break };
            let json = decode_bytes(&entry, &Secret::new(text))?;
            // EXPOSE: what was asked is no secret to the app that shows it.
            pages.push((entry, json.expose().clone()));
        }
        Ok(pages)
    }

    /// Replaces what is kept in one place of the history.
    pub(crate) fn keep_history(&self, handle: &Handle, place: usize, json: &[u8]) -> Result<(), PushError> {
        // EXPOSE: secure storage is where it belongs.
        self.set(&handle.history(place), encode_bytes(json).expose())
    }

    /// How long an entry with this JSON is, in bytes.
    pub(crate) fn history_length(json: &[u8]) -> usize {
        encode_bytes(json).expose().len()
    }

    /// Whether the possession key is still on this device.
    pub(crate) fn has_key(&self, handle: &Handle) -> Result<bool, PushError> {
        Ok(self.signer.public_key(&handle.possession_key())?.is_some())
    }

    /// Removes everything under the handle, keys included, and the handle last. May be repeated.
    pub(crate) fn erase(&self, handle: &Handle) -> Result<(), PushError> {
        self.storage.remove(&handle.entry())?;
        self.signer.delete(&handle.possession_key())?;
        self.signer.delete(&handle.verification_key())?;
        self.storage.remove(&handle.part("keys"))?;
        self.erase_history(handle)?;
        self.sweep(handle)?;
        self.change_index(|handles| {
            handles.retain(|listed| listed != handle);
            Ok(())
        })
    }

    fn erase_history(&self, handle: &Handle) -> Result<(), PushError> {
        let mut filled = 0;
        while filled < HISTORY_PAGES && self.storage.get(&handle.history(filled))?.is_some() {
            filled += 1;
        }
        // The last first, so that what a crash leaves can be found by counting again.
        for place in (0..filled).rev() {
            self.storage.remove(&handle.history(place))?;
        }
        Ok(())
    }

    fn keep(&self, handle: &Handle, record: &Record) -> Result<(), PushError> {
        let entry = handle.entry();
        // EXPOSE: secure storage is where a pending ticket belongs.
        self.set(&entry, encode(&entry, record)?.expose())
    }

    fn change_index(
        &self,
        change: impl FnOnce(&mut Vec<Handle>) -> Result<(), PushError>,
    ) -> Result<(), PushError> {
        let _held = locked(&self.index);
        let mut handles = self.handles()?;
        change(&mut handles)?;
        if handles.is_empty() {
            return Ok(self.storage.remove(INDEX)?);
        }
        let texts: Vec<&str> = handles.iter().map(|handle| handle.0.as_str()).collect();
        self.set(INDEX, &texts.join(" "))
    }

    fn get(&self, entry: &str) -> Result<String, PushError> {
        let damaged = || PushError::Damaged { entry: entry.to_owned(), problem: "it is missing".to_owned() };
        self.storage.get(entry)?.ok_or_else(damaged)
    }

    fn set(&self, entry: &str, value: &str) -> Result<(), PushError> {
        if value.len() > LONGEST_VALUE {
            return Err(PushError::TooLong { limit: LONGEST_VALUE });
        }
        Ok(self.storage.set(entry, value)?)
    }
}

fn encode(entry: &str, record: &Record) -> Result<Secret<String>, PushError> {
    let json = serde_json::to_vec(record)
        .map_err(|error| PushError::Damaged { entry: entry.to_owned(), problem: error.to_string() })?;
    let json = Secret::new(json);
    // EXPOSE: becomes a secret text.
    Ok(encode_bytes(json.expose()))
}

fn encode_bytes(json: &[u8]) -> Secret<String> {
    Secret::new(format!("1.{}", URL_SAFE_NO_PAD.encode(json)))
}

fn decode(entry: String, text: &Secret<String>) -> Result<Record, PushError> {
    let json = decode_bytes(&entry, text)?;
    // EXPOSE: the ticket in it becomes an `OpaqueToken`.
    serde_json::from_slice(json.expose())
        .map_err(|error| PushError::Damaged { entry, problem: error.to_string() })
}

fn decode_bytes(entry: &str, text: &Secret<String>) -> Result<Secret<Vec<u8>>, PushError> {
    let damaged = |problem: String| PushError::Damaged { entry: entry.to_owned(), problem };
    // EXPOSE: taken apart, and a secret again.
    let Some((version, body)) = text.expose().split_once('.') else {
        return Err(damaged("it has no version".to_owned()));
    };
    if version != "1" {
        return Err(PushError::NewerEntry { entry: entry.to_owned() });
    }
    URL_SAFE_NO_PAD.decode(body).map(Secret::new).map_err(|error| damaged(error.to_string()))
}
