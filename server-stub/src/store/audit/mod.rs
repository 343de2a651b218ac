//! The audit log: rows that are only added, each chained to the one before it by hash, one chain a tenant.
//!
//! `hash = H(format, tenant, seq, time, event, outcome, user, method, correlation id, commitments, previous hash)`
//! with every part preceded by its length. Personal fields and metadata are in it only as
//! `H(salt, name of the field, value)`. Erasing deletes fields and salt of a row: the commitments stay, so the chain
//! still verifies, and without the salt they tell nothing.
//!
//! The head of each chain is a row of its own. It makes appends to one chain wait for each other, and shows when rows
//! are missing at the end. So that a transaction holds it as short as can be, and takes no other lock while it does,
//! entries are queued ([`Tx::queue_audit`]) and appended when all else is done. The head is written before the commit,
//! once for all rows that a group of closures has appended.

mod chain;

use countersign_protocol::{
    Timestamp,
    fields::CorrelationId,
    ids::{TenantId, UserId},
};
use sqlx::Row;

pub use self::chain::{ChainError, tenants, verify};
use super::{StoreError, Tx};

/// Something that happened.
#[derive(Debug, Clone)]
pub struct AuditEntry {
    /// Whose chain it belongs to.
    pub tenant_id: TenantId,
    /// When.
    pub occurred_at: Timestamp,
    /// What: a name from the list of event types.
    pub event: &'static str,
    /// How it went, such as `success`, `failure`, `denied`.
    pub outcome: &'static str,
    /// Whose account it was about, where it is known.
    pub user_id: Option<UserId>,
    /// The method used, where there was one.
    pub method: Option<&'static str>,
    /// The request that it happened in.
    pub correlation_id: Option<CorrelationId>,
    /// What can be erased.
    pub personal: PersonalFields,
}

/// The part of an entry that is deleted when its user asks for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonalFields {
    /// Network address.
    pub address: Option<String>,
    /// User agent.
    pub user_agent: Option<String>,
    /// The device as it describes itself.
    pub device: Option<String>,
    /// Place.
    pub location: Option<String>,
    /// More about the event, as JSON.
    pub metadata: Option<String>,
}

/// Where a chain ends.
#[derive(Debug, Clone)]
pub(super) struct Head {
    /// Number of the last row; 0 where there is none.
    seq: i64,
    /// Its hash.
    hash: Vec<u8>,
}

/// Appends what a transaction has queued: always in the order of the tenants, so that no two wait for each other.
pub(super) async fn append_queued(tx: &mut Tx) -> Result<(), StoreError> {
    let mut entries = std::mem::take(&mut tx.entries);
    entries.sort_by_key(|(_, entry)| entry.tenant_id);
    for (salt, entry) in entries {
        append(tx, salt, &entry).await?;
    }
    Ok(())
}

/// Appends an entry to its tenant's chain and gives its number in it, from 1 on.
pub(super) async fn append(tx: &mut Tx, salt: [u8; 32], entry: &AuditEntry) -> Result<i64, StoreError> {
    let head = match tx.heads.remove(&entry.tenant_id) {
        Some(head) => head,
        None => hold(tx, entry.tenant_id).await?,
    };
    let link = chain::Link {
        tenant_id: entry.tenant_id.to_string(),
        seq: head.seq + 1,
        occurred_at: entry.occurred_at.as_millis(),
        event: entry.event.to_owned(),
        outcome: entry.outcome.to_owned(),
        user_id: entry.user_id.map(|id| id.to_string()),
        method: entry.method.map(str::to_owned),
        correlation_id: entry.correlation_id.as_ref().map(|id| id.as_str().to_owned()),
        commitments: chain::commitments(&salt, &entry.personal),
        prev_hash: head.hash,
    };
    let head = Head { seq: link.seq, hash: link.hash() };
    insert(tx, link, head.hash.clone(), salt, entry.personal.clone()).await?;
    let seq = head.seq;
    tx.heads.insert(entry.tenant_id, head);
    Ok(seq)
}

/// Reads where a chain ends, and keeps everybody else from appending to it until the transaction ends.
async fn hold(tx: &mut Tx, tenant_id: TenantId) -> Result<Head, StoreError> {
    let hold = "INSERT INTO mfa_audit_heads (tenant_id, seq, hash) VALUES ($1, 0, $2) \
                ON CONFLICT (tenant_id) DO UPDATE SET seq = mfa_audit_heads.seq RETURNING seq, hash";
    let head = sqlx::query(hold)
        .bind(tenant_id.to_string())
        .bind(chain::GENESIS.to_vec())
        .fetch_one(tx.connection())
        .await?;
    Ok(Head { seq: head.try_get("seq")?, hash: head.try_get("hash")? })
}

/// Writes where the chains end now, once for all that was appended to each.
pub(super) async fn write_heads(tx: &mut Tx) -> Result<(), sqlx::Error> {
    for (tenant_id, head) in std::mem::take(&mut tx.heads) {
        let write = "UPDATE mfa_audit_heads SET seq = $2, hash = $3 WHERE tenant_id = $1";
        let query = sqlx::query(write).bind(tenant_id.to_string()).bind(head.seq).bind(head.hash);
        query.execute(tx.connection()).await?;
    }
    Ok(())
}

async fn insert(
    tx: &mut Tx,
    link: chain::Link,
    hash: Vec<u8>,
    salt: [u8; 32],
    personal: PersonalFields,
) -> Result<(), StoreError> {
    let insert = "INSERT INTO mfa_audit_log (tenant_id, seq, occurred_at, event, outcome, user_id, method, \
                  correlation_id, address, user_agent, device, location, metadata, salt, address_commitment, \
                  user_agent_commitment, device_commitment, location_commitment, metadata_commitment, prev_hash, \
                  hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, \
                  $19, $20, $21)";
    let mut query = sqlx::query(insert)
        .bind(link.tenant_id)
        .bind(link.seq)
        .bind(link.occurred_at)
        .bind(link.event)
        .bind(link.outcome)
        .bind(link.user_id)
        .bind(link.method)
        .bind(link.correlation_id)
        .bind(personal.address)
        .bind(personal.user_agent)
        .bind(personal.device)
        .bind(personal.location)
        .bind(personal.metadata)
        .bind(salt.to_vec());
    for commitment in link.commitments {
        query = query.bind(commitment);
    }
    query.bind(link.prev_hash).bind(hash).execute(tx.connection()).await?;
    Ok(())
}

/// Deletes the personal fields and salts of all entries about a user, and gives how many entries had any.
///
/// # Errors
/// As any statement: [`StoreError::Busy`], [`StoreError::Database`].
pub async fn erase(tx: &mut Tx, user_id: UserId) -> Result<u64, StoreError> {
    let erase = "UPDATE mfa_audit_log SET address = NULL, user_agent = NULL, device = NULL, location = NULL, \
                 metadata = NULL, salt = NULL WHERE user_id = $1 AND salt IS NOT NULL";
    let erased = sqlx::query(erase).bind(user_id.to_string()).execute(tx.connection()).await?;
    Ok(erased.rows_affected())
}
