//! Time-based one-time codes, RFC 6238.
//!
//! ```mermaid
//! stateDiagram-v2
//!   [*] --> setup_pending: set_up
//!   setup_pending --> enabled: confirm (the first code, which counts as used)
//!   setup_pending --> [*]: another set-up is begun, or a hundred codes in a row were wrong
//!   enabled --> disabled: a hundred codes in a row were wrong
//! ```
//!
//! A code is accepted once: accepting it uses up its step and all before, by one statement.

use std::sync::Arc;

use countersign_protocol::{
    ProblemCode, Secret,
    fields::OneTimeCode,
    ids::{MethodId, UserId},
    login::MethodKind,
    totp::{ConfirmTotp, StartTotp, TotpSetup},
};
use totp_rs::{Algorithm, Builder, Totp};

use super::{
    answer::{Answer, Fault, Stop, refuse},
    durations::in_words,
    events::{About, Details, Event, Source, record},
    limits::{self, AccountKey, Claim, Failed, Penalty, seconds},
    mail, qr,
    sessions::{SignedIn, require_fresh},
};
use crate::{
    delivery,
    store::{
        Connection, Tx,
        methods::{self, MethodStatus},
        totp::{self, Generator, place},
        users::{self, User},
    },
    world::{Consuming, World},
};

/// Bytes of a secret: 160 bits, RFC 4226 section 4.
const SECRET_BYTES: usize = 20;
/// What a code generator is called when its user gives it no name.
const LABEL: &str = "Authenticator app";

/// Begins to enrol a code generator. Set-ups that the user began before and did not finish are dropped.
///
/// # Errors
/// `session_ended`, `forbidden` if the sign-in is too long ago, or a fault.
pub async fn set_up(
    world: &Arc<World>,
    request: Consuming,
    source: Source,
    session: SignedIn,
    body: StartTotp,
) -> Answer<TotpSetup> {
    let inside = Arc::clone(world);
    world
        .consume(request, move |tx| {
            Box::pin(async move {
                let (world, now) = (&inside, inside.now());
                require_fresh(tx.connection(), world, &session).await?;
                let user = account(tx, session.user_id).await?;
                let label = match body.label {
                    Some(label) => label,
                    None => LABEL.parse().map_err(|error| Fault::Stored(format!("a label: {error}")))?,
                };
                let id = world.random.ulid(now, MethodId::from_parts)?;
                let secret = zeroize::Zeroizing::new(world.random.bytes::<SECRET_BYTES>()?);
                let rules = world.policy.totp;
                methods::drop_pending(tx, user.id, MethodKind::Totp, now).await?;
                methods::insert(tx, id, user.id, MethodKind::Totp, &label, MethodStatus::SetupPending, now)
                    .await?;
                let generator = Generator {
                    method_id: id,
                    status: MethodStatus::SetupPending,
                    secret_sealed: world.keys.seal(&world.random, &place(id), &*secret)?,
                    algorithm: Algorithm::SHA1.as_str().to_owned(),
                    digits: u32::from(rules.digits),
                    period: rules.period,
                };
                totp::insert(tx, &generator).await?;
                let about = About::user(user.tenant_id, user.id);
                let details = Details::method(MethodKind::Totp.as_str());
                record(tx, world, &source, about, Event::MethodSetupStarted, details).await?;
                shown(id, &user, &engine(&generator, &*secret, rules.window, Some(&user))?)
            })
        })
        .await
}

/// Enables a code generator by its first code, which counts as used.
///
/// # Errors
/// `session_ended`, `forbidden`, `method_not_available`, `method_enabled`, `too_many_requests`, `account_locked`, `wrong_code`, or a
/// fault.
pub async fn confirm(
    world: &Arc<World>,
    request: Consuming,
    source: Source,
    session: SignedIn,
    body: ConfirmTotp,
) -> Answer<()> {
    let inside = Arc::clone(world);
    world
        .consume(request, move |tx| {
            Box::pin(async move {
                let (world, now) = (&inside, inside.now());
                require_fresh(tx.connection(), world, &session).await?;
                let user = account(tx, session.user_id).await?;
                let generator = pending(tx, user.id, body.method_id).await?;
                let claim = claim(tx, world, &source, &user).await?;
                let about = About::user(user.tenant_id, user.id);
                let details = Details::method(MethodKind::Totp.as_str());
                if consume(tx, world, std::slice::from_ref(&generator), &body.code, &claim).await?.is_none() {
                    let failed = claim.fail(tx, world).await?;
                    if failed.penalty == Penalty::Disabled {
                        methods::drop_pending(tx, user.id, MethodKind::Totp, now).await?;
                        let account = AccountKey::of(world, &user.email);
                        limits::forget(tx, &account.authenticator(limits::TOTP_SETUP)).await?;
                    }
                    record(tx, world, &source, about, Event::CodeRefused, details).await?;
                    return Err(wrong_code(failed));
                }
                claim.succeed(tx).await?;
                if !methods::enable(tx, body.method_id, now).await? {
                    return Err(enabled_already());
                }
                delivery::queue(tx, &mail::method_enabled(&user.email, "A code generator"), now).await?;
                record(tx, world, &source, about, Event::MethodEnabled, details).await
            })
        })
        .await
}

/// The enabled code generators of a user.
///
/// # Errors
/// A fault of the store.
pub async fn enabled(connection: &mut Connection, user_id: UserId) -> Answer<Vec<Generator>> {
    Ok(totp::enabled(connection, user_id).await?)
}

/// Checks a code against these generators, as one claimed attempt, and uses up its step. `None` for a code that is
/// wrong, too old, or was used.
///
/// # Errors
/// A fault of the store or of a seal.
pub async fn consume(
    tx: &mut Tx,
    world: &World,
    generators: &[Generator],
    code: &OneTimeCode,
    _claim: &Claim,
) -> Answer<Option<MethodId>> {
    for generator in generators {
        let secret = world.keys.open(&place(generator.method_id), &generator.secret_sealed)?;
        // EXPOSE: the verifier computes codes from it.
        let engine = engine(generator, secret.expose(), world.policy.totp.window, None)?;
        let seconds = u64::try_from(world.now().as_seconds()).unwrap_or_default();
        // EXPOSE: compared in constant time by the library.
        let Some(step) = engine.check(code.expose(), seconds) else { continue };
        let step = i64::try_from(step).map_err(|_| Fault::Stored("a step beyond all time".to_owned()))?;
        if totp::use_step(tx, generator.method_id, step).await? {
            methods::used(tx, generator.method_id, world.now()).await?;
            return Ok(Some(generator.method_id));
        }
    }
    Ok(None)
}

/// Takes the code generators of a user out of use, after too many wrong codes. Those that follow begin anew.
///
/// # Errors
/// A fault of the store.
pub async fn disable(tx: &mut Tx, world: &World, user: &User) -> Answer<()> {
    methods::disable(tx, user.id, MethodKind::Totp).await?;
    limits::forget(tx, &AccountKey::of(world, &user.email).authenticator(limits::TOTP)).await
}

/// The refusal of a code.
pub fn wrong_code(failed: Failed) -> Stop {
    let wrong = |detail: &str| refuse(ProblemCode::WrongCode, detail).attempts_left(failed.attempts_left);
    let wrong_or_old =
        "The code is wrong, too old, or was used already. Wait for the next one and check the device's time.";
    match failed.penalty {
        Penalty::None => wrong(wrong_or_old),
        Penalty::Pause(pause) => wrong(wrong_or_old).retry_after(seconds(pause)),
        Penalty::Lock(lock) => {
            let lasts = in_words(lock);
            wrong(&format!("The code is wrong, once too often: codes are locked for {lasts}."))
                .retry_after(seconds(lock))
        }
        Penalty::Disabled => wrong(
            "The code is wrong, and too many before it were: codes of this generator are not accepted any more. Use \
             another method, and set up another generator.",
        ),
    }
}

async fn claim(tx: &mut Tx, world: &World, source: &Source, user: &User) -> Answer<Claim> {
    let subjects = AccountKey::of(world, &user.email).totp_setup(&source.address);
    let claim = limits::claim(tx, world, subjects).await?;
    match claim.locked_for(world) {
        None => Ok(claim),
        Some(rest) => {
            let wait = in_words(rest);
            let detail = format!("Set-up is locked after too many wrong codes. Try again in {wait}.");
            Err(refuse(ProblemCode::AccountLocked, detail).retry_after(seconds(rest)))
        }
    }
}

async fn account(tx: &mut Tx, user_id: UserId) -> Answer<User> {
    let missing = || Fault::Stored("a session without its account".to_owned());
    Ok(users::by_id(tx.connection(), user_id).await?.ok_or_else(missing)?)
}

async fn pending(tx: &mut Tx, user_id: UserId, method_id: MethodId) -> Answer<Generator> {
    let generator = totp::find(tx.connection(), user_id, method_id).await?;
    let missing = || refuse(ProblemCode::MethodNotAvailable, "There is no such set-up. Begin it again.");
    let generator = generator.ok_or_else(missing)?;
    match generator.status {
        MethodStatus::SetupPending => Ok(generator),
        MethodStatus::Enabled => Err(enabled_already()),
        MethodStatus::Disabled => Err(missing()),
    }
}

fn enabled_already() -> Stop {
    refuse(ProblemCode::MethodEnabled, "This code generator is set up already; there is nothing to do.")
}

/// The library's verifier. It panics beyond 8 digits, so its builder checks them first. `owner` names the account in
/// the URI; the library takes no colon there.
fn engine(generator: &Generator, secret: &[u8], window: u16, owner: Option<&User>) -> Result<Totp, Fault> {
    let error = |what: &str| Fault::Stored(format!("a code generator with {what}"));
    let algorithm = match generator.algorithm.as_str() {
        "SHA1" => Algorithm::SHA1,
        "SHA256" => Algorithm::SHA256,
        "SHA512" => Algorithm::SHA512,
        _ => return Err(error("an unknown algorithm")),
    };
    let mut builder = Builder::new()
        .with_algorithm(algorithm)
        .with_digits(u8::try_from(generator.digits).map_err(|_| error("too many digits"))?)
        .with_secret(secret)
        .with_skew(window)
        .with_step_duration(u64::from(generator.period));
    if let Some(user) = owner {
        let name = |text: &str| text.replace(':', " ");
        builder = builder
            .with_issuer(Some(name(user.tenant_name.as_str())))
            .with_account_name(name(user.email.as_str()));
    }
    builder.build().map_err(|_| error("parameters outside RFC 6238"))
}

fn shown(method_id: MethodId, user: &User, engine: &Totp) -> Answer<TotpSetup> {
    let error = |_| Fault::Stored(format!("the name of account {} does not fit into a URI", user.id));
    let uri = Secret::new(engine.to_url().map_err(error)?);
    let qr_svg = qr::svg(&uri)?;
    Ok(TotpSetup { method_id, otpauth_uri: uri, secret: Secret::new(engine.secret().to_base32()), qr_svg })
}
