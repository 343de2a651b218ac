//! A code on the clipboard, for a while.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use countersign::{
    ports::{self, Clock},
    protocol::Secret,
};

use super::{
    ports::{Clipboard, ClipboardError, DeskPorts, Notify},
    task::Task,
};
use crate::ipc::Topic;

/// Puts codes on the clipboard and takes them away again, unless something else was copied meanwhile.
pub(super) struct CopiedCode {
    place: Place,
    clock: Arc<dyn Clock>,
    last: Mutex<Option<(Secret<String>, Task)>>,
}

#[derive(Clone)]
struct Place {
    clipboard: Arc<dyn Clipboard>,
    notify: Arc<dyn Notify>,
}

impl CopiedCode {
    pub(super) fn new(ports: &DeskPorts) -> Self {
        let place = Place { clipboard: ports.clipboard.clone(), notify: ports.notify.clone() };
        Self { place, clock: ports.clock.clone(), last: Mutex::default() }
    }

    /// Copies; an earlier code's end is no longer waited for, as this one has taken its place.
    pub(super) async fn put(&self, code: Secret<String>, keep: Duration) -> Result<(), ClipboardError> {
        let (clipboard, copied) = (self.place.clipboard.clone(), code.clone());
        // EXPOSE: the person asked for it to be copied.
        blocking(move || clipboard.put(copied.expose())).await?;
        let (place, clock, copied) = (self.place.clone(), self.clock.clone(), code.clone());
        let clear = Task::spawn(async move {
            clock.sleep(keep).await;
            place.clear(copied).await;
        });
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((code, clear));
        Ok(())
    }

    /// Takes the last code away at once.
    pub(super) async fn clear(&self) {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((code, _task)) = last {
            self.place.clear(code).await;
        }
    }
}

impl Place {
    /// Clears only what this app put there. A clipboard that does not answer cannot be cleared.
    async fn clear(&self, code: Secret<String>) {
        let clipboard = self.clipboard.clone();
        let cleared = blocking(move || {
            // EXPOSE: both are compared, and go nowhere.
            let same = clipboard.text()?.is_some_and(|text| text.expose() == code.expose());
            if same { clipboard.clear().map(|()| true) } else { Ok(false) }
        });
        if cleared.await.is_ok() {
            self.notify.changed(Topic::Clipboard);
        }
    }
}

/// Runs a call of the clipboard where it may block.
pub(super) async fn blocking<T: Send + 'static>(
    call: impl FnOnce() -> Result<T, ClipboardError> + Send + 'static,
) -> Result<T, ClipboardError> {
    ports::blocking(|| ClipboardError { reason: "the app shut down".to_owned() }, call).await
}
