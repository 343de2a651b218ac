use std::sync::Arc;

use countersign::ports::{self, Level, Signal};

use super::HostError;

/// What is known of the device. Raw values stay inside the SDK; only salted hashes of them leave it.
///
/// Called from a thread that may block.
#[uniffi::export(foreign)]
pub trait DeviceSignals: Send + Sync {
    /// All signals that can be read now. A signal that cannot be read is left out.
    fn collect(&self) -> Result<Vec<Signal>, HostError>;
}

/// One signal.
#[uniffi::remote(Record)]
pub struct Signal {
    /// Its name. Those with a meaning: `os_family`, `os_version`, `architecture`, `model`, `machine_id`,
    /// `processor_class`, `memory_class`, `locale`, `time_zone`, `app_id`, `app_version`.
    pub name: String,
    /// Its raw value.
    pub value: String,
}

/// The host's signals as the core's port.
pub(super) struct HostSignals {
    pub(super) host: Arc<dyn DeviceSignals>,
    pub(super) log: Arc<dyn ports::LogSink>,
}

impl ports::DeviceSignals for HostSignals {
    fn collect(&self) -> Vec<Signal> {
        self.host.collect().unwrap_or_else(|error| {
            self.log.log(Level::Warning, super::LOG_TARGET, &format!("no device signals: {error}"));
            Vec::new()
        })
    }
}
