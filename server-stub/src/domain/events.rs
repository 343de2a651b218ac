//! What the audit log tells, and how it is written: in the transaction of what happened.

use countersign_protocol::{
    fields::CorrelationId,
    ids::{TenantId, UserId},
};

use super::answer::Answer;
use crate::{
    store::{
        Tx,
        audit::{AuditEntry, PersonalFields},
    },
    world::World,
};

macro_rules! events {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal, $outcome:literal;)*) => {
        /// Something that the audit log tells.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Event {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Event {
            /// Every event, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in the log.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// `success`, `failure` (the caller was wrong) or `denied` (the caller was right, and is refused).
            pub fn outcome(self) -> &'static str {
                match self { $(Self::$variant => $outcome,)* }
            }
        }
    };
}

events! {
    /// An organisation signed up and was sent its activation link.
    SignedUp = "signed_up", "success";
    /// Somebody signed up with the address of this account.
    SignUpRepeated = "sign_up_repeated", "denied";
    /// An activation link was used.
    AccountActivated = "account_activated", "success";
    /// A password was right.
    PasswordAccepted = "password_accepted", "success";
    /// A password was wrong, or there is no such account.
    PasswordRefused = "password_refused", "failure";
    /// A password was right while the account cannot be used.
    LoginLocked = "login_locked", "denied";
    /// A login was finished.
    LoginSucceeded = "login_succeeded", "success";
    /// A login was denied on a device.
    LoginDenied = "login_denied", "denied";
    /// A login was given up by its own caller.
    LoginCancelled = "login_cancelled", "success";
    /// A code was wrong, too old or used before.
    CodeRefused = "code_refused", "failure";
    /// Too many failures in a row locked an authenticator.
    AuthenticatorLocked = "authenticator_locked", "denied";
    /// Too many failures in a row, over all locks, disabled an authenticator until it is bound anew.
    AuthenticatorDisabled = "authenticator_disabled", "denied";
    /// The set-up of a factor was begun.
    MethodSetupStarted = "method_setup_started", "success";
    /// A factor was enabled.
    MethodEnabled = "method_enabled", "success";
    /// A device was enrolled for approvals.
    PushDeviceEnrolled = "push_device_enrolled", "success";
    /// An enrolled device was removed.
    PushDeviceRemoved = "push_device_removed", "success";
    /// A request for approval was sent.
    PushSent = "push_sent", "success";
    /// A request was approved with another number than the one shown.
    PushWrongNumber = "push_wrong_number", "failure";
    /// A sign-in was reported as somebody else's; approvals are locked.
    PushReported = "push_reported", "denied";
    /// A device may skip the second factor from now on.
    DeviceTrusted = "device_trusted", "success";
    /// A retired trust token was used: its family has ended.
    TrustTokenReused = "trust_token_reused", "denied";
    /// A retired refresh token was used: its session has ended.
    RefreshTokenReused = "refresh_token_reused", "denied";
    /// A session ended because its time was over or its account closed.
    SessionEnded = "session_ended", "success";
    /// A session ended to make room for a newer one of the same user.
    SessionEvicted = "session_evicted", "success";
    /// A user signed out.
    LoggedOut = "logged_out", "success";
}

/// The request in which something happens.
#[derive(Debug, Clone)]
pub struct Source {
    /// Network address of the peer.
    pub address: String,
    /// What the peer calls itself.
    pub user_agent: Option<String>,
    /// Ties traces together.
    pub correlation_id: CorrelationId,
}

/// Whom an event is about.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// Whose chain it goes to.
    pub tenant_id: TenantId,
    /// The account.
    pub user_id: Option<UserId>,
}

impl About {
    /// About an account.
    pub fn user(tenant_id: TenantId, user_id: UserId) -> Self {
        Self { tenant_id, user_id: Some(user_id) }
    }
}

/// Tells an event, if the transaction is committed: it is appended to the log when all else is done.
///
/// # Errors
/// A fault of the randomness.
pub async fn record(
    tx: &mut Tx,
    world: &World,
    source: &Source,
    about: About,
    event: Event,
    details: Details,
) -> Answer<()> {
    let entry = AuditEntry {
        tenant_id: about.tenant_id,
        occurred_at: world.now(),
        event: event.as_str(),
        outcome: event.outcome(),
        user_id: about.user_id,
        method: details.method,
        correlation_id: Some(source.correlation_id.clone()),
        personal: PersonalFields {
            address: Some(source.address.clone()),
            user_agent: source.user_agent.clone(),
            device: details.device,
            location: None,
            metadata: details.metadata.map(|metadata| metadata.to_string()),
        },
    };
    tx.queue_audit(world.random.bytes()?, entry);
    Ok(())
}

/// What else is known of an event.
#[derive(Debug, Clone, Default)]
pub struct Details {
    /// The method, where there is one.
    pub method: Option<&'static str>,
    /// The device as it describes itself.
    pub device: Option<String>,
    /// More, never secrets.
    pub metadata: Option<serde_json::Value>,
}

impl Details {
    /// With nothing but a method.
    pub fn method(method: &'static str) -> Self {
        Self { method: Some(method), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_distinct_and_outcomes_known() {
        let names: HashSet<_> = Event::ALL.iter().map(|event| event.as_str()).collect();
        assert_eq!(names.len(), Event::ALL.len());
        assert!(Event::ALL.iter().all(|event| ["success", "failure", "denied"].contains(&event.outcome())));
    }
}
