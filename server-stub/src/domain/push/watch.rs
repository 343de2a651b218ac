//! What waits for a device, at once and over time.

use std::{collections::HashMap, sync::Arc};

use countersign_protocol::{
    Timestamp,
    ids::ChallengeId,
    push::{ChallengeState, PendingRequests, PushEvent},
};

use super::key_set;
use crate::{
    domain::answer::Answer,
    store::{
        Wakes, challenges,
        push_devices::{self, Device},
    },
    world::World,
};

/// The open requests of a device, oldest first.
///
/// # Errors
/// A fault.
pub async fn pending(world: &World, device: Device) -> Answer<PendingRequests> {
    let now = world.now();
    let recent = world
        .read(move |connection| {
            Box::pin(async move {
                Ok(challenges::recent_of_device(connection, device.id, device.user_id, now).await?)
            })
        })
        .await?;
    let open = recent.into_iter().filter(|(challenge, _)| challenge.state == ChallengeState::Open);
    Ok(PendingRequests { requests: open.map(|(_, request)| request).collect(), key_set: key_set(world)? })
}

/// Follows the requests of a device from now on; those that are open come first.
pub fn watch(world: Arc<World>, device: Device) -> Watch {
    let wakes = world.store.subscribe(&challenges::topic(device.user_id));
    Watch { world, device, wakes, open: HashMap::new(), news: Vec::new() }
}

/// Reads the device's challenges on every wake, and tells what has changed since it last told.
pub struct Watch {
    world: Arc<World>,
    device: Device,
    wakes: Wakes,
    /// The challenges that were told to be open, and when they end.
    open: HashMap<ChallengeId, Timestamp>,
    /// What is to be told, newest first.
    news: Vec<PushEvent>,
}

impl Watch {
    /// The next change. `None` when the device was removed, or when the store does not answer: the device asks
    /// again and learns why.
    pub async fn next(&mut self) -> Option<PushEvent> {
        loop {
            if let Some(event) = self.news.pop() {
                return Some(event);
            }
            if !self.read().await.ok()? {
                return None;
            }
            if !self.news.is_empty() {
                continue;
            }
            match self.open.values().min() {
                Some(ends) => tokio::select! {
                    () = self.wakes.wait() => {}
                    () = self.world.clock.sleep_until(*ends) => {}
                },
                None => self.wakes.wait().await,
            }
        }
    }

    /// Collects what has changed. False if the device is no longer enrolled.
    async fn read(&mut self) -> Answer<bool> {
        let (now, device, known) = (self.world.now(), self.device.clone(), self.open.clone());
        let read = self
            .world
            .read(move |connection| {
                Box::pin(async move {
                    if push_devices::device_by_key(connection, &device.jkt).await?.is_none() {
                        return Ok(None);
                    }
                    let mut recent =
                        challenges::recent_of_device(connection, device.id, device.user_id, now).await?;
                    for challenge in known.into_keys() {
                        if !recent.iter().any(|(recent, _)| recent.id == challenge) {
                            recent.extend(challenges::asked_of(connection, challenge, device.id).await?);
                        }
                    }
                    Ok(Some(recent))
                })
            })
            .await?;
        let Some(recent) = read else { return Ok(false) };
        for (challenge, _) in recent.into_iter().rev() {
            let state = challenge.state_at(now);
            // One that closes before it was told needs no telling.
            let is_news = match state {
                ChallengeState::Open => self.open.insert(challenge.id, challenge.expires_at).is_none(),
                _ => self.open.remove(&challenge.id).is_some(),
            };
            if is_news {
                self.news.push(PushEvent { challenge_id: challenge.id, state });
            }
        }
        Ok(true)
    }
}
