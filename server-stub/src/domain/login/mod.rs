//! A login, from the right password to the tokens.
//!
//! ```mermaid
//! stateDiagram-v2
//!   [*] --> MfaRequired: password good
//!   MfaRequired --> Authenticated: code good, or nothing enrolled, or device trusted
//!   MfaRequired --> Pending: push asked for
//!   Pending --> Pending: push asked for anew
//!   Pending --> Authenticated: approved, or a code good after all
//!   Pending --> MfaRequired: number wrong, or the request's time over
//!   Pending --> Denied: denied
//!   MfaRequired --> Cancelled: given up, or account closed
//!   Pending --> Cancelled: given up, or account closed
//!   MfaRequired --> Expired: ten minutes over
//!   Pending --> Expired: ten minutes over
//!   Authenticated --> Expired: ten minutes over, tokens not collected
//!   Authenticated --> Collected: tokens handed out, once
//! ```
//!
//! What time alone does is not written, but read off. Every other step consumes the [`Stage`] and is
//! written by one statement that names the state it leaves, so that of two steps at once one wins.

mod outcome;
mod start;
mod steps;
mod verify;
mod watch;

pub use self::{
    outcome::{collect, outcome, pending},
    start::{SignIn, start},
    steps::{ask, cancel, deny, finish, reopen, topic, withdraw},
    verify::verify,
    watch::{Watch, watch},
};

use countersign_protocol::{ProblemCode, Timestamp, ids::LoginId, push::DenyReason};

use super::{
    answer::{Answer, Fault, Stop, refuse},
    factors::Proven,
};
use crate::store::{
    Connection,
    logins::{self, Facts, OpenChallenge, Status, StoredLogin},
};

/// What carries a waiting login: the key that it began with, or the login token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginCaller {
    /// Thumbprint of the proven key.
    Key(String),
    /// Keyed hash of the login token.
    Token(String),
}

impl LoginCaller {
    /// The purpose under which login tokens are hashed.
    pub const TOKEN_PURPOSE: &'static str = "login_token";

    /// Names the caller, for its idempotency keys.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Key(text) | Self::Token(text) => text,
        }
    }

    fn carries(&self, facts: &Facts) -> bool {
        match self {
            Self::Key(jkt) => facts.jkt.as_ref() == Some(jkt),
            Self::Token(hash) => facts.login_token_hash.as_ref() == Some(hash),
        }
    }
}

/// A login and where it stands.
#[derive(Debug, Clone)]
pub struct Login {
    /// What was fixed when it began.
    pub facts: Facts,
    /// Where it stands.
    pub stage: Stage,
    /// What was proven so far.
    pub proven: Proven,
    /// Whether the device is to be trusted at the end.
    pub trust_device: bool,
    /// The last state that was written.
    written: Status,
    /// The push request that nobody has answered, also when its time is over.
    unanswered: Option<OpenChallenge>,
}

/// Where a login stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// A second factor is to be proven.
    MfaRequired,
    /// A push request waits for its answer.
    Pending(OpenChallenge),
    /// All is proven; the tokens wait for its caller.
    Authenticated {
        /// When the last factor was proven.
        at: Timestamp,
    },
    /// The tokens were handed out.
    Collected,
    /// Denied on a device.
    Denied(DenyReason),
    /// Given up by its caller, or its account was closed.
    Cancelled,
    /// Its time is over.
    Expired,
}

/// A step that the login does not wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the login is {at}, which does not allow this step")]
pub struct InvalidTransition {
    at: &'static str,
}

impl From<InvalidTransition> for Stop {
    fn from(error: InvalidTransition) -> Self {
        if error.at == Stage::Expired.name() {
            return refuse(ProblemCode::LoginExpired, "The login took longer than ten minutes. Begin again.");
        }
        refuse(ProblemCode::LoginState, format!("The login is {}. Ask for its state to go on.", error.at))
    }
}

impl Login {
    /// Whether a second factor may be proven now.
    ///
    /// # Errors
    /// `login_state`, `login_expired`.
    pub fn waits(&self) -> Answer<()> {
        match self.stage {
            Stage::MfaRequired | Stage::Pending(_) => Ok(()),
            _ => Err(self.stage.refused().into()),
        }
    }
}

impl Stage {
    /// Where a stored login stands now.
    fn of(stored: &StoredLogin, now: Timestamp) -> Result<Self, Fault> {
        let missing = |what: &str| Fault::Stored(format!("a login without {what}"));
        let open = stored.status != Status::Denied && stored.collected_at.is_none();
        Ok(match stored.status {
            Status::Denied => Self::Denied(stored.deny_reason.ok_or_else(|| missing("its reason"))?),
            Status::Authenticated if !open => Self::Collected,
            Status::Cancelled => Self::Cancelled,
            _ if !stored.user_active => Self::Cancelled,
            _ if now >= stored.facts.expires_at => Self::Expired,
            Status::Authenticated => {
                Self::Authenticated { at: stored.authenticated_at.ok_or_else(|| missing("its time"))? }
            }
            Status::MfaRequired => Self::MfaRequired,
            Status::Pending => match &stored.challenge {
                Some(challenge) if now < challenge.expires_at => Self::Pending(challenge.clone()),
                _ => Self::MfaRequired,
            },
        })
    }

    /// The name of the state, as in the `status` of an outcome where it has one.
    pub fn name(&self) -> &'static str {
        match self {
            Self::MfaRequired => "mfa_required",
            Self::Pending(_) => "pending",
            Self::Authenticated { .. } | Self::Collected => "authenticated",
            Self::Denied(_) => "denied",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    /// Whether nothing will change it any more, for whoever watches.
    pub fn is_final(&self) -> bool {
        !matches!(self, Self::MfaRequired | Self::Pending(_))
    }

    /// A push request was sent.
    fn ask(self, challenge: OpenChallenge) -> Result<Self, InvalidTransition> {
        match self {
            Self::MfaRequired | Self::Pending(_) => Ok(Self::Pending(challenge)),
            other => Err(other.refused()),
        }
    }

    /// All is proven.
    fn authenticate(self, at: Timestamp) -> Result<Self, InvalidTransition> {
        match self {
            Self::MfaRequired | Self::Pending(_) => Ok(Self::Authenticated { at }),
            other => Err(other.refused()),
        }
    }

    /// The push request was denied.
    fn deny(self, reason: DenyReason) -> Result<Self, InvalidTransition> {
        match self {
            Self::Pending(_) => Ok(Self::Denied(reason)),
            other => Err(other.refused()),
        }
    }

    /// The push request is closed and the login goes on without it.
    fn reopen(self) -> Result<Self, InvalidTransition> {
        match self {
            Self::Pending(_) => Ok(Self::MfaRequired),
            other => Err(other.refused()),
        }
    }

    /// Its caller gives up.
    fn cancel(self) -> Result<Self, InvalidTransition> {
        match self {
            Self::MfaRequired | Self::Pending(_) | Self::Authenticated { .. } => Ok(Self::Cancelled),
            other => Err(other.refused()),
        }
    }

    /// The tokens are handed out.
    fn collect(self) -> Result<Timestamp, InvalidTransition> {
        match self {
            Self::Authenticated { at } => Ok(at),
            other => Err(other.refused()),
        }
    }

    fn refused(&self) -> InvalidTransition {
        let at = if matches!(self, Self::Collected) {
            "finished, and its tokens were handed out"
        } else {
            self.name()
        };
        InvalidTransition { at }
    }

    fn written(&self) -> Status {
        match self {
            Self::MfaRequired | Self::Expired => Status::MfaRequired,
            Self::Pending(_) => Status::Pending,
            Self::Authenticated { .. } | Self::Collected => Status::Authenticated,
            Self::Denied(_) => Status::Denied,
            Self::Cancelled => Status::Cancelled,
        }
    }
}

/// Finds a login for whoever carries it.
///
/// # Errors
/// `login_not_found` if it is not there or another caller's; a fault.
pub async fn find_for(
    connection: &mut Connection,
    caller: &LoginCaller,
    id: LoginId,
    now: Timestamp,
) -> Answer<Login> {
    let login = find(connection, id, now).await?;
    login.filter(|login| caller.carries(&login.facts)).ok_or_else(|| {
        refuse(ProblemCode::LoginNotFound, "There is no such login for this caller. Begin again.")
    })
}

/// Finds a login for the server's own steps, such as the answer of a device.
///
/// # Errors
/// A fault of the store.
pub async fn find(connection: &mut Connection, id: LoginId, now: Timestamp) -> Answer<Option<Login>> {
    let Some(stored) = logins::find(connection, id).await? else { return Ok(None) };
    let stage = Stage::of(&stored, now)?;
    let proven = stored.amr.parse().map_err(|_| Fault::Stored("a login with unknown factors".to_owned()))?;
    let StoredLogin { facts, trust_device, status, challenge, .. } = stored;
    Ok(Some(Login { facts, stage, proven, trust_device, written: status, unanswered: challenge }))
}

#[cfg(test)]
mod tests;
