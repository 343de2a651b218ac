//! Taking a device's answer.

use std::sync::Arc;

use countersign_protocol::{
    ProblemCode,
    claims::{ResponseClaims, typ},
    push::{ChallengeState, Decision, DenyReason, Respond, Responded, UserVerification},
};
use subtle::ConstantTimeEq as _;

use super::{devices::enrolled, unlocked};
use crate::{
    delivery,
    domain::{
        answer::{Answer, Fault, Stop, refuse},
        events::{About, Details, Event, Source, record},
        factors::Factor,
        login::{self, Login},
        mail,
    },
    jose::{self, NotAuthentic, sha256, thumbprint},
    store::{
        Tx,
        challenges::{self, Challenge, Closing},
        logins::number_place,
        push_devices::Device,
        users::{self, User},
    },
    world::{Consuming, World},
};

/// Carries out an answer: the challenge closes, and the waiting login goes on.
///
/// # Errors
/// `enrolment_not_found`; `invalid_signature` names what does not fit; `challenge_not_found`, `challenge_closed`, `wrong_number`,
/// `push_locked`; a fault.
pub async fn respond(
    world: &Arc<World>,
    request: Consuming,
    source: Source,
    device: Device,
    body: Respond,
) -> Answer<Responded> {
    let answer = verified(world, device, body.response)?;
    let inside = Arc::clone(world);
    world
        .consume(request, move |tx| Box::pin(async move { answer.carry_out(tx, &inside, &source).await }))
        .await
}

/// An answer whose signature fits a key of its device.
struct Signed {
    device: Device,
    claims: ResponseClaims,
    jws: String,
    user_verified: bool,
}

fn verified(world: &World, device: Device, jws: String) -> Answer<Signed> {
    let refused = |NotAuthentic(reason)| no(reason);
    let kid = jose::header(&jws, typ::RESPONSE, true).map_err(refused)?.kid;
    let kid = kid.ok_or_else(|| no("its header has no kid"))?;
    let verification = device.verification_key.as_ref().filter(|key| thumbprint(key) == kid);
    let key = match verification {
        Some(key) => key,
        None if kid == device.jkt => &device.possession_key,
        None => return Err(no("its kid is no key of this device")),
    };
    let claims: ResponseClaims = jose::verify(&jws, key).map_err(refused)?;
    if claims.iss != device.id || claims.aud != world.issuer {
        return Err(no("it is another device's or for another server"));
    }
    let fits = match claims.decision {
        Decision::Approve => claims.number.is_some() && claims.reason.is_none(),
        Decision::Deny => claims.number.is_none(),
    };
    if !fits {
        return Err(no("an approval carries the number, a denial may carry a reason"));
    }
    Ok(Signed { user_verified: verification.is_some(), device, claims, jws })
}

impl Signed {
    async fn carry_out(&self, tx: &mut Tx, world: &World, source: &Source) -> Answer<Responded> {
        let id = self.claims.challenge_id;
        // First, as when a user is asked: of a report, an approval and a request at once, on any nodes, one is carried
        // out after the other.
        users::lock(tx, self.device.user_id).await?;
        enrolled(tx.connection(), &self.device.jkt).await?;
        let asked = challenges::asked_of(tx.connection(), id, self.device.id).await?;
        let Some((challenge, request)) = asked else {
            return Err(refuse(ProblemCode::ChallengeNotFound, "This device was not asked that."));
        };
        let signing_input = request.rsplit_once('.').map_or("", |(input, _)| input);
        if self.claims.request_hash != sha256(signing_input.as_bytes()) {
            return Err(no("it answers another request than the one sent"));
        }
        match challenge.state_at(world.now()) {
            ChallengeState::Open => {}
            state => return Err(closed(state)),
        }
        // Here and not before, so that a retry of an answer that counted is told so whenever it arrives.
        if self.claims.exp <= world.now().as_seconds() {
            return Err(no("it is no longer good; make a new one"));
        }
        let user = users::by_id(tx.connection(), self.device.user_id).await?;
        let user = user.filter(|user| user.active).ok_or_else(|| closed(ChallengeState::Superseded))?;
        let login = login::find(tx.connection(), challenge.login_id, world.now()).await?;
        let login =
            login.ok_or_else(|| Stop::Fault(Fault::Stored("a challenge without its login".to_owned())))?;
        let answered = Answered { signed: self, challenge, user, login };
        let state = match self.claims.decision {
            Decision::Approve => answered.approve(tx, world, source).await?,
            Decision::Deny => answered.deny(tx, world, source).await?,
        };
        if state == ChallengeState::WrongNumber {
            let detail =
                "That is not the number shown at sign-in. The request is closed; sign-in can ask again.";
            return Err(refuse(ProblemCode::WrongNumber, detail).attempts_left(0));
        }
        Ok(Responded { challenge_id: id, state })
    }
}

/// An answer to a challenge that was open when it was read.
struct Answered<'a> {
    signed: &'a Signed,
    challenge: Challenge,
    user: User,
    login: Login,
}

impl Answered<'_> {
    async fn approve(self, tx: &mut Tx, world: &World, source: &Source) -> Answer<ChallengeState> {
        unlocked(&self.user)?;
        let needed = world.policy.push.user_verification == UserVerification::Required;
        if needed && !self.signed.user_verified {
            return Err(no("approving needs the verification key"));
        }
        let shown = world.keys.open(&number_place(self.challenge.id), &self.challenge.number_sealed)?;
        // EXPOSE: compared in constant time.
        let typed = self.signed.claims.number.as_ref().map(|number| number.expose().as_bytes());
        if shown.expose().ct_eq(typed.unwrap_or_default()).into() {
            self.close(tx, world, ChallengeState::Approved, None).await?;
            login::finish(tx, world, source, self.login, Factor::Push, false).await?;
            Ok(ChallengeState::Approved)
        } else {
            self.close(tx, world, ChallengeState::WrongNumber, None).await?;
            self.record(tx, world, source, Event::PushWrongNumber).await?;
            login::reopen(tx, self.login).await?;
            Ok(ChallengeState::WrongNumber)
        }
    }

    async fn deny(self, tx: &mut Tx, world: &World, source: &Source) -> Answer<ChallengeState> {
        let reason = self.signed.claims.reason.unwrap_or(DenyReason::Other);
        self.close(tx, world, ChallengeState::Denied, Some(reason)).await?;
        if reason == DenyReason::NotMe {
            self.report(tx, world, source).await?;
        }
        login::deny(tx, world, source, self.login, reason).await?;
        Ok(ChallengeState::Denied)
    }

    /// Somebody else knows the password: approvals are locked, and no other request stays open.
    async fn report(&self, tx: &mut Tx, world: &World, source: &Source) -> Answer<()> {
        let now = world.now();
        users::lock_push(tx, self.user.id, now).await?;
        for waiting in challenges::logins_asking(tx.connection(), self.user.id).await? {
            if let Some(login) = login::find(tx.connection(), waiting, now).await? {
                login::withdraw(tx, world, login).await?;
            }
        }
        let facts = &self.login.facts;
        let alert = mail::sign_in_reported(&self.user.email, &facts.device.name, &facts.address);
        delivery::queue(tx, &alert, now).await?;
        self.record(tx, world, source, Event::PushReported).await
    }

    async fn close(
        &self,
        tx: &mut Tx,
        world: &World,
        state: ChallengeState,
        reason: Option<DenyReason>,
    ) -> Answer<()> {
        let device = self.signed.device.id;
        let closing = Closing { state, reason, by: (device, &self.signed.jws) };
        if challenges::close(tx, &self.challenge, &closing, world.now()).await? {
            return Ok(());
        }
        // Another answer was faster, on another node: tell what it said.
        let now = challenges::asked_of(tx.connection(), self.challenge.id, device).await?;
        Err(closed(now.map_or(ChallengeState::Superseded, |(challenge, _)| challenge.state)))
    }

    async fn record(&self, tx: &mut Tx, world: &World, source: &Source, event: Event) -> Answer<()> {
        let about = About::user(self.user.tenant_id, self.user.id);
        let details = Details {
            method: Some(Factor::Push.as_str()),
            device: Some(self.login.facts.device.name.to_string()),
            metadata: Some(serde_json::json!({"enrolment_id": self.signed.device.id})),
        };
        record(tx, world, source, about, event, details).await
    }
}

fn closed(state: ChallengeState) -> Stop {
    let detail = match state {
        ChallengeState::Expired => "The request ran out of time.",
        ChallengeState::Superseded => "Sign-in goes on without this request.",
        _ => "The request was answered already.",
    };
    refuse(ProblemCode::ChallengeClosed, detail).state(state)
}

fn no(reason: &str) -> Stop {
    refuse(ProblemCode::InvalidSignature, format!("The answer is not accepted: {reason}."))
}
