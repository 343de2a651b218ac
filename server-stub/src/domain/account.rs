//! Signing up and proving the address.

use std::sync::Arc;

use countersign_protocol::{
    Problem, ProblemCode,
    account::{Activate, SignUp, SignUpAccepted, UserProfile},
    fields::OpaqueToken,
    ids::{TenantId, UserId},
    problem::FieldProblem,
};

use super::{
    answer::{Answer, Fault, Stop, refuse},
    events::{About, Details, Event, Source, record},
    limits::{self, AccountKey},
    mail, passwords,
};
use crate::{
    delivery,
    store::{
        Connection, Tx, tenants,
        users::{self, PendingUser},
    },
    world::{Consuming, World},
};

/// Takes a sign-up. The answer is the same whether or not the address has an account, and so is the work: one hash,
/// one account that waits, one mail. What differs is the mail, which only the owner of the address reads.
///
/// Sign-ups with one address that wait side by side do not touch each other: the link that is used decides, and its
/// mail names what it activates. So nobody can slip a password of theirs under somebody else's sign-up. A retry under
/// the same key gets the first answer, whatever the limits say by then.
///
/// # Errors
/// `invalid_request` for a common password, `too_many_requests`, or a fault.
pub async fn sign_up(
    world: &Arc<World>,
    request: Consuming,
    source: Source,
    body: SignUp,
) -> Answer<SignUpAccepted> {
    if passwords::is_common(&body.password) {
        return Err(common_password());
    }
    let account = AccountKey::of(world, &body.admin_email);
    let subjects = account.sign_up(&source.address);
    let (checked, looked_up, asked) = (Arc::clone(world), subjects.clone(), request.clone());
    let answered = world
        .read(move |connection| {
            Box::pin(async move {
                let limits = limits::check(connection, &checked, &looked_up).await;
                match checked.replay(connection, &asked).await? {
                    Some(accepted) => Ok(Some(accepted)),
                    None => limits.map(|()| None),
                }
            })
        })
        .await?;
    if let Some(accepted) = answered {
        return Ok(accepted);
    }
    let password_hash = world.passwords.hash(&world.random, &body.password).await?;
    let inside = Arc::clone(world);
    world
        .consume(request, move |tx| {
            Box::pin(async move {
                // The claim stays counted: each sign-up sends a mail.
                let _counted = limits::claim(tx, &inside, subjects).await?;
                let owner = users::by_email(tx.connection(), &body.admin_email.canonical()).await?;
                let pending = add_pending(tx, &inside, &body, &password_hash).await?;
                let (mail, about, event) = if let Some(user) = owner {
                    // Nobody gets the link, so what waits here is never activated.
                    let about = About::user(user.tenant_id, user.id);
                    (mail::account_exists(&inside.issuer, &user.email), about, Event::SignUpRepeated)
                } else {
                    let (to, name, company) = (&body.admin_email, &body.name, &body.company);
                    let mail = mail::activation(&inside.issuer, to, name, company, &pending.token);
                    (mail, pending.about, Event::SignedUp)
                };
                delivery::queue(tx, &mail, inside.now()).await?;
                record(tx, &inside, &source, about, event, Details::default()).await?;
                Ok(SignUpAccepted { sent_to: mail::masked(&body.admin_email) })
            })
        })
        .await
}

/// An account that waits for its activation.
struct Pending {
    about: About,
    token: OpaqueToken,
}

async fn add_pending(tx: &mut Tx, world: &World, body: &SignUp, password_hash: &str) -> Answer<Pending> {
    let now = world.now();
    let tenant_id = world.random.ulid(now, TenantId::from_parts)?;
    let user_id = world.random.ulid(now, UserId::from_parts)?;
    let token = world.random.token256()?;
    tenants::insert(tx, tenant_id, &body.company, now).await?;
    let user = PendingUser {
        id: user_id,
        tenant_id,
        email: &body.admin_email,
        name: &body.name,
        password_hash,
        role: "admin",
        activation_hash: &activation_hash(world, &token),
        activation_expires_at: now.plus(world.policy.activation_life),
        created_at: now,
    };
    users::insert_pending(tx, &user).await?;
    Ok(Pending { about: About::user(tenant_id, user_id), token })
}

/// Uses an activation link up.
///
/// # Errors
/// `invalid_link` if it was used, has expired or was never sent; a fault.
pub async fn activate(world: &Arc<World>, request: Consuming, source: Source, body: Activate) -> Answer<()> {
    let inside = Arc::clone(world);
    world
        .consume(request, move |tx| {
            Box::pin(async move {
                let hash = activation_hash(&inside, &body.token);
                let Some(user_id) = users::activate(tx, &hash, inside.now()).await? else {
                    return Err(refuse(
                        ProblemCode::InvalidLink,
                        "The link was used, has expired or is not whole. Sign up again to get a new one.",
                    ));
                };
                let Some(user) = users::by_id(tx.connection(), user_id).await? else { return Ok(()) };
                let about = About::user(user.tenant_id, user.id);
                record(tx, &inside, &source, about, Event::AccountActivated, Details::default()).await
            })
        })
        .await
}

/// What a signed-in user may see of the account.
///
/// # Errors
/// A fault of the store.
pub async fn profile(connection: &mut Connection, user_id: UserId) -> Answer<UserProfile> {
    let missing = || Fault::Stored("a session without its account".to_owned());
    Ok(users::by_id(connection, user_id).await?.ok_or_else(missing)?.profile())
}

fn activation_hash(world: &World, token: &OpaqueToken) -> String {
    // EXPOSE: only the hash is stored.
    world.keys.token_hash("activation", token.expose())
}

fn common_password() -> Stop {
    let mut problem =
        Problem::new(ProblemCode::InvalidRequest, "The password is one that everybody tries first.");
    problem.fields.push(FieldProblem {
        field: "password".to_owned(),
        problem: "is a common password; a few unrelated words work well".to_owned(),
    });
    Stop::Refused(Box::new(problem))
}
