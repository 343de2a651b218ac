//! What enrolled devices are asked, and their answers.

use countersign_protocol::{
    Timestamp,
    ids::{ChallengeId, EnrolmentId, LoginId, UserId},
    push::{ChallengeState, DenyReason},
};
use sqlx::{Row as _, any::AnyRow};

use super::{
    Connection, StoreError, Tx,
    row::{Columns as _, name_of},
};

/// The topic that wakes the enrolled devices of a user when a challenge is made or closed.
pub fn topic(user_id: UserId) -> String {
    format!("push:{user_id}")
}

/// One request for approval.
#[derive(Debug, Clone)]
pub struct Challenge {
    /// Names it.
    pub id: ChallengeId,
    /// The login that waits for it.
    pub login_id: LoginId,
    /// Who is asked.
    pub user_id: UserId,
    /// How it stands, as last written: one that is open may be over by time.
    pub state: ChallengeState,
    /// The number, sealed to [`super::logins::number_place`].
    pub number_sealed: Vec<u8>,
    /// When it was sent.
    pub created_at: Timestamp,
    /// End of its life.
    pub expires_at: Timestamp,
}

impl Challenge {
    /// How it stands now.
    pub fn state_at(&self, now: Timestamp) -> ChallengeState {
        match self.state {
            ChallengeState::Open if now >= self.expires_at => ChallengeState::Expired,
            state => state,
        }
    }
}

/// How many challenges were sent to a user since then, and when the oldest of them was.
///
/// # Errors
/// As any statement.
pub async fn sent_since(
    tx: &mut Tx,
    user: UserId,
    since: Timestamp,
) -> Result<(i64, Option<Timestamp>), StoreError> {
    let count = "SELECT COUNT(*) AS sent, MIN(created_at) AS oldest FROM mfa_push_challenges \
                 WHERE user_id = $1 AND created_at > $2";
    let row =
        sqlx::query(count).bind(user.to_string()).bind(since.as_millis()).fetch_one(tx.connection()).await?;
    Ok((row.try_get("sent")?, row.maybe_time("oldest")?))
}

/// Adds an open challenge and wakes its user's devices.
///
/// # Errors
/// As any statement.
pub async fn insert_challenge(tx: &mut Tx, challenge: &Challenge) -> Result<(), StoreError> {
    let insert = "INSERT INTO mfa_push_challenges (id, login_id, user_id, state, number_sealed, created_at, expires_at) \
                  VALUES ($1, $2, $3, 'open', $4, $5, $6)";
    sqlx::query(insert)
        .bind(challenge.id.to_string())
        .bind(challenge.login_id.to_string())
        .bind(challenge.user_id.to_string())
        .bind(challenge.number_sealed.clone())
        .bind(challenge.created_at.as_millis())
        .bind(challenge.expires_at.as_millis())
        .execute(tx.connection())
        .await?;
    tx.notify(&topic(challenge.user_id));
    Ok(())
}

/// Adds what a challenge asks of one device.
///
/// # Errors
/// As any statement.
pub async fn insert_request(
    tx: &mut Tx,
    challenge: ChallengeId,
    device: EnrolmentId,
    request: &str,
) -> Result<(), StoreError> {
    let insert = "INSERT INTO mfa_push_requests (challenge_id, enrolment_id, request) VALUES ($1, $2, $3)";
    sqlx::query(insert)
        .bind(challenge.to_string())
        .bind(device.to_string())
        .bind(request)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// A challenge and what it asks of this device; `None` if it asks it nothing.
///
/// # Errors
/// As any statement.
pub async fn asked_of(
    connection: &mut Connection,
    id: ChallengeId,
    device: EnrolmentId,
) -> Result<Option<(Challenge, String)>, StoreError> {
    let select = "SELECT c.id, c.login_id, c.user_id, c.state, c.number_sealed, c.created_at, c.expires_at, r.request \
                  FROM mfa_push_requests r JOIN mfa_push_challenges c ON c.id = r.challenge_id \
                  WHERE r.challenge_id = $1 AND r.enrolment_id = $2";
    let query = sqlx::query(select).bind(id.to_string()).bind(device.to_string());
    let row = query.fetch_optional(connection).await?;
    Ok(row.map(|row| Ok::<_, sqlx::Error>((challenge(&row)?, row.try_get("request")?))).transpose()?)
}

/// From the user's challenges that are not over, which are few, to what they ask of the device.
const RECENT: &str = "SELECT c.id, c.login_id, c.user_id, c.state, c.number_sealed, c.created_at, c.expires_at, \
                      r.request FROM mfa_push_challenges c \
                      JOIN mfa_push_requests r ON r.challenge_id = c.id AND r.enrolment_id = $1 \
                      WHERE c.user_id = $2 AND c.expires_at > $3 ORDER BY c.created_at, c.id";

/// What was asked of this device of this user and is not over by time, oldest first, with the signed request.
///
/// # Errors
/// As any statement.
pub async fn recent_of_device(
    connection: &mut Connection,
    device: EnrolmentId,
    user: UserId,
    now: Timestamp,
) -> Result<Vec<(Challenge, String)>, StoreError> {
    let query = sqlx::query(RECENT).bind(device.to_string()).bind(user.to_string()).bind(now.as_millis());
    let rows = query.fetch_all(connection).await?;
    let requests = rows.iter().map(|row| Ok::<_, sqlx::Error>((challenge(row)?, row.try_get("request")?)));
    Ok(requests.collect::<Result<_, _>>()?)
}

/// The logins of a user that wait for a challenge, oldest first, also where its time is over.
///
/// # Errors
/// As any statement.
pub async fn logins_asking(connection: &mut Connection, user: UserId) -> Result<Vec<LoginId>, StoreError> {
    let select = "SELECT login_id FROM mfa_push_challenges WHERE user_id = $1 AND state = 'open' \
                  ORDER BY created_at, id";
    let rows = sqlx::query(select).bind(user.to_string()).fetch_all(connection).await?;
    Ok(rows.iter().map(|row| row.parsed("login_id")).collect::<Result<_, _>>()?)
}

/// Closes an open challenge that nobody answered: it was superseded, or its time is over. Wakes its user's devices.
/// False if it was closed before.
///
/// # Errors
/// As any statement.
pub async fn close_unanswered(
    tx: &mut Tx,
    id: ChallengeId,
    user_id: UserId,
    state: ChallengeState,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let close =
        "UPDATE mfa_push_challenges SET state = $2, answered_at = $3 WHERE id = $1 AND state = 'open'";
    let closed = sqlx::query(close)
        .bind(id.to_string())
        .bind(name_of(&state)?)
        .bind(now.as_millis())
        .execute(tx.connection())
        .await?;
    tx.notify(&topic(user_id));
    Ok(closed.rows_affected() == 1)
}

/// How an open challenge is closed.
pub struct Closing<'a> {
    /// To this state.
    pub state: ChallengeState,
    /// With this reason of a denial.
    pub reason: Option<DenyReason>,
    /// By this device and its signed answer.
    pub by: (EnrolmentId, &'a str),
}

/// Closes a challenge that is open and wakes its user's devices; one caller only is told true.
///
/// # Errors
/// As any statement.
pub async fn close(
    tx: &mut Tx,
    challenge: &Challenge,
    closing: &Closing<'_>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let close = "UPDATE mfa_push_challenges SET state = $2, reason = $3, answered_by = $4, answered_at = $5 \
                 WHERE id = $1 AND state = 'open'";
    let closed = sqlx::query(close)
        .bind(challenge.id.to_string())
        .bind(name_of(&closing.state)?)
        .bind(closing.reason.as_ref().map(name_of).transpose()?)
        .bind(closing.by.0.to_string())
        .bind(now.as_millis())
        .execute(tx.connection())
        .await?;
    if closed.rows_affected() == 1 {
        let (device, response) = closing.by;
        let keep = "UPDATE mfa_push_requests SET response = $3 WHERE challenge_id = $1 AND enrolment_id = $2";
        sqlx::query(keep)
            .bind(challenge.id.to_string())
            .bind(device.to_string())
            .bind(response)
            .execute(tx.connection())
            .await?;
    }
    tx.notify(&topic(challenge.user_id));
    Ok(closed.rows_affected() == 1)
}

fn challenge(row: &AnyRow) -> Result<Challenge, sqlx::Error> {
    Ok(Challenge {
        id: row.parsed("id")?,
        login_id: row.parsed("login_id")?,
        user_id: row.parsed("user_id")?,
        state: row.named("state")?,
        number_sealed: row.try_get("number_sealed")?,
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use sqlx::Row as _;

    use super::RECENT;
    use crate::store::{Database, Store, StoreError};

    #[tokio::test]
    async fn a_wake_reads_no_challenge_that_is_over() {
        let store = Store::open(&Database::Memory { name: "plan".to_owned() }).await.unwrap();
        let plan = store.read(|connection| {
            Box::pin(async move {
                let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {RECENT}"));
                let rows = sqlx::query(explain).bind("").bind("").bind(0_i64).fetch_all(connection).await?;
                let steps = rows.iter().map(|row| row.try_get::<String, _>("detail"));
                Ok::<_, StoreError>(steps.collect::<Result<Vec<_>, _>>()?)
            })
        });
        let plan = plan.await.unwrap();
        let by_end = "SEARCH c USING INDEX mfa_push_challenges_by_end (user_id=? AND expires_at>?)";
        assert_eq!(plan[0], by_end, "{plan:?}");
        assert!(plan[1].starts_with("SEARCH r USING INDEX"), "{plan:?}");
    }
}
