//! The steps of a waiting login, written.

use std::sync::Arc;

use countersign_protocol::{
    Timestamp,
    fields::Email,
    ids::LoginId,
    push::{ChallengeState, DenyReason},
};

use super::{InvalidTransition, Login, LoginCaller, Stage, find_for};
use crate::{
    delivery::Mail,
    domain::{
        answer::{Answer, Stop},
        events::{About, Details, Event, Source, record},
        factors::{Factor, Proven},
        limits::{Failed, Penalty},
        mail,
    },
    store::{
        Tx, challenges,
        logins::{self, OpenChallenge, Transition},
        users,
    },
    world::{Consuming, World},
};

/// The topic that wakes whoever waits for a login.
pub fn topic(id: LoginId) -> String {
    format!("login:{id}")
}

/// A factor was proven, and the login is finished. `trust_device` is added to what was asked for before.
///
/// A push request that is open is superseded, unless it is the factor.
///
/// # Errors
/// `login_state`, `login_expired`, or a fault.
pub async fn finish(
    tx: &mut Tx,
    world: &World,
    source: &Source,
    mut login: Login,
    factor: Factor,
    trust_device: bool,
) -> Answer<Login> {
    if factor != Factor::Push {
        supersede(tx, &login, world.now()).await?;
    }
    login.proven = login.proven.and(factor);
    login.trust_device |= trust_device;
    let login = write(tx, login, |stage| stage.authenticate(world.now())).await?;
    let details = Details {
        method: Some(factor.as_str()),
        device: Some(login.facts.device.name.to_string()),
        metadata: Some(serde_json::json!({"login_id": login.facts.id, "acr": login.proven.acr()})),
    };
    record(tx, world, source, about(&login), Event::LoginSucceeded, details).await?;
    Ok(login)
}

/// A push request was made for the login; one that was open before is superseded. `trust_device` is what is asked
/// for with it.
///
/// # Errors
/// `login_state`, `login_expired`, or a fault.
pub async fn ask(
    tx: &mut Tx,
    world: &World,
    mut login: Login,
    challenge: OpenChallenge,
    trust_device: bool,
) -> Answer<Login> {
    supersede(tx, &login, world.now()).await?;
    login.trust_device = trust_device;
    login.unanswered = Some(challenge.clone());
    write(tx, login, |stage| stage.ask(challenge)).await
}

/// The push request of the login was denied. The login is over.
///
/// # Errors
/// `login_state`, `login_expired`, or a fault.
pub async fn deny(
    tx: &mut Tx,
    world: &World,
    source: &Source,
    login: Login,
    reason: DenyReason,
) -> Answer<Login> {
    let login = write(tx, login, |stage| stage.deny(reason)).await?;
    let details = Details {
        method: Some(Factor::Push.as_str()),
        device: Some(login.facts.device.name.to_string()),
        metadata: Some(serde_json::json!({"login_id": login.facts.id, "reason": reason})),
    };
    record(tx, world, source, about(&login), Event::LoginDenied, details).await?;
    Ok(login)
}

/// The push request of the login was closed without an approval; another method may be used.
///
/// # Errors
/// `login_state`, `login_expired`, or a fault.
pub async fn reopen(tx: &mut Tx, login: Login) -> Answer<Login> {
    write(tx, login, Stage::reopen).await
}

/// Approvals are locked: the push request of the login is superseded if nobody has answered it, and another method
/// may be used.
///
/// # Errors
/// A fault.
pub async fn withdraw(tx: &mut Tx, world: &World, login: Login) -> Answer<()> {
    // A login that another step has moved on meanwhile has closed its request with it.
    if supersede(tx, &login, world.now()).await? && matches!(login.stage, Stage::Pending(_)) {
        reopen(tx, login).await?;
    }
    Ok(())
}

/// Its caller gives the login up.
///
/// # Errors
/// `login_not_found`, `login_state`, `login_expired`, or a fault.
pub async fn cancel(
    world: &Arc<World>,
    request: Consuming,
    caller: LoginCaller,
    source: Source,
    id: LoginId,
) -> Answer<()> {
    let inside = Arc::clone(world);
    world
        .consume(request, move |tx| {
            Box::pin(async move {
                users::lock_by_login(tx, id).await?;
                let login = find_for(tx.connection(), &caller, id, inside.now()).await?;
                supersede(tx, &login, inside.now()).await?;
                let login = write(tx, login, Stage::cancel).await?;
                let details = Details {
                    metadata: Some(serde_json::json!({"login_id": login.facts.id})),
                    ..Details::default()
                };
                record(tx, &inside, &source, about(&login), Event::LoginCancelled, details).await
            })
        })
        .await
}

/// What tells of a wrong password or code: an event, and a mail where it brought a lock or worse to `what`.
pub(super) fn told(failed: &Failed, to: &Email, what: &str, otherwise: Event) -> (Event, Option<Mail>) {
    match failed.penalty {
        Penalty::Lock(rest) => (Event::AuthenticatorLocked, Some(mail::locked(to, what, rest))),
        Penalty::Disabled => (Event::AuthenticatorDisabled, Some(mail::disabled(to, what))),
        Penalty::None | Penalty::Pause(_) => (otherwise, None),
    }
}

pub(super) fn about(login: &Login) -> About {
    About::user(login.facts.tenant_id, login.facts.user_id)
}

/// Closes the push request that was not answered, so that another may take its place. False if there is none.
async fn supersede(tx: &mut Tx, login: &Login, now: Timestamp) -> Answer<bool> {
    let Some(open) = &login.unanswered else { return Ok(false) };
    let over = now >= open.expires_at;
    let state = if over { ChallengeState::Expired } else { ChallengeState::Superseded };
    Ok(challenges::close_unanswered(tx, open.id, login.facts.user_id, state, now).await?)
}

/// Makes one step and writes it, if the login still stands where it was read.
async fn write(
    tx: &mut Tx,
    login: Login,
    step: impl FnOnce(Stage) -> Result<Stage, InvalidTransition>,
) -> Answer<Login> {
    let refused = login.stage.refused();
    let stage = step(login.stage)?;
    let proven: &Proven = &login.proven;
    let change = Transition {
        from: login.written,
        to: stage.written(),
        amr: &proven.to_string(),
        trust_device: login.trust_device,
        deny_reason: if let Stage::Denied(reason) = &stage { Some(*reason) } else { None },
        authenticated_at: if let Stage::Authenticated { at } = &stage { Some(*at) } else { None },
    };
    if !logins::transition(tx, login.facts.id, &change).await? {
        return Err(Stop::from(refused));
    }
    tx.notify(&topic(login.facts.id));
    Ok(Login { written: change.to, stage, ..login })
}
