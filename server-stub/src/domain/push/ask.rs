//! Asking a user's devices.

use std::sync::Arc;

use countersign_protocol::{
    ProblemCode,
    claims::{Header, RequestClaims, typ},
    ids::ChallengeId,
    login::{MethodKind, Pending, StartChallenge},
    push::{ChallengeState, Origin, Purpose, RequestContext, RequestDevice},
};

use super::unlocked;
use crate::{
    domain::{
        answer::{Answer, Stop, refuse},
        durations::in_words,
        events::{About, Details, Event, Source, record},
        factors::Factor,
        limits::seconds,
        login::{self, LoginCaller},
        places,
    },
    store::{
        Tx,
        challenges::{self, Challenge},
        logins::{Facts, OpenChallenge, number_place},
        push_devices::{self, Device},
        users::{self, User},
    },
    world::{Consuming, World},
};

/// Sends a request to one device of the login's user, or to all of them, in place of one that may be open.
///
/// # Errors
/// `login_not_found`, `login_state`, `login_expired`, `method_not_available`, `push_locked`, `too_many_requests`; a
/// fault.
pub async fn challenge(
    world: &Arc<World>,
    request: Consuming,
    caller: LoginCaller,
    source: Source,
    body: StartChallenge,
) -> Answer<Pending> {
    let inside = Arc::clone(world);
    world
        .consume(request, move |tx| {
            Box::pin(async move {
                let world = &inside;
                // Whatever is asked of one user happens one after the other, on every node. Nothing is read before.
                users::lock_by_login(tx, body.login_id).await?;
                let login = login::find_for(tx.connection(), &caller, body.login_id, world.now()).await?;
                login.waits()?;
                if body.method != MethodKind::Push {
                    return Err(not_available("A code needs no challenge. Send it to /mfa/verify."));
                }
                let user = users::by_id(tx.connection(), login.facts.user_id).await?;
                let user = user.ok_or_else(|| not_available("The account is closed."))?;
                allowed(tx, world, &user).await?;
                let mut devices = push_devices::devices_of(tx.connection(), user.id).await?;
                devices.retain(|device| body.enrolment_id.is_none_or(|only| only == device.id));
                if devices.is_empty() {
                    return Err(not_available("There is no such enrolled device. Choose another method."));
                }
                let challenge = new_challenge(world, &login.facts)?;
                let open = OpenChallenge {
                    id: challenge.id,
                    number_sealed: challenge.number_sealed.clone(),
                    expires_at: challenge.expires_at,
                };
                // Closes the one that is open before the new one takes its place.
                let login = login::ask(tx, world, login, open.clone(), body.trust_device).await?;
                challenges::insert_challenge(tx, &challenge).await?;
                for device in &devices {
                    let request = signed(world, &challenge, device, &login.facts, &user)?;
                    challenges::insert_request(tx, challenge.id, device.id, &request).await?;
                }
                let details = Details::method(Factor::Push.as_str());
                let about = About::user(user.tenant_id, user.id);
                record(tx, world, &source, about, Event::PushSent, details).await?;
                login::pending(world, &login, &open)
            })
        })
        .await
}

async fn allowed(tx: &mut Tx, world: &World, user: &User) -> Answer<()> {
    unlocked(user)?;
    let (rules, now) = (world.policy.push, world.now());
    let (sent, oldest) = challenges::sent_since(tx, user.id, now.minus(rules.window)).await?;
    if sent < i64::from(rules.limit) {
        return Ok(());
    }
    let wait = oldest.map_or(rules.window, |oldest| oldest.plus(rules.window).since(now));
    let detail =
        format!("Too many approvals were asked for. Use another method, or try again in {}.", in_words(wait));
    Err(refuse(ProblemCode::TooManyRequests, detail).retry_after(seconds(wait)))
}

fn new_challenge(world: &World, login: &Facts) -> Answer<Challenge> {
    let (rules, now) = (world.policy.push, world.now());
    let id = world.random.ulid(now, ChallengeId::from_parts)?;
    let number = world.random.digits(rules.number_digits.into())?;
    Ok(Challenge {
        id,
        login_id: login.id,
        user_id: login.user_id,
        state: ChallengeState::Open,
        // EXPOSE: sealed, as the login that waits may ask for it again.
        number_sealed: world.keys.seal(&world.random, &number_place(id), number.expose().as_bytes())?,
        created_at: now,
        expires_at: now.plus(rules.request_life).min(login.expires_at),
    })
}

fn signed(
    world: &World,
    challenge: &Challenge,
    device: &Device,
    login: &Facts,
    user: &User,
) -> Answer<String> {
    let place = places::of(&login.address);
    let claims = RequestClaims {
        iss: world.issuer.clone(),
        aud: device.id,
        jti: challenge.id,
        iat: challenge.created_at.as_seconds(),
        exp: challenge.expires_at.as_seconds(),
        number_digits: world.policy.push.number_digits,
        user_verification: world.policy.push.user_verification,
        context: RequestContext {
            application: user.tenant_name.clone(),
            purpose: Purpose::Login,
            account: user.email.as_str().to_owned(),
            origin: Origin {
                address: login.address.clone(),
                latitude: place.as_ref().map(|place| place.latitude),
                longitude: place.as_ref().map(|place| place.longitude),
                place: place.map(|place| place.name),
            },
            device: RequestDevice {
                name: login.device.name.clone(),
                os: login.device.os.clone(),
                app: login.device.app.clone(),
                known: login.device_known,
            },
            requested_at: challenge.created_at.as_seconds(),
        },
    };
    Ok(world.keys.push.sign(Header::new(typ::REQUEST).versioned(), &claims)?)
}

fn not_available(detail: &str) -> Stop {
    refuse(ProblemCode::MethodNotAvailable, detail)
}
