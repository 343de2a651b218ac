//! What the caller of a login is told, and the tokens at its end.

use std::sync::Arc;

use countersign_protocol::{
    ProblemCode,
    ids::LoginId,
    login::{Authenticated, Denied, LoginOutcome, MfaRequired, Notice, Pending, TrustGrant},
};

use super::{Login, LoginCaller, Stage, find_for, steps::about};
use crate::{
    domain::{
        answer::{Answer, Fault, Stop, refuse},
        events::{Details, Event, Source, record},
        factors::{self, Factor, Offers, Proven},
        limits::{AccountKey, seconds},
        sessions, trust,
    },
    store::{
        Connection, Tx, devices,
        logins::{self, OpenChallenge, number_place},
        users::{self, User},
    },
    world::{Consuming, World},
};

/// Where a login stands, for its caller. At its end this hands the tokens out, once: then alone the answer is
/// remembered under the request's key, so that one key serves a caller that asks again and again.
///
/// # Errors
/// `login_not_found`; `login_state` if the tokens were handed out or the login was given up; `push_locked`; a fault.
pub async fn outcome(
    world: &Arc<World>,
    request: Consuming,
    caller: LoginCaller,
    source: Source,
    id: LoginId,
) -> Answer<LoginOutcome> {
    let (inside, asking) = (Arc::clone(world), caller.clone());
    let shown = world
        .read(move |connection| {
            Box::pin(async move {
                let login = find_for(connection, &asking, id, inside.now()).await?;
                if matches!(login.stage, Stage::Authenticated { .. } | Stage::Collected) {
                    return Ok(None);
                }
                show(connection, &inside, &login).await.map(Some)
            })
        })
        .await?;
    if let Some(outcome) = shown {
        return Ok(outcome);
    }
    let inside = Arc::clone(world);
    world
        .consume(request, move |tx| {
            Box::pin(async move {
                users::lock_by_login(tx, id).await?;
                let login = find_for(tx.connection(), &caller, id, inside.now()).await?;
                let user = user_of(tx.connection(), &login).await?;
                let authenticated = collect(tx, &inside, &source, login, &user, None).await?;
                Ok(LoginOutcome::Authenticated(authenticated))
            })
        })
        .await
}

async fn show(connection: &mut Connection, world: &World, login: &Login) -> Answer<LoginOutcome> {
    match &login.stage {
        Stage::MfaRequired => {
            let user = user_of(connection, login).await?;
            let account = AccountKey::of(world, &user.email);
            offered(login, factors::offers(connection, &user, &account, world).await?)
        }
        Stage::Pending(challenge) => pending(world, login, challenge).map(LoginOutcome::Pending),
        Stage::Denied(reason) => {
            Ok(LoginOutcome::Denied(Denied { login_id: login.facts.id, reason: *reason }))
        }
        Stage::Expired => Ok(LoginOutcome::Expired { login_id: login.facts.id }),
        Stage::Authenticated { .. } | Stage::Collected | Stage::Cancelled => {
            Err(login.stage.refused().into())
        }
    }
}

/// Begins the session of a finished login and hands its tokens out. `rotated` is the successor of the trust token
/// that let it through. The caller has locked the user, as [`sessions::begin`] says.
///
/// # Errors
/// `login_state` if they were handed out before; a fault.
pub async fn collect(
    tx: &mut Tx,
    world: &World,
    source: &Source,
    login: Login,
    user: &User,
    rotated: Option<TrustGrant>,
) -> Answer<Box<Authenticated>> {
    let auth_time = login.stage.clone().collect()?;
    if !logins::collect(tx, login.facts.id, world.now()).await? {
        return Err(Stage::Collected.refused().into());
    }
    tx.notify(&super::topic(login.facts.id));
    if let Some(device_id) = login.facts.device_id {
        let (device, address) = (&login.facts.device, &login.facts.address);
        devices::signed_in(tx, device_id, device, address, world.now()).await?;
    }
    let tokens = sessions::begin(tx, world, source, &login.facts, &login.proven, auth_time, user).await?;
    let trust_token = match rotated {
        None if login.trust_device => {
            let grant = trust::grant(tx, world, &login.facts).await?;
            let details = Details {
                method: Some(Factor::TrustedDevice.as_str()),
                device: Some(login.facts.device.name.to_string()),
                metadata: Some(serde_json::json!({"trust_id": grant.trust_id})),
            };
            record(tx, world, source, about(&login), Event::DeviceTrusted, details).await?;
            Some(grant)
        }
        rotated => rotated,
    };
    Ok(Box::new(Authenticated {
        login_id: login.facts.id,
        tokens,
        user: user.profile(),
        amr: login.proven.amr(),
        acr: login.proven.acr().to_owned(),
        notices: notices(&login),
        trust_token,
    }))
}

fn notices(login: &Login) -> Vec<Notice> {
    let mut notices = Vec::new();
    if login.proven == Proven::password() {
        notices.push(Notice::MfaSetupRecommended);
    }
    if !login.facts.device_known {
        notices.push(Notice::NewDevice);
    }
    notices
}

/// What a login that waits for a second factor offers.
pub(super) fn offered(login: &Login, offers: Offers) -> Answer<LoginOutcome> {
    let methods = match offers {
        Offers::Some(methods) => methods,
        Offers::Locked(rest) => return Ok(LoginOutcome::Locked { retry_after: seconds(rest) }),
        Offers::PushLocked => return Err(push_locked()),
        Offers::NotSetUp => return Err(none_left()),
    };
    let recommended = methods.first().map(|offer| offer.method).ok_or_else(none_left)?;
    Ok(LoginOutcome::MfaRequired(MfaRequired {
        login_id: login.facts.id,
        login_token: None,
        requires_mfa: true,
        methods,
        recommended,
        expires_at: login.facts.expires_at,
    }))
}

/// What a login that waits for a push request shows: the number to type on the device.
///
/// # Errors
/// A fault when the number cannot be opened.
pub fn pending(world: &World, login: &Login, challenge: &OpenChallenge) -> Answer<Pending> {
    let number = world.keys.open(&number_place(challenge.id), &challenge.number_sealed)?;
    let damaged = || Fault::Stored("the number of a challenge is not one".to_owned());
    // EXPOSE: sign-in shows the number to the person who types it on the device.
    let number = std::str::from_utf8(number.expose()).ok().and_then(|text| text.parse().ok());
    Ok(Pending {
        login_id: login.facts.id,
        challenge_id: challenge.id,
        number: number.ok_or_else(damaged)?,
        expires_at: challenge.expires_at,
    })
}

/// The account of a login that waits or is finished: an account that was closed meanwhile has none.
pub(super) async fn user_of(connection: &mut Connection, login: &Login) -> Answer<User> {
    let user = users::by_id(connection, login.facts.user_id).await?;
    user.filter(|user| user.active).ok_or_else(|| Stop::from(Stage::Cancelled.refused()))
}

fn none_left() -> Stop {
    refuse(ProblemCode::MethodNotAvailable, "No second factor is left. Begin the login again.")
}

/// Approvals are locked, and nothing else is enrolled.
pub(super) fn push_locked() -> Stop {
    refuse(
        ProblemCode::PushLocked,
        "Approvals are locked because a sign-in was reported, and nothing else is set up. Ask an administrator.",
    )
}
