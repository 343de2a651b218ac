use std::sync::Arc;

use countersign::ports::{self, Level};

use super::HostError;

/// Where log lines go. They never hold secrets. Called from any thread; return at once.
#[uniffi::export(foreign)]
pub trait LogSink: Send + Sync {
    /// Takes one line. `target` names the part of the SDK that it comes from.
    fn log(&self, level: Level, target: String, line: String) -> Result<(), HostError>;
}

/// The host's log as the core's port.
pub(super) struct HostLog(pub(super) Arc<dyn LogSink>);

impl ports::LogSink for HostLog {
    fn log(&self, level: Level, target: &'static str, line: &str) {
        // There is no other place to tell that the log does not work.
        self.0.log(level, target.to_owned(), line.to_owned()).ok();
    }
}
