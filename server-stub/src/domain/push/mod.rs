//! Push approval: enrolling devices, asking them, taking their answers.
//!
//! What is sent to a device is signed: requests by a push key, the set of push keys by the enrolment root whose
//! thumbprint stood in the enrolment link. What a device answers is signed by its own key over the exact request.
//! How a challenge moves is drawn at [`countersign_protocol::push::ChallengeState`].

mod answer;
mod ask;
mod devices;
mod enrol;
mod watch;

pub use self::{
    answer::respond,
    ask::challenge,
    devices::{Remover, caller, list, remove},
    enrol::{enrol, ticket},
    watch::{pending, watch},
};

use countersign_protocol::{
    ProblemCode,
    claims::{Header, KeySetClaims, typ},
    ids::EnrolmentId,
    push::Capability,
};

use super::{
    answer::{Answer, Fault, refuse},
    events::Details,
    factors::Factor,
};
use crate::{store::users::User, world::World};

/// What this server can do.
fn capabilities() -> Vec<Capability> {
    vec![Capability::NumberMatching, Capability::UserVerification, Capability::EventStream]
}

/// The push keys in force, signed by the enrolment root.
fn key_set(world: &World) -> Result<String, Fault> {
    let claims = KeySetClaims {
        iss: world.issuer.clone(),
        version: 1,
        iat: world.now().as_seconds(),
        keys: vec![world.keys.push.public().clone()],
    };
    world.keys.root.sign(Header::new(typ::KEY_SET).versioned(), &claims)
}

/// What the audit log tells of a device.
fn about_device(id: EnrolmentId) -> Details {
    let metadata = Some(serde_json::json!({"enrolment_id": id}));
    Details { method: Some(Factor::Push.as_str()), metadata, ..Details::default() }
}

/// Fails while approvals are locked for the user.
fn unlocked(user: &User) -> Answer<()> {
    if user.push_locked_at.is_none() {
        return Ok(());
    }
    let detail =
        "Approvals are locked since a sign-in was reported. Use another method, or ask an administrator.";
    Err(refuse(ProblemCode::PushLocked, detail))
}
