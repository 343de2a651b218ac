//! Limits of attempts, over all logins and routes.
//!
//! An attempt is claimed **before** it is checked, and only a [`Claim`] opens what was checked. A good attempt is
//! given back; so what stays counted is failures, and attempts that never came to an end.
//!
//! ```mermaid
//! stateDiagram-v2
//!   [*] --> claimed: claim
//!   [*] --> refused: a window is full, or the authenticator is paused
//!   claimed --> [*]: succeed (given back, failures and locks of the authenticator forgotten)
//!   claimed --> [*]: give_back (as if it had not been made)
//!   claimed --> failed: fail
//!   failed --> paused: three in a row, for 2 s; four, for 4 s
//!   paused --> [*]: the time is over
//!   failed --> locked: five in a row
//!   locked --> [*]: 15 minutes over, twice as long each time
//!   failed --> disabled: a hundred in a row, over all locks
//! ```

use std::time::Duration;

use countersign_protocol::{ProblemCode, Timestamp, fields::Email};

use super::{
    answer::{Answer, Stop, refuse},
    durations::in_words,
    policy::Attempts,
};
use crate::{
    store::{
        Connection, Tx,
        attempts::{self, Ceilings, Counter, Failure, HOUR, MINUTE, Scope, Subjects},
    },
    world::World,
};

/// The code generators of an account, among its authenticators.
pub const TOTP: &str = "totp";
/// The code generator that it is setting up. Attempts at it do not lock those that are enabled.
pub const TOTP_SETUP: &str = "totp_setup";

/// The one key of an account in every counter: the same for all spellings of its address, and there for addresses
/// that have no account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountKey(String);

impl AccountKey {
    /// The key of the account with this address.
    pub fn of(world: &World, email: &Email) -> Self {
        Self(world.keys.token_hash("attempts", &email.canonical()))
    }

    /// An attempt to sign in with its password, from this address.
    pub fn password(&self, address: &str) -> Subjects {
        self.attempt("password", address)
    }

    /// An attempt to prove it by a code generator.
    pub fn totp(&self, address: &str) -> Subjects {
        self.attempt(TOTP, address)
    }

    /// An attempt to confirm a new code generator.
    pub fn totp_setup(&self, address: &str) -> Subjects {
        self.attempt(TOTP_SETUP, address)
    }

    /// An attempt to sign up with its address. It does not count as one at the account.
    pub fn sign_up(&self, address: &str) -> Subjects {
        Subjects { account: format!("sign_up:{}", self.0), ..self.attempt("sign_up", address) }
    }

    /// The name of one of its authenticators.
    pub fn authenticator(&self, method: &str) -> String {
        format!("{method}:{}", self.0)
    }

    fn attempt(&self, method: &str, address: &str) -> Subjects {
        Subjects {
            authenticator: self.authenticator(method),
            account: self.0.clone(),
            address: address.to_owned(),
        }
    }
}

/// One attempt that was counted and may be checked.
#[derive(Debug)]
#[must_use = "an attempt that is neither good nor bad stays counted"]
pub struct Claim {
    subjects: Subjects,
    authenticator: Counter,
}

/// What a failure left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failed {
    /// Failures that are left before the lock.
    pub attempts_left: u32,
    /// What it brought.
    pub penalty: Penalty,
}

/// What a failure brings to its authenticator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Penalty {
    /// The next attempt may be made at once.
    None,
    /// The next attempt has to wait so long.
    Pause(Duration),
    /// It is locked for so long.
    Lock(Duration),
    /// It is not to be accepted any more, until it is bound anew.
    Disabled,
}

/// Whether an attempt would be refused now; reads only. It saves the work of attempts that cannot be claimed.
///
/// # Errors
/// `too_many_requests` with the seconds to wait.
pub async fn check(connection: &mut Connection, world: &World, subjects: &Subjects) -> Answer<()> {
    let counters = attempts::read(connection, subjects).await?;
    let wait = wait(&counters, &world.policy.attempts, world.now());
    wait.map_or(Ok(()), |wait| Err(too_many(wait)))
}

/// Counts an attempt. In one statement: of any number that are made at once, no more than the limit come through.
///
/// # Errors
/// `too_many_requests` with the seconds to wait.
pub async fn claim(tx: &mut Tx, world: &World, subjects: Subjects) -> Answer<Claim> {
    let policy = &world.policy.attempts;
    let limits = [policy.authenticator, policy.account, policy.address];
    let ceilings =
        Ceilings { minute: limits.map(|limit| limit.per_minute), hour: limits.map(|limit| limit.per_hour) };
    let granted = attempts::claim(tx, &subjects, world.now(), &ceilings).await?;
    let scopes: Vec<_> = granted.iter().map(|counter| counter.scope).collect();
    match granted.into_iter().find(|counter| counter.scope == Scope::Authenticator) {
        Some(authenticator) if scopes.len() == 3 => Ok(Claim { subjects, authenticator }),
        _ => {
            attempts::give_back(tx, &subjects, &scopes).await?;
            let counters = attempts::read(tx.connection(), &subjects).await?;
            Err(too_many(wait(&counters, policy, world.now()).unwrap_or(Duration::from_millis(1))))
        }
    }
}

impl Claim {
    /// How long the authenticator stays locked. One that was disabled and is still asked for, as there is no other way
    /// to sign in, is locked for as long as a lock can last, whenever that is asked.
    pub fn locked_for(&self, world: &World) -> Option<Duration> {
        let policy = &world.policy.attempts;
        if self.authenticator.failures >= policy.disable_after {
            return Some(policy.longest_lock);
        }
        self.authenticator.locked_until.and_then(|until| rest(until, world.now()))
    }

    /// The attempt was good.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn succeed(self, tx: &mut Tx) -> Answer<()> {
        Ok(attempts::succeed(tx, &self.subjects).await?)
    }

    /// The attempt was good, and is refused for another reason: as if it had not been made.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn give_back(self, tx: &mut Tx) -> Answer<()> {
        let all = [Scope::Authenticator, Scope::Account, Scope::Address];
        Ok(attempts::give_back(tx, &self.subjects, &all).await?)
    }

    /// The attempt was bad.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn fail(self, tx: &mut Tx, world: &World) -> Answer<Failed> {
        let (policy, now) = (&world.policy.attempts, world.now());
        let lock = policy.lock(self.authenticator.lock_count);
        let delay = policy.delay(self.authenticator.streak.saturating_add(1));
        let brings = Failure {
            delayed_until: delay.map(|delay| now.plus(delay)),
            lock_after: policy.lock_after,
            locked_until: now.plus(lock),
        };
        let counter = attempts::fail(tx, &self.subjects.authenticator, &brings).await?;
        let locked = counter.lock_count > self.authenticator.lock_count;
        // Again with each lock, where it could not be taken out of use.
        let disabled =
            counter.failures == policy.disable_after || (locked && counter.failures > policy.disable_after);
        let penalty = match delay {
            _ if disabled => Penalty::Disabled,
            _ if locked => Penalty::Lock(lock),
            Some(delay) => Penalty::Pause(delay),
            None => Penalty::None,
        };
        let left = if locked || disabled { 0 } else { policy.lock_after.saturating_sub(counter.streak) };
        Ok(Failed { attempts_left: left, penalty })
    }
}

/// Begins the count of failures anew, for an authenticator that was taken out of use or replaced.
///
/// # Errors
/// A fault of the store.
pub async fn forget(tx: &mut Tx, authenticator: &str) -> Answer<()> {
    Ok(attempts::forget(tx, authenticator).await?)
}

/// How long one authenticator stays locked.
///
/// # Errors
/// A fault of the store.
pub async fn locked_for(
    connection: &mut Connection,
    authenticator: &str,
    now: Timestamp,
) -> Answer<Option<Duration>> {
    let until = attempts::locked_until(connection, authenticator).await?;
    Ok(until.and_then(|until| rest(until, now)))
}

/// Whole seconds for `Retry-After`, never too few.
pub fn seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

fn too_many(wait: Duration) -> Stop {
    let detail = format!("Too many attempts. Try again in {}.", in_words(wait));
    refuse(ProblemCode::TooManyRequests, detail).retry_after(seconds(wait))
}

/// How long until all three windows have room and the pause is over.
fn wait(counters: &[Counter], policy: &Attempts, now: Timestamp) -> Option<Duration> {
    let full = |start: Timestamp, count: u32, most: u32, window: i64| {
        let end = start.plus(Duration::from_millis(u64::try_from(window).unwrap_or_default()));
        (count >= most && start <= now).then(|| rest(end, now)).flatten()
    };
    let waits = counters.iter().flat_map(|counter| {
        let limit = match counter.scope {
            Scope::Authenticator => policy.authenticator,
            Scope::Account => policy.account,
            Scope::Address => policy.address,
        };
        [
            full(counter.minute_start, counter.minute_count, limit.per_minute, MINUTE),
            full(counter.hour_start, counter.hour_count, limit.per_hour, HOUR),
            counter.delayed_until.and_then(|until| rest(until, now)),
        ]
    });
    waits.flatten().max()
}

fn rest(until: Timestamp, now: Timestamp) -> Option<Duration> {
    (until > now).then(|| until.since(now))
}
