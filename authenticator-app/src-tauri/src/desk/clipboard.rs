//! A code on the clipboard, for a while.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use countersign::{
    ports::{self, Clock, Level, LogSink},
    protocol::Secret,
};

use super::{
    LOG_TARGET, locked,
    ports::{Clipboard, ClipboardError, DeskPorts, Notify},
    task::Task,
};
use crate::ipc::Topic;

/// After a clipboard did not answer, when to try again to take the code away.
const AGAIN: Duration = Duration::from_secs(10);

/// Puts codes on the clipboard and takes them away again, unless something else was copied meanwhile.
pub(super) struct CopiedCode {
    place: Place,
    clock: Arc<dyn Clock>,
    end: Mutex<Option<Task>>,
}

#[derive(Clone)]
struct Place {
    clipboard: Arc<dyn Clipboard>,
    notify: Arc<dyn Notify>,
    log: Arc<dyn LogSink>,
    /// What may still be there.
    last: Arc<Mutex<Option<Secret<String>>>>,
}

impl CopiedCode {
    pub(super) fn new(ports: &DeskPorts) -> Self {
        let place = Place {
            clipboard: ports.clipboard.clone(),
            notify: ports.notify.clone(),
            log: ports.log.clone(),
            last: Arc::default(),
        };
        Self { place, clock: ports.clock.clone(), end: Mutex::default() }
    }

    /// Copies; an earlier code's end is no longer waited for, as this one has taken its place.
    pub(super) async fn put(&self, code: Secret<String>, keep: Duration) -> Result<(), ClipboardError> {
        let (clipboard, copied) = (self.place.clipboard.clone(), code.clone());
        // EXPOSE: the person asked for it to be copied.
        blocking(move || clipboard.put(copied.expose())).await?;
        *locked(&self.place.last) = Some(code);
        let (place, clock) = (self.place.clone(), self.clock.clone());
        let clear = Task::spawn(async move {
            clock.sleep(keep).await;
            while place.clear().await.is_err() {
                clock.sleep(AGAIN).await;
            }
        });
        *locked(&self.end) = Some(clear);
        Ok(())
    }

    /// Takes the last code away at once. Where the clipboard does not answer it is tried again, at its end and after
    /// that.
    pub(super) async fn clear(&self) {
        if self.place.clear().await.is_ok() {
            locked(&self.end).take();
        }
    }
}

impl Place {
    /// Clears only what this app put there. After an error the code may still be there.
    async fn clear(&self) -> Result<(), ClipboardError> {
        let Some(code) = locked(&self.last).clone() else { return Ok(()) };
        let (clipboard, ours) = (self.clipboard.clone(), code.clone());
        let cleared = blocking(move || {
            // EXPOSE: both are compared, and go nowhere.
            let same = clipboard.text()?.is_some_and(|text| text.expose() == ours.expose());
            if same { clipboard.clear().map(|()| true) } else { Ok(false) }
        })
        .await
        .inspect_err(|error| {
            let line = format!("a copied code may still be on the clipboard: {error}");
            self.log.log(Level::Warning, LOG_TARGET, &line);
        })?;
        // EXPOSE: a code that was copied meanwhile is another one, and stays known.
        locked(&self.last).take_if(|last| last.expose() == code.expose());
        if cleared {
            self.notify.changed(Topic::Clipboard);
        }
        Ok(())
    }
}

/// Runs a call of the clipboard where it may block.
pub(super) async fn blocking<T: Send + 'static>(
    call: impl FnOnce() -> Result<T, ClipboardError> + Send + 'static,
) -> Result<T, ClipboardError> {
    ports::blocking(|| ClipboardError { reason: "the app shut down".to_owned() }, call).await
}
