//! What a realm does without being asked: deleting what is over.
//!
//! Accounts, factors, devices, sessions (for the reason of their end) and the audit log are kept.

use std::{sync::Arc, time::Duration};

use super::answer::Answer;
use crate::{store::purge, world::World};

/// From the begin of one round to that of the next, as time passes on the realm's clock: that somebody sets the clock
/// back must not stop it.
const EVERY: Duration = Duration::from_mins(10);
/// How long a login is told as over, before it is not known any more.
const LOGINS: Duration = Duration::from_hours(24);
/// How long tokens are recognised after the longest life of what they belonged to, to tell why it has ended.
const TOKENS: Duration = Duration::from_hours(30 * 24);
/// The longer window of attempts.
const ATTEMPTS: Duration = Duration::from_hours(1);

/// Deletes what is over, now and every ten minutes, for as long as it is run.
pub async fn run(world: Arc<World>) {
    loop {
        let next = world.clock.monotonic().saturating_add(EVERY);
        if let Err(stop) = delete_over(&world).await {
            // The next round tries again.
            tracing::warn!(realm = world.realm, ?stop, "what is over could not be deleted");
        }
        world.clock.pause_until(next).await;
    }
}

/// Deletes what is over, in small transactions.
///
/// # Errors
/// A fault of the store. What was deleted before it stays so.
pub async fn delete_over(world: &World) -> Answer<()> {
    let (now, policy) = (world.now(), &world.policy);
    let over = [
        (purge::IDEMPOTENCY, now),
        (purge::TICKETS, now),
        (purge::LOGINS, now.minus(LOGINS)),
        (purge::REFRESH_TOKENS, now.minus(policy.session_life + TOKENS)),
        (purge::TRUST_TOKENS, now.minus(policy.trust_life + TOKENS)),
        (purge::ATTEMPTS, now.minus(ATTEMPTS)),
    ];
    for (kind, over) in over {
        let batch =
            || world.transact(move |tx| Box::pin(async move { Ok(purge::batch(tx, kind, over).await?) }));
        while batch().await? == purge::BATCH {}
    }
    Ok(())
}
