/// Where log lines go. They never hold secrets.
pub trait LogSink: Send + Sync {
    /// Takes one line.
    fn log(&self, level: Level, target: &'static str, line: &str);
}

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For whoever debugs the SDK.
    Debug,
    /// Something happened as it should.
    Notice,
    /// Something happened that should not; the SDK went on.
    Warning,
}

/// Hands lines to `tracing`.
#[derive(Debug, Default)]
pub struct TracingSink;

impl LogSink for TracingSink {
    fn log(&self, level: Level, target: &'static str, line: &str) {
        match level {
            Level::Debug => tracing::debug!(target, "{line}"),
            Level::Notice => tracing::info!(target, "{line}"),
            Level::Warning => tracing::warn!(target, "{line}"),
        }
    }
}
