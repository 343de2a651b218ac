//! Mail and other messages to people.
//!
//! A message is queued in the transaction of what it tells, so that it goes out if and only if that happened.
//! Nothing is set up to send: the outbox keeps every message, for tests to read.

use countersign_protocol::{Timestamp, fields::Email};

use crate::store::{StoreError, Tx, outbox};

/// One mail. It is addressed, so it is not shown by `Debug`.
pub struct Mail {
    /// Who gets it.
    pub to: Email,
    /// Its subject.
    pub subject: String,
    /// Its text, plain.
    pub text: String,
    /// The code in it, for tests that would else have to search the text.
    pub code: Option<String>,
    /// The links in it, likewise.
    pub links: Vec<String>,
}

/// Queues a mail in the transaction of what it tells.
///
/// # Errors
/// [`StoreError`], as any statement.
pub async fn queue(tx: &mut Tx, mail: &Mail, now: Timestamp) -> Result<(), StoreError> {
    outbox::insert(tx, mail, true, now).await
}

/// Does what [`queue`] does, but for the mail: what takes as long tells nobody whether there is an account.
///
/// # Errors
/// [`StoreError`], as any statement.
pub async fn decoy(tx: &mut Tx, mail: &Mail, now: Timestamp) -> Result<(), StoreError> {
    outbox::insert(tx, mail, false, now).await
}
