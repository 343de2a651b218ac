//! The second factor by a code.

use std::sync::Arc;

use countersign_protocol::{
    ProblemCode,
    login::{LoginOutcome, MethodKind, VerifyCode},
};

use super::{
    Login, LoginCaller, find_for,
    outcome::{collect, user_of},
    steps::{about, finish, told},
};
use crate::{
    delivery,
    domain::{
        answer::{Answer, Stop, refuse},
        durations::in_words,
        events::{Details, Event, Source, record},
        factors::Factor,
        limits::{self, AccountKey, Claim, Penalty, seconds},
        totp,
    },
    store::{
        Tx,
        users::{self, User},
    },
    world::{Consuming, World},
};

/// Proves a second factor by a code, and finishes the login.
///
/// # Errors
/// `login_not_found`, `login_state`, `login_expired`, `method_not_available`, `too_many_requests`, `account_locked`,
/// `wrong_code` with the attempts that are left, or a fault.
pub async fn verify(
    world: &Arc<World>,
    request: Consuming,
    caller: LoginCaller,
    source: Source,
    body: VerifyCode,
) -> Answer<LoginOutcome> {
    let inside = Arc::clone(world);
    world
        .consume(request, move |tx| {
            Box::pin(async move {
                // What is read of the login stays so: nothing else is done for its user meanwhile.
                users::lock_by_login(tx, body.login_id).await?;
                let login = find_for(tx.connection(), &caller, body.login_id, inside.now()).await?;
                login.waits()?;
                let user = user_of(tx.connection(), &login).await?;
                match body.method {
                    MethodKind::Totp => verify_totp(tx, &inside, &source, login, &user, &body).await,
                    MethodKind::Push => {
                        Err(not_available("Approvals are answered on the device, not by a code."))
                    }
                }
            })
        })
        .await
}

async fn verify_totp(
    tx: &mut Tx,
    world: &World,
    source: &Source,
    login: Login,
    user: &User,
    body: &VerifyCode,
) -> Answer<LoginOutcome> {
    let subjects = AccountKey::of(world, &user.email).totp(&source.address);
    let claim = limits::claim(tx, world, subjects).await?;
    // After the claim, as the attempt before this one may have taken them out of use.
    let generators = totp::enabled(tx.connection(), user.id).await?;
    if generators.is_empty() {
        claim.give_back(tx).await?;
        return Err(not_available("No code generator is set up. Use another method."));
    }
    if let Some(rest) = claim.locked_for(world) {
        let wait = in_words(rest);
        let detail = format!("Codes are locked after too many wrong ones. Try again in {wait}.");
        return Err(refuse(ProblemCode::AccountLocked, detail).retry_after(seconds(rest)));
    }
    if totp::consume(tx, world, &generators, &body.code, &claim).await?.is_none() {
        return Err(wrong(tx, world, source, &login, user, claim).await?);
    }
    claim.succeed(tx).await?;
    let login = finish(tx, world, source, login, Factor::OneTimeCode, body.trust_device).await?;
    collect(tx, world, source, login, user, None).await.map(LoginOutcome::Authenticated)
}

async fn wrong(
    tx: &mut Tx,
    world: &World,
    source: &Source,
    login: &Login,
    user: &User,
    claim: Claim,
) -> Answer<Stop> {
    let failed = claim.fail(tx, world).await?;
    if failed.penalty == Penalty::Disabled {
        totp::disable(tx, world, user).await?;
    }
    let (event, mail) = told(&failed, &user.email, "your code generator", Event::CodeRefused);
    if let Some(mail) = mail {
        delivery::queue(tx, &mail, world.now()).await?;
    }
    record(tx, world, source, about(login), event, Details::method(Factor::OneTimeCode.as_str())).await?;
    Ok(totp::wrong_code(failed))
}

fn not_available(detail: &str) -> Stop {
    refuse(ProblemCode::MethodNotAvailable, detail)
}
