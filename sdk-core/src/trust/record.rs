//! What the entry of one server holds, as JSON.

use countersign_protocol::{
    Secret, Timestamp,
    fields::{Email, ServerUrl},
    login::TrustGrant,
};
use serde::{Deserialize, Serialize};

use crate::crypto::digest::sha256_base64url;

const VERSION: u32 = 1;

/// The tokens of one server. They count only under the device key that they were kept with.
#[derive(Serialize, Deserialize)]
pub(super) struct Record {
    version: u32,
    /// Thumbprint of the device key.
    key: String,
    /// The one kept last is at the end.
    users: Vec<Kept>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    user: String,
    grant: TrustGrant,
}

/// A user in the entry: 22 characters, of 128 bits of SHA-256 over server and canonical address.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct UserTag(String);

impl UserTag {
    pub(super) fn new(server: &ServerUrl, user: &Email) -> Self {
        let mut tag = sha256_base64url(format!("{server}\0{}", user.canonical()).as_bytes());
        tag.truncate(22);
        Self(tag)
    }
}

impl Record {
    pub(super) fn new(key: String) -> Self {
        Self { version: VERSION, key, users: Vec::new() }
    }

    /// `None` if the text is damaged or of another version.
    pub(super) fn read(text: &Secret<String>) -> Option<Self> {
        // EXPOSE: the tokens inside become secrets of their own.
        let record: Self = serde_json::from_str(text.expose()).ok()?;
        (record.version == VERSION).then_some(record)
    }

    pub(super) fn write(&self) -> Result<Secret<String>, serde_json::Error> {
        serde_json::to_string(self).map(Secret::new)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    pub(super) fn is_of(&self, key: &str) -> bool {
        self.key == key
    }

    pub(super) fn grant(&self, user: &UserTag) -> Option<&TrustGrant> {
        self.users.iter().find(|kept| kept.user == user.0).map(|kept| &kept.grant)
    }

    /// Puts the grant in the place of an earlier one. Tells how many of other users gave way to it.
    pub(super) fn keep(&mut self, user: UserTag, grant: TrustGrant, most: usize) -> usize {
        self.remove(&user);
        let excess = (self.users.len() + 1).saturating_sub(most);
        self.users.drain(..excess);
        self.users.push(Kept { user: user.0, grant });
        excess
    }

    /// Tells whether there was one.
    pub(super) fn remove(&mut self, user: &UserTag) -> bool {
        self.retain(|kept| kept.user != user.0)
    }

    /// Tells whether there were any.
    pub(super) fn remove_expired(&mut self, now: Timestamp) -> bool {
        self.retain(|kept| now < kept.grant.expires_at)
    }

    fn retain(&mut self, wanted: impl FnMut(&Kept) -> bool) -> bool {
        let before = self.users.len();
        self.users.retain(wanted);
        self.users.len() < before
    }
}
