//! Enrolled devices: as callers, to their owners, and their removal.

use std::sync::Arc;

use countersign_protocol::{
    ProblemCode,
    ids::{EnrolmentId, UserId},
    push::{EnrolledDevice, EnrolledDevices},
};

use super::about_device;
use crate::{
    delivery,
    domain::{
        answer::{Answer, Stop, refuse},
        events::{About, Event, Source, record},
        mail,
        sessions::{SignedIn, require_fresh},
    },
    store::{
        Connection, challenges,
        push_devices::{self, Device},
        users,
    },
    world::World,
};

/// The device whose possession key was proven.
///
/// # Errors
/// `enrolment_not_found` if the key is not enrolled, or no longer; a fault.
pub async fn caller(world: &World, jkt: String) -> Answer<Device> {
    world.read(move |connection| Box::pin(async move { enrolled(connection, &jkt).await })).await
}

/// The same inside a transaction, as the device may have been removed since it called.
pub(super) async fn enrolled(connection: &mut Connection, jkt: &str) -> Answer<Device> {
    let gone = "This key is not enrolled, or no longer. Enrol again.";
    let device = push_devices::device_by_key(connection, jkt).await?;
    device.ok_or_else(|| refuse(ProblemCode::EnrolmentNotFound, gone))
}

/// The devices of a user, oldest first.
///
/// # Errors
/// A fault.
pub async fn list(world: &World, user: UserId) -> Answer<EnrolledDevices> {
    let devices = world.read(move |connection| {
        Box::pin(async move { Ok(push_devices::devices_of(connection, user).await?) })
    });
    let shown = |device: Device| EnrolledDevice {
        enrolment_id: device.id,
        name: device.name,
        kind: device.kind,
        created_at: device.created_at,
    };
    Ok(EnrolledDevices { devices: devices.await?.into_iter().map(shown).collect() })
}

/// Who removes a device.
pub enum Remover {
    /// A session of its owner.
    Session(SignedIn),
    /// A device, which may remove itself.
    Device(Device),
}

/// Removes a device of the user, and tells the user.
///
/// # Errors
/// `forbidden` if the sign-in is too long ago, or for a device that removes another; `session_ended`;
/// `enrolment_not_found` if it is not there, or no longer; a fault.
pub async fn remove(world: &Arc<World>, source: Source, remover: Remover, id: EnrolmentId) -> Answer<()> {
    let inside = Arc::clone(world);
    world
        .transact(move |tx| {
            Box::pin(async move {
                let now = inside.now();
                let user = match remover {
                    Remover::Session(session) => {
                        require_fresh(tx.connection(), &inside, &session).await?;
                        session.user_id
                    }
                    Remover::Device(device) if device.id == id => device.user_id,
                    Remover::Device(_) => {
                        let detail = "A device removes itself alone; sign in to remove others.";
                        return Err(refuse(ProblemCode::Forbidden, detail));
                    }
                };
                let user = users::by_id(tx.connection(), user).await?.ok_or_else(gone)?;
                let name = push_devices::remove_device(tx, user.id, id, now).await?.ok_or_else(gone)?;
                tx.notify(&challenges::topic(user.id));
                delivery::queue(tx, &mail::device_removed(&user.email, &name), now).await?;
                let about = About::user(user.tenant_id, user.id);
                record(tx, &inside, &source, about, Event::PushDeviceRemoved, about_device(id)).await
            })
        })
        .await
}

fn gone() -> Stop {
    refuse(ProblemCode::EnrolmentNotFound, "The device is not enrolled, or no longer.")
}
