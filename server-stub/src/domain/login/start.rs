//! The password step.

use std::{ops::ControlFlow, sync::Arc};

use countersign_protocol::{
    ProblemCode,
    fields::OpaqueToken,
    ids::{DeviceId, LoginId},
    login::{LoginOutcome, StartLogin},
};

use super::{
    Login, LoginCaller, Stage,
    outcome::{collect, offered, push_locked},
    steps::{finish, told},
};
use crate::{
    delivery,
    domain::{
        answer::{Answer, Stop, refuse},
        events::{About, Details, Event, Source, record},
        factors::{self, Factor, Offers, Proven},
        limits::{self, AccountKey, Claim, seconds},
        trust,
    },
    store::{
        Tx, devices,
        logins::{self, Facts, Status},
        tenants,
        users::{self, User},
    },
    world::{Consuming, World},
};

/// A request to sign in.
pub struct SignIn {
    /// Where it comes from.
    pub source: Source,
    /// Thumbprint of the key that the login is to be bound to.
    pub jkt: Option<String>,
    /// From an earlier login on this device.
    pub trust_token: Option<OpaqueToken>,
    /// Its body.
    pub body: StartLogin,
}

/// Begins a login with the password.
///
/// The comparison runs outside the transaction, as it takes long, and its result is sealed in a
/// [`Checked`](crate::domain::passwords::Checked) that only the claimed attempt opens. An address without an account, an
/// account that waits for its activation and one that was closed take the same way as a wrong password, at the same
/// cost. A right password during a lock gets through to be told of the lock, within the limits of attempts. A retry
/// under the same key gets the first answer, whatever the limits say by then.
///
/// # Errors
/// `invalid_credentials`, `too_many_requests`, `push_locked`, or a fault.
pub async fn start(world: &Arc<World>, request: Consuming, sign_in: SignIn) -> Answer<LoginOutcome> {
    let account = AccountKey::of(world, &sign_in.body.email);
    let subjects = account.password(&sign_in.source.address);
    let (inside, email, asked) = (Arc::clone(world), sign_in.body.email.canonical(), request.clone());
    // The answer that was given before, or the hash to compare with if the address has an account.
    let first = world
        .read(move |connection| {
            Box::pin(async move {
                let limits = limits::check(connection, &inside, &subjects).await;
                if let Some(outcome) = inside.replay(connection, &asked).await? {
                    return Ok(ControlFlow::Break(outcome));
                }
                limits?;
                let user = users::by_email(connection, &email).await?;
                Ok(ControlFlow::Continue(user.map(|user| user.password_hash)))
            })
        })
        .await?;
    let stored = match first {
        ControlFlow::Break(outcome) => return Ok(outcome),
        ControlFlow::Continue(stored) => stored,
    };
    // EXPOSE: compared by the library.
    let hash = stored.as_ref().map(|hash| hash.expose().as_str());
    let checked = world.passwords.check(&sign_in.body.password, hash).await?;
    let compared = stored.clone();
    let inside = Arc::clone(world);
    world
        .consume(request, move |tx| {
            Box::pin(async move {
                let email = sign_in.body.email.canonical();
                users::lock_by_email(tx, email.clone()).await?;
                let claim = limits::claim(tx, &inside, account.password(&sign_in.source.address)).await?;
                let user = users::by_email(tx.connection(), &email).await?;
                // A password that was changed between the comparison and now counts as wrong.
                let unchanged = |user: &User| {
                    // EXPOSE: the stored hash is compared with itself.
                    compared.as_ref().is_some_and(|hash| hash.expose() == user.password_hash.expose())
                };
                let right = checked.reveal(&claim);
                match user {
                    Some(user) if right && user.active && unchanged(&user) => {
                        let step = PasswordStep { world: &inside, sign_in, account, user };
                        step.right(tx, claim).await
                    }
                    user => Err(wrong(tx, &inside, &sign_in, claim, user.as_ref()).await?),
                }
            })
        })
        .await
}

/// The same for a wrong password and for an account that cannot be used; without an account, with a mail that
/// nobody gets.
async fn wrong(
    tx: &mut Tx,
    world: &World,
    sign_in: &SignIn,
    claim: Claim,
    user: Option<&User>,
) -> Answer<Stop> {
    let failed = claim.fail(tx, world).await?;
    let to = user.map_or(&sign_in.body.email, |user| &user.email);
    let (event, mail) = told(&failed, to, "your password", Event::PasswordRefused);
    match (mail, user) {
        (Some(mail), Some(_)) => delivery::queue(tx, &mail, world.now()).await?,
        (Some(mail), None) => delivery::decoy(tx, &mail, world.now()).await?,
        (None, _) => {}
    }
    let operator = tenants::operator(tx, world.now()).await?;
    let about = match user {
        Some(user) => About::user(user.tenant_id, user.id),
        None => About { tenant_id: operator, user_id: None },
    };
    record(tx, world, &sign_in.source, about, event, Details::method(Factor::Password.as_str())).await?;
    Ok(refuse(ProblemCode::InvalidCredentials, "Address or password is not right. Check both and try again."))
}

/// What follows a right password.
struct PasswordStep<'a> {
    world: &'a Arc<World>,
    sign_in: SignIn,
    account: AccountKey,
    user: User,
}

impl PasswordStep<'_> {
    async fn right(self, tx: &mut Tx, claim: Claim) -> Answer<LoginOutcome> {
        let world = self.world;
        if let Some(rest) = claim.locked_for(world) {
            claim.give_back(tx).await?;
            self.record(tx, Event::LoginLocked).await?;
            return Ok(LoginOutcome::Locked { retry_after: seconds(rest) });
        }
        claim.succeed(tx).await?;
        let rotated = match &self.sign_in.trust_token {
            Some(token) => {
                let jkt = self.sign_in.jkt.as_deref();
                trust::redeem(tx, world, &self.sign_in.source, &self.user, jkt, token).await?
            }
            None => None,
        };
        let factor = if rotated.is_some() { Factor::TrustedDevice } else { Factor::Password };
        let offers = factors::offers(tx.connection(), &self.user, &self.account, world).await?;
        if rotated.is_some() || offers == Offers::NotSetUp {
            let (login, _) = self.insert(tx).await?;
            let login = finish(tx, world, &self.sign_in.source, login, factor, false).await?;
            let authenticated = collect(tx, world, &self.sign_in.source, login, &self.user, rotated).await?;
            return Ok(LoginOutcome::Authenticated(authenticated));
        }
        match offers {
            Offers::Locked(rest) => {
                self.record(tx, Event::LoginLocked).await?;
                Ok(LoginOutcome::Locked { retry_after: seconds(rest) })
            }
            Offers::PushLocked => {
                self.record(tx, Event::LoginLocked).await?;
                Err(push_locked())
            }
            offers => {
                let (login, login_token) = self.insert(tx).await?;
                self.record(tx, Event::PasswordAccepted).await?;
                let mut outcome = offered(&login, offers)?;
                if let LoginOutcome::MfaRequired(required) = &mut outcome {
                    required.login_token = login_token;
                }
                Ok(outcome)
            }
        }
    }

    /// Adds the login, and gives the token that carries it where no key does.
    async fn insert(&self, tx: &mut Tx) -> Answer<(Login, Option<OpaqueToken>)> {
        let (world, now, body) = (self.world, self.world.now(), &self.sign_in.body);
        let device = match &body.fingerprint {
            Some(fingerprint) => {
                let new_id = world.random.ulid(now, DeviceId::from_parts)?;
                Some(devices::seen(tx, new_id, self.user.id, fingerprint, &body.device, now).await?)
            }
            None => None,
        };
        let token = if self.sign_in.jkt.is_none() { Some(world.random.token256()?) } else { None };
        let facts = Facts {
            id: world.random.ulid(now, LoginId::from_parts)?,
            user_id: self.user.id,
            tenant_id: self.user.tenant_id,
            device_id: device.map(|device| device.id),
            jkt: self.sign_in.jkt.clone(),
            login_token_hash: token.as_ref().map(|token| {
                // EXPOSE: only the hash is stored.
                world.keys.token_hash(LoginCaller::TOKEN_PURPOSE, token.expose())
            }),
            device: body.device.clone(),
            device_known: device.is_some_and(|device| device.known),
            address: self.sign_in.source.address.clone(),
            created_at: now,
            expires_at: now.plus(world.policy.login_life),
        };
        let (written, proven) = (Status::MfaRequired, Proven::password());
        logins::insert(tx, &facts, written, &proven.to_string()).await?;
        let login = Login {
            facts,
            stage: Stage::MfaRequired,
            proven,
            trust_device: false,
            written,
            unanswered: None,
        };
        Ok((login, token))
    }

    async fn record(&self, tx: &mut Tx, event: Event) -> Answer<()> {
        let about = About::user(self.user.tenant_id, self.user.id);
        let details = Details {
            method: Some(Factor::Password.as_str()),
            device: Some(self.sign_in.body.device.name.to_string()),
            metadata: None,
        };
        record(tx, self.world, &self.sign_in.source, about, event, details).await
    }
}
