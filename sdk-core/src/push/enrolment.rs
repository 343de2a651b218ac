//! Enrolling a device, so that it is whole or not there at all.
//!
//! ```mermaid
//! stateDiagram-v2
//!   [*] --> pending: handle listed, keys made, claims signed, all of it kept
//!   pending --> pending: no answer, or the app was ended. The same request is sent again
//!   pending --> enrolled: receipt and key set verified under the root in the link, record replaced
//!   pending --> [*]: refused, or the answer was not believed. Everything is erased
//!   enrolled --> [*]: removed
//! ```
//!
//! A pending enrolment is kept before the server hears of it: keys, ticket, signed claims, idempotency key. So a
//! lost answer costs nothing: the same bytes are sent again and the server answers as it did. What a crash leaves
//! before that point has no record and is erased.

use std::time::Duration;

use countersign_protocol::{
    Timestamp,
    claims::{EnrolmentClaims, Header, ReceiptClaims, typ},
    enroll_uri::EnrollUri,
    fields::{DisplayName, IdempotencyKey, ServerUrl},
    ids::EnrolmentId,
    jose::Jwk,
    push::{Capability, DeviceKind, Enrolled, Register},
};

use super::{
    error::PushError,
    key_set::KeySet,
    records::{EnrolledRecord, Handle, PendingRecord, Proofs, Record, Records},
    request::check_text,
};
use crate::{
    crypto::{digest::sha256_base64url, jws, keys},
    ports::{DeviceSigner, KeyUse, Random},
};

const MESSAGE: &str = "receipt";
/// As long as a ticket lives.
const CLAIMS_LIFE: Duration = Duration::from_mins(10);

/// An account on a server whose requests this device may answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// Names it, on the server as well.
    pub id: EnrolmentId,
    /// The server or realm.
    pub server: ServerUrl,
    /// Who asks for approvals.
    pub application: DisplayName,
    /// The user, as shown at sign-in.
    pub account: String,
    /// When it was enrolled, by the server's clock.
    pub enrolled_at: Timestamp,
    /// Whether it can approve what requires the user to be verified.
    pub verifies_user: bool,
}

impl From<&EnrolledRecord> for Enrolment {
    fn from(record: &EnrolledRecord) -> Self {
        Self {
            id: record.enrolment_id,
            server: record.server.clone(),
            application: record.application.clone(),
            account: record.account.clone(),
            enrolled_at: Timestamp::from_seconds(record.enrolled_at),
            verifies_user: record.verifies_user(),
        }
    }
}

/// What the device asks the server for.
pub(crate) struct Proposal {
    pub(crate) uri: EnrollUri,
    pub(crate) name: DisplayName,
    pub(crate) kind: DeviceKind,
    /// Whether the user was verified just now, so that a verification key may be made and used.
    pub(crate) verified: bool,
    /// The server's time.
    pub(crate) now: Timestamp,
    /// New, for the registration and its repetitions.
    pub(crate) idempotency_key: IdempotencyKey,
}

/// An enrolment that is kept here and that the server has not confirmed.
pub(crate) struct Pending {
    handle: Handle,
    record: PendingRecord,
    proofs: Proofs,
}

impl Pending {
    /// Makes the keys, signs the claims with each, and keeps all that a repetition needs. May block.
    pub(crate) fn prepare(
        records: &Records,
        signer: &dyn DeviceSigner,
        random: &dyn Random,
        proposal: Proposal,
    ) -> Result<Self, PushError> {
        let handle = records.reserve(random)?;
        let prepared = sign_claims(&handle, signer, proposal).and_then(|(record, proofs)| {
            records.keep_pending(&handle, record.clone(), &proofs)?;
            Ok((record, proofs))
        });
        match prepared {
            Ok((record, proofs)) => Ok(Self { handle, record, proofs }),
            Err(error) => {
                // Where this fails too, the handle stays listed and is erased by the next resumption.
                records.erase(&handle).ok();
                Err(error)
            }
        }
    }

    /// Every pending enrolment, and why others cannot be read. What a crash left over is erased on the way. May
    /// block.
    pub(crate) fn load_all(records: &Records) -> Result<Vec<Result<Self, PushError>>, PushError> {
        let mut pending = Vec::new();
        for handle in records.handles()? {
            match Self::load(records, handle) {
                Ok(Some(one)) => pending.push(Ok(one)),
                Ok(None) => {}
                Err(error @ (PushError::Damaged { .. } | PushError::NewerEntry { .. })) => {
                    pending.push(Err(error));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(pending)
    }

    fn load(records: &Records, handle: Handle) -> Result<Option<Self>, PushError> {
        match records.load(&handle)? {
            // Restored to another device, whose server can never be told who asks.
            Some(Record::Pending(_)) if !records.has_key(&handle)? => records.erase(&handle).map(|()| None),
            Some(Record::Pending(record)) => {
                let proofs = records.proofs(&handle, &record)?;
                Ok(Some(Self { handle, record, proofs }))
            }
            Some(Record::Enrolled(_)) => records.sweep(&handle).map(|()| None),
            None => records.erase(&handle).map(|()| None),
        }
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    pub(crate) fn server(&self) -> &ServerUrl {
        &self.record.server
    }

    /// Whether it came from this link.
    pub(crate) fn is_from(&self, uri: &EnrollUri) -> bool {
        // EXPOSE: compared with the ticket that the person has just given.
        self.record.server == uri.server && self.record.ticket.expose() == uri.ticket.expose()
    }

    /// What is sent, the same each time.
    pub(crate) fn registration(&self) -> Register {
        Register {
            ticket: self.record.ticket.clone(),
            enrolment: self.proofs.possession.clone(),
            verification: self.proofs.verification.clone(),
        }
    }

    /// Makes a repetition known as one.
    pub(crate) fn idempotency_key(&self) -> &IdempotencyKey {
        &self.record.idempotency_key
    }

    /// Believes the server's answer if everything in it fits what was sent and what the link pinned.
    pub(crate) fn confirm(self, answer: Enrolled) -> Result<(EnrolledRecord, KeySet), PushError> {
        let record = self.record;
        if keys::thumbprint(&answer.root) != record.root {
            return Err(PushError::WrongRoot);
        }
        let not_believed = |source| PushError::NotBelieved { message: MESSAGE, source };
        let root = keys::PublicKey::try_from(&answer.root).map_err(not_believed)?;
        let receipt: ReceiptClaims =
            jws::verify(&answer.receipt, typ::RECEIPT, true, &root).map_err(not_believed)?;
        let capabilities = check_receipt(&receipt, &record, answer.enrolment_id)?;
        let key_set = KeySet::verify(answer.key_set, &root, &record.server)?;
        let enrolled = EnrolledRecord {
            server: record.server,
            enrolment_id: answer.enrolment_id,
            root: answer.root,
            possession_jkt: record.possession_jkt,
            verification_jkt: record.verification_jkt,
            capabilities,
            application: receipt.application,
            account: receipt.account,
            enrolled_at: receipt.iat,
        };
        Ok((enrolled, key_set))
    }
}

fn sign_claims(
    handle: &Handle,
    signer: &dyn DeviceSigner,
    proposal: Proposal,
) -> Result<(PendingRecord, Proofs), PushError> {
    let Proposal { uri, name, kind, verified, now, idempotency_key } = proposal;
    let possession_key = signer.create(&handle.possession_key(), KeyUse::Possession)?;
    let verification_key =
        if verified { Some(signer.create(&handle.verification_key(), KeyUse::Verification)?) } else { None };
    let mut capabilities = vec![Capability::NumberMatching, Capability::EventStream];
    if verified {
        capabilities.push(Capability::UserVerification);
    }
    let record = PendingRecord {
        server: uri.server.clone(),
        ticket: uri.ticket.clone(),
        root: uri.root,
        idempotency_key,
        possession_jkt: keys::thumbprint(&possession_key),
        verification_jkt: verification_key.as_ref().map(keys::thumbprint),
        capabilities: capabilities.clone(),
    };
    let claims = EnrolmentClaims {
        aud: uri.server,
        iat: now.as_seconds(),
        exp: now.plus(CLAIMS_LIFE).as_seconds(),
        // EXPOSE: hashed, to bind the keys to the ticket.
        ticket_hash: sha256_base64url(uri.ticket.expose().as_bytes()),
        possession_key: possession_key.clone(),
        verification_key: verification_key.clone(),
        name,
        kind,
        capabilities,
    };
    let sign = |name: &str, key: Jwk| {
        jws::sign(signer, name, &Header::new(typ::ENROLMENT).versioned().with_jwk(key), &claims)
    };
    let possession = sign(&handle.possession_key(), possession_key)?;
    let verification = match verification_key {
        Some(key) => Some(sign(&handle.verification_key(), key)?),
        None => None,
    };
    Ok((record, Proofs { possession, verification }))
}

/// Gives the capabilities that both sides know.
fn check_receipt(
    receipt: &ReceiptClaims,
    sent: &PendingRecord,
    enrolment_id: EnrolmentId,
) -> Result<Vec<Capability>, PushError> {
    let foreign = |member| Err(PushError::Foreign { message: MESSAGE, member });
    if receipt.iss != sent.server {
        return foreign("iss");
    }
    if receipt.aud != enrolment_id {
        return foreign("aud");
    }
    // EXPOSE: hashed, to be compared with what the server confirms.
    if receipt.ticket_hash != sha256_base64url(sent.ticket.expose().as_bytes()) {
        return foreign("ticket_hash");
    }
    if receipt.possession_jkt != sent.possession_jkt {
        return foreign("possession_jkt");
    }
    if receipt.verification_jkt != sent.verification_jkt {
        return foreign("verification_jkt");
    }
    let known =
        receipt.capabilities.iter().filter(|capability| !matches!(capability, Capability::Unknown(_)));
    let capabilities: Vec<_> = known.cloned().collect();
    if capabilities.iter().any(|capability| !sent.capabilities.contains(capability)) {
        return foreign("capabilities");
    }
    check_text(MESSAGE, "account", &receipt.account)?;
    Ok(capabilities)
}
