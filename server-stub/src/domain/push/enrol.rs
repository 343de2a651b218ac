//! Tickets and enrolment.

use std::sync::Arc;

use countersign_protocol::{
    ProblemCode,
    claims::{EnrolmentClaims, Header, ReceiptClaims, typ},
    enroll_uri::EnrollUri,
    fields::OpaqueToken,
    ids::{EnrolmentId, MethodId},
    jose::Jwk,
    login::MethodKind,
    push::{Enrolled, EnrolmentTicket, Register},
};

use super::{about_device, capabilities, key_set};
use crate::{
    delivery,
    domain::{
        answer::{Answer, Stop, refuse},
        events::{About, Event, Source, record},
        mail, qr,
        sessions::{SignedIn, require_fresh},
    },
    jose::{self, NotAuthentic, sha256, thumbprint},
    store::{
        Tx, methods,
        methods::MethodStatus,
        push_devices::{self, Device},
        users::{self, User},
    },
    world::{Consuming, World},
};

const TICKET_PURPOSE: &str = "enrolment_ticket";

/// A new ticket for the user, and the link that carries it.
///
/// # Errors
/// `session_ended`, `forbidden` if the sign-in is too long ago, or a fault.
pub async fn ticket(world: &Arc<World>, request: Consuming, session: SignedIn) -> Answer<EnrolmentTicket> {
    let inside = Arc::clone(world);
    world
        .consume(request, move |tx| {
            Box::pin(async move {
                let (world, now, token) = (&inside, inside.now(), inside.random.token256()?);
                require_fresh(tx.connection(), world, &session).await?;
                let expires_at = now.plus(world.policy.push.ticket_life);
                // EXPOSE: only the hash is stored.
                let hash = world.keys.token_hash(TICKET_PURPOSE, token.expose());
                push_devices::insert_ticket(tx, &hash, session.user_id, now, expires_at).await?;
                let root = world.keys.root.kid().to_owned();
                let uri = EnrollUri { server: world.issuer.clone(), ticket: token, root }.to_text();
                Ok(EnrolmentTicket { qr_svg: qr::svg(&uri)?, uri, expires_at })
            })
        })
        .await
}

/// Enrols a device under a proof of the key `proven`: uses the ticket up and adds the device as a factor of the
/// ticket's user.
///
/// # Errors
/// `invalid_signature` names what does not fit; `invalid_ticket`; a fault.
pub async fn enrol(
    world: &Arc<World>,
    request: Consuming,
    source: Source,
    proven: &Jwk,
    body: Register,
) -> Answer<Enrolled> {
    let asked = Asked::verify(world, body, proven)?;
    let inside = Arc::clone(world);
    world.consume(request, move |tx| Box::pin(async move { asked.enrol(tx, &inside, &source).await })).await
}

/// What a device asks, verified: its keys signed it, and it is for this server, with this ticket.
struct Asked {
    claims: EnrolmentClaims,
    ticket: OpaqueToken,
    jkt: String,
}

impl Asked {
    fn verify(world: &World, register: Register, proven: &Jwk) -> Answer<Self> {
        let claims = signed_by_own_key(&register.enrolment, |claims| Some(&claims.possession_key))?;
        if claims.possession_key != *proven {
            return Err(no("the request was proven with another key than the possession key"));
        }
        match (&claims.verification_key, &register.verification) {
            (None, None) => {}
            (Some(_), Some(jws)) => {
                if signed_by_own_key(jws, |claims| claims.verification_key.as_ref())? != claims {
                    return Err(no("the two messages do not say the same"));
                }
            }
            _ => return Err(no("the verification key is to be in both messages or in none")),
        }
        if claims.verification_key.as_ref() == Some(&claims.possession_key) {
            return Err(no("the two keys are the same"));
        }
        // EXPOSE: compared by its hash, as the device signed it.
        if claims.ticket_hash != sha256(register.ticket.expose().as_bytes()) {
            return Err(no("it is for another ticket"));
        }
        if claims.aud != world.issuer {
            return Err(no("it is for another server"));
        }
        Ok(Self { jkt: thumbprint(&claims.possession_key), claims, ticket: register.ticket })
    }

    async fn enrol(&self, tx: &mut Tx, world: &World, source: &Source) -> Answer<Enrolled> {
        let now = world.now();
        // Here and not before, so that a retry of an enrolment that counted is told so whenever it arrives.
        if self.claims.exp <= now.as_seconds() {
            return Err(no("it is no longer good; make a new one"));
        }
        // Before anything is written, as a refusal commits. Of two requests at once that bring the same key, the
        // later one meets the unique index, is undone as a whole, and is refused here when it comes again.
        if push_devices::knows_key(tx.connection(), &self.jkt).await? {
            return Err(no("these keys were enrolled before; make new ones"));
        }
        // EXPOSE: looked up by its hash.
        let hash = world.keys.token_hash(TICKET_PURPOSE, self.ticket.expose());
        let user = push_devices::use_ticket(tx, &hash, now).await?.ok_or_else(spent)?;
        let user = users::by_id(tx.connection(), user).await?.filter(|user| user.active).ok_or_else(spent)?;

        let (claims, ours) = (&self.claims, capabilities());
        let device = Device {
            id: world.random.ulid(now, EnrolmentId::from_parts)?,
            method_id: world.random.ulid(now, MethodId::from_parts)?,
            user_id: user.id,
            possession_key: claims.possession_key.clone(),
            verification_key: claims.verification_key.clone(),
            jkt: self.jkt.clone(),
            name: claims.name.clone(),
            kind: claims.kind,
            capabilities: claims
                .capabilities
                .iter()
                .filter(|theirs| ours.contains(theirs))
                .cloned()
                .collect(),
            created_at: now,
        };
        let (id, status) = (device.method_id, MethodStatus::Enabled);
        methods::insert(tx, id, user.id, MethodKind::Push, &device.name, status, now).await?;
        push_devices::insert_device(tx, &device).await?;
        delivery::queue(tx, &mail::device_enrolled(&user.email, &device.name), now).await?;
        let about = About::user(user.tenant_id, user.id);
        record(tx, world, source, about, Event::PushDeviceEnrolled, about_device(device.id)).await?;
        Ok(Enrolled {
            enrolment_id: device.id,
            root: world.keys.root.public().clone(),
            receipt: self.receipt(world, &device, user)?,
            key_set: key_set(world)?,
        })
    }

    fn receipt(&self, world: &World, device: &Device, user: User) -> Answer<String> {
        let claims = ReceiptClaims {
            iss: world.issuer.clone(),
            aud: device.id,
            iat: device.created_at.as_seconds(),
            ticket_hash: self.claims.ticket_hash.clone(),
            possession_jkt: device.jkt.clone(),
            verification_jkt: device.verification_key.as_ref().map(thumbprint),
            capabilities: device.capabilities.clone(),
            application: user.tenant_name,
            account: user.email.into(),
        };
        Ok(world.keys.root.sign(Header::new(typ::RECEIPT).versioned(), &claims)?)
    }
}

/// Verifies a message under the key that its header brings, which must be the one that its claims name.
fn signed_by_own_key(jws: &str, named: impl Fn(&EnrolmentClaims) -> Option<&Jwk>) -> Answer<EnrolmentClaims> {
    let refused = |NotAuthentic(reason)| no(reason);
    let key = jose::header(jws, typ::ENROLMENT, true).map_err(refused)?.jwk;
    let key = key.ok_or_else(|| no("its header has no jwk"))?;
    let claims: EnrolmentClaims = jose::verify(jws, &key).map_err(refused)?;
    if named(&claims) == Some(&key) {
        Ok(claims)
    } else {
        Err(no("it is signed by another key than it names"))
    }
}

fn no(reason: &str) -> Stop {
    refuse(ProblemCode::InvalidSignature, format!("The enrolment is not accepted: {reason}."))
}

fn spent() -> Stop {
    refuse(ProblemCode::InvalidTicket, "The enrolment link was used or is over. Make a new one.")
}
