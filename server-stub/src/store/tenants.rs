//! Organisations.

use countersign_protocol::{Timestamp, fields::DisplayName, ids::TenantId};

use super::{StoreError, Tx};

/// Adds a tenant.
///
/// # Errors
/// As any statement.
pub async fn insert(tx: &mut Tx, id: TenantId, name: &DisplayName, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO tenants (id, name, created_at) VALUES ($1, $2, $3)")
        .bind(id.to_string())
        .bind(name.as_str())
        .bind(now.as_millis())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// The tenant of whoever runs the server. Its audit chain takes what belongs to no other tenant, such as attempts
/// at accounts that are not there. Made when it is first needed.
///
/// # Errors
/// As any statement.
pub async fn operator(tx: &mut Tx, now: Timestamp) -> Result<TenantId, StoreError> {
    let id = TenantId::from_parts(0, 0);
    sqlx::query(
        "INSERT INTO tenants (id, name, created_at) VALUES ($1, 'Operator', $2) ON CONFLICT DO NOTHING",
    )
    .bind(id.to_string())
    .bind(now.as_millis())
    .execute(tx.connection())
    .await?;
    Ok(id)
}
