//! How rows are hashed, and the check of a whole chain.

use countersign_protocol::ids::TenantId;
use ring::digest::{Context, SHA256};
use sqlx::{AnyConnection, Row, any::AnyRow};

use super::PersonalFields;
use crate::store::{StoreError, row::Columns as _};

/// What the first row of a chain follows.
pub(super) const GENESIS: [u8; 32] = [0; 32];
/// Separates these hashes from all others, and one format from the next.
const FORMAT: &[u8] = b"countersign audit row 1";
/// Rows read at a time.
const PAGE: i64 = 500;

/// A chain is not as it was written.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// A row is not there.
    #[error("audit row {seq} is missing; compare with a backup of the database")]
    Missing {
        /// Its number.
        seq: i64,
    },
    /// A row, or one before it, was changed.
    #[error("audit row {seq} is not as it was written; compare with a backup of the database")]
    Changed {
        /// The first number where the chain does not hold.
        seq: i64,
    },
    /// The rows could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for ChainError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// The part of a row that its hash covers.
pub(super) struct Link {
    pub(super) tenant_id: String,
    pub(super) seq: i64,
    pub(super) occurred_at: i64,
    pub(super) event: String,
    pub(super) outcome: String,
    pub(super) user_id: Option<String>,
    pub(super) method: Option<String>,
    pub(super) correlation_id: Option<String>,
    /// Of the fields in [`PersonalFields`], in their order.
    pub(super) commitments: [Vec<u8>; 5],
    pub(super) prev_hash: Vec<u8>,
}

impl Link {
    pub(super) fn hash(&self) -> Vec<u8> {
        let mut parts = vec![
            Some(FORMAT),
            Some(self.tenant_id.as_bytes()),
            Some(self.event.as_bytes()),
            Some(self.outcome.as_bytes()),
            self.user_id.as_deref().map(str::as_bytes),
            self.method.as_deref().map(str::as_bytes),
            self.correlation_id.as_deref().map(str::as_bytes),
            Some(&self.prev_hash),
        ];
        let numbers = [self.seq.to_be_bytes(), self.occurred_at.to_be_bytes()];
        parts.extend(numbers.iter().map(|number| Some(number.as_slice())));
        parts.extend(self.commitments.iter().map(|commitment| Some(commitment.as_slice())));
        digest(&parts)
    }
}

/// Checks the whole chain of a tenant, and gives the number of its rows. Entries that are appended meanwhile do no
/// harm; whether they are counted is open.
///
/// # Errors
/// [`ChainError::Missing`] or [`ChainError::Changed`] for the first row that is not as it was written. Where the
/// head was changed, that is a row at the end.
pub async fn verify(connection: &mut AnyConnection, tenant_id: TenantId) -> Result<i64, ChainError> {
    let tenant_id = tenant_id.to_string();
    let (last, last_hash) = head(connection, &tenant_id).await?;
    let (mut seq, mut hash) = (0, GENESIS.to_vec());
    while seq < last {
        let rows = page(connection, &tenant_id, seq, last).await?;
        if rows.is_empty() {
            return Err(ChainError::Missing { seq: seq + 1 });
        }
        for row in rows {
            seq += 1;
            hash = check(&row, &tenant_id, seq, &hash)?;
        }
    }
    if hash != last_hash {
        return Err(ChainError::Changed { seq });
    }
    // A head that was put back, or deleted, has rows after it.
    let newest = newest(connection, &tenant_id).await?;
    let (last, _) = head(connection, &tenant_id).await?;
    if newest > last { Err(ChainError::Changed { seq: last + 1 }) } else { Ok(seq) }
}

/// Every tenant that has a chain, or has to have one, in the order of their ids.
///
/// # Errors
/// As any statement.
pub async fn tenants(connection: &mut AnyConnection) -> Result<Vec<TenantId>, StoreError> {
    // A tenant whose own row was deleted is still one here, as are rows without a head and a head without rows.
    let tenants = "SELECT id AS tenant_id FROM tenants UNION SELECT tenant_id FROM mfa_audit_heads \
                   UNION SELECT tenant_id FROM mfa_audit_log ORDER BY tenant_id";
    let rows = sqlx::query(tenants).fetch_all(connection).await?;
    Ok(rows.iter().map(|row| row.parsed("tenant_id")).collect::<Result<_, _>>()?)
}

async fn head(connection: &mut AnyConnection, tenant_id: &str) -> Result<(i64, Vec<u8>), sqlx::Error> {
    let head = "SELECT seq, hash FROM mfa_audit_heads WHERE tenant_id = $1";
    let head = sqlx::query_as(head).bind(tenant_id).fetch_optional(connection).await?;
    Ok(head.unwrap_or((0, GENESIS.to_vec())))
}

async fn newest(connection: &mut AnyConnection, tenant_id: &str) -> Result<i64, sqlx::Error> {
    let newest = "SELECT COALESCE(MAX(seq), 0) FROM mfa_audit_log WHERE tenant_id = $1";
    sqlx::query_scalar(newest).bind(tenant_id).fetch_one(connection).await
}

async fn page(
    connection: &mut AnyConnection,
    tenant_id: &str,
    after: i64,
    last: i64,
) -> Result<Vec<AnyRow>, sqlx::Error> {
    let page =
        "SELECT * FROM mfa_audit_log WHERE tenant_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4";
    sqlx::query(page).bind(tenant_id).bind(after).bind(last).bind(PAGE).fetch_all(connection).await
}

/// Checks one row against what must be in its place, and gives its hash.
fn check(row: &AnyRow, tenant_id: &str, seq: i64, prev_hash: &[u8]) -> Result<Vec<u8>, ChainError> {
    if row.try_get::<i64, _>("seq")? != seq {
        return Err(ChainError::Missing { seq });
    }
    let link = Link {
        tenant_id: tenant_id.to_owned(),
        seq,
        occurred_at: row.try_get("occurred_at")?,
        event: row.try_get("event")?,
        outcome: row.try_get("outcome")?,
        user_id: row.try_get("user_id")?,
        method: row.try_get("method")?,
        correlation_id: row.try_get("correlation_id")?,
        commitments: [
            row.try_get("address_commitment")?,
            row.try_get("user_agent_commitment")?,
            row.try_get("device_commitment")?,
            row.try_get("location_commitment")?,
            row.try_get("metadata_commitment")?,
        ],
        prev_hash: row.try_get("prev_hash")?,
    };
    let personal = PersonalFields {
        address: row.try_get("address")?,
        user_agent: row.try_get("user_agent")?,
        device: row.try_get("device")?,
        location: row.try_get("location")?,
        metadata: row.try_get("metadata")?,
    };
    let salt: Option<Vec<u8>> = row.try_get("salt")?;
    let personal_holds = match salt {
        Some(salt) => commitments(&salt, &personal) == link.commitments,
        None => personal == PersonalFields::default(),
    };
    let hash: Vec<u8> = row.try_get("hash")?;
    if personal_holds && link.prev_hash == prev_hash && link.hash() == hash {
        Ok(hash)
    } else {
        Err(ChainError::Changed { seq })
    }
}

/// One commitment a field, so that each can be checked while its value and the salt are there.
pub(super) fn commitments(salt: &[u8], personal: &PersonalFields) -> [Vec<u8>; 5] {
    let commitment = |name: &str, value: &Option<String>| {
        digest(&[Some(salt), Some(name.as_bytes()), value.as_deref().map(str::as_bytes)])
    };
    [
        commitment("address", &personal.address),
        commitment("user_agent", &personal.user_agent),
        commitment("device", &personal.device),
        commitment("location", &personal.location),
        commitment("metadata", &personal.metadata),
    ]
}

/// SHA-256 over parts that cannot run into each other: 0 for an absent one, else 1, its length and its bytes.
fn digest(parts: &[Option<&[u8]>]) -> Vec<u8> {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&[u8::from(part.is_some())]);
        if let Some(bytes) = part {
            context.update(&u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(bytes);
        }
    }
    context.finish().as_ref().to_vec()
}
