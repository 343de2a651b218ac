//! Telling waiting requests that something has changed.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

/// Wakes for one topic, from the moment of [`super::Store::subscribe`] on.
///
/// A wake says only that state *may* have changed: read it again. Subscribe first, read then, wait last, and no
/// change is missed. Several changes between two waits make one wake.
pub struct Wakes {
    hub: Arc<Hub>,
    topic: String,
    changes: watch::Receiver<()>,
}

impl Wakes {
    /// Returns once the topic was notified after the subscription or after the last wait.
    pub async fn wait(&mut self) {
        // The sender lives in the hub for as long as this subscription does, so that this cannot fail.
        let _ = self.changes.changed().await;
    }
}

impl Drop for Wakes {
    fn drop(&mut self) {
        let mut topics = self.hub.topics();
        if topics.get(&self.topic).is_some_and(|sender| sender.receiver_count() == 1) {
            topics.remove(&self.topic);
        }
    }
}

/// The topics that somebody waits for. A wake costs what the waiters of its own topic cost, however many wait
/// for others.
#[derive(Default)]
pub(super) struct Hub(Mutex<HashMap<String, watch::Sender<()>>>);

impl Hub {
    pub(super) fn subscribe(self: &Arc<Self>, topic: &str) -> Wakes {
        let changes = self.topics().entry(topic.to_owned()).or_default().subscribe();
        Wakes { hub: Arc::clone(self), topic: topic.to_owned(), changes }
    }

    pub(super) fn wake(&self, topic: &str) {
        if let Some(sender) = self.topics().get(topic) {
            sender.send_replace(());
        }
    }

    pub(super) fn wake_all(&self) {
        for sender in self.topics().values() {
            sender.send_replace(());
        }
    }

    fn topics(&self) -> MutexGuard<'_, HashMap<String, watch::Sender<()>>> {
        // Nothing panics while the lock is held, and a topic too few or too many is harmless.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_wake_before_the_wait_is_not_lost_and_topics_are_forgotten() {
        let hub = Arc::new(Hub::default());
        let mut first = hub.subscribe("login:1");
        let second = hub.subscribe("login:1");
        hub.wake("login:1");
        hub.wake("login:1");
        hub.wake("login:2");
        first.wait().await;
        assert!(!first.changes.has_changed().unwrap(), "two wakes between waits are one");
        drop(first);
        assert_eq!(hub.topics().len(), 1);
        drop(second);
        assert_eq!(hub.topics().len(), 0);
    }
}
