//! Push challenges of logins.

use countersign_protocol::{
    Timestamp,
    ids::{ChallengeId, UserId},
};

use super::{StoreError, Tx};

/// The topic that wakes the enrolled devices of a user when a challenge is made or closed.
pub fn topic(user_id: UserId) -> String {
    format!("push:{user_id}")
}

/// Closes an open challenge because its login went on without it. False if it was closed before.
///
/// # Errors
/// As any statement.
pub async fn supersede(
    tx: &mut Tx,
    id: ChallengeId,
    user_id: UserId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let supersede = "UPDATE mfa_push_challenges SET state = 'superseded', answered_at = $2 \
                     WHERE id = $1 AND state = 'open'";
    let closed =
        sqlx::query(supersede).bind(id.to_string()).bind(now.as_millis()).execute(tx.connection()).await?;
    tx.notify(&topic(user_id));
    Ok(closed.rows_affected() == 1)
}
