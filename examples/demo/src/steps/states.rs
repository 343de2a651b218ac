//! The states of a login that the steps expect. An app shows a screen for each of them instead.

use countersign::{
    client::{
        LoginState,
        login::{MfaRequiredStep, PendingStep, SignedIn},
    },
    protocol::push::DenyReason,
};

use crate::error::DemoError;

/// Signed in, by exactly these factors.
pub(crate) fn signed_in(state: LoginState, amr: &[&str]) -> Result<SignedIn, DemoError> {
    match state {
        LoginState::Done(signed_in) if signed_in.amr == amr => Ok(*signed_in),
        LoginState::Done(signed_in) => {
            Err(DemoError::surprise(format!("signed in by {:?} and not by {amr:?}", signed_in.amr)))
        }
        other => Err(surprise("signed in", &other)),
    }
}

/// A second factor is to be proven.
pub(crate) fn mfa_required(state: LoginState) -> Result<MfaRequiredStep, DemoError> {
    match state {
        LoginState::MfaRequired(step) => Ok(step),
        other => Err(surprise("asked for a second factor", &other)),
    }
}

/// A request went to the user's devices.
pub(crate) fn pending(state: LoginState) -> Result<PendingStep, DemoError> {
    match state {
        LoginState::Pending(step) => Ok(step),
        other => Err(surprise("waiting for an answer", &other)),
    }
}

/// Somebody said no.
pub(crate) fn denied(state: LoginState) -> Result<DenyReason, DemoError> {
    match state {
        LoginState::Denied { reason } => Ok(reason),
        other => Err(surprise("denied", &other)),
    }
}

fn surprise(expected: &str, found: &LoginState) -> DemoError {
    let found = match found {
        LoginState::MfaRequired(_) => "asked for a second factor",
        LoginState::Unanswered(_) => "left without an answer",
        LoginState::Pending(_) => "waiting for an answer",
        LoginState::Done(_) => "signed in",
        LoginState::Denied { .. } => "denied",
        LoginState::Expired => "expired",
        LoginState::Locked { .. } => "locked",
    };
    DemoError::surprise(format!("the login should be {expected} and is {found}"))
}
