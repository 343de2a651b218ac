//! Waiting for a login to move on.

use std::sync::Arc;

use countersign_protocol::{Timestamp, ids::LoginId, login::LoginChanged};

use super::{Login, LoginCaller, Stage, find_for, topic};
use crate::{domain::answer::Answer, store::Wakes, world::World};

/// Tells where a login stands, now and whenever that changes, until nothing will change any more.
pub struct Watch {
    world: Arc<World>,
    caller: LoginCaller,
    id: LoginId,
    wakes: Wakes,
    told: Option<Stage>,
}

/// Begins to watch a login. It subscribes before the first look, so that no change is missed.
///
/// # Errors
/// `login_not_found` if it is not there or another caller's; a fault.
pub async fn watch(world: &Arc<World>, caller: LoginCaller, id: LoginId) -> Answer<Watch> {
    let wakes = world.store.subscribe(&topic(id));
    let watch = Watch { world: Arc::clone(world), caller, id, wakes, told: None };
    watch.look().await?;
    Ok(watch)
}

impl Watch {
    /// The next change; the first call answers at once. `None` after the last one, and when the store does not
    /// answer: whoever watches asks again and learns why.
    pub async fn next(&mut self) -> Option<LoginChanged> {
        if self.told.as_ref().is_some_and(Stage::is_final) {
            return None;
        }
        loop {
            let login = self.look().await.ok()?;
            if self.told.as_ref() != Some(&login.stage) {
                let status = login.stage.name().to_owned();
                self.told = Some(login.stage);
                return Some(LoginChanged { login_id: self.id, status });
            }
            tokio::select! {
                () = self.wakes.wait() => {}
                () = self.world.clock.sleep_until(changes_by_itself(&login)) => {}
            }
        }
    }

    async fn look(&self) -> Answer<Login> {
        let (caller, id, now) = (self.caller.clone(), self.id, self.world.now());
        self.world
            .read(move |connection| Box::pin(async move { find_for(connection, &caller, id, now).await }))
            .await
    }
}

/// The next moment at which time alone moves the login on.
fn changes_by_itself(login: &Login) -> Timestamp {
    match &login.stage {
        Stage::Pending(challenge) => challenge.expires_at.min(login.facts.expires_at),
        _ => login.facts.expires_at,
    }
}
