/// What is known of the device. Raw values stay inside the SDK; only salted hashes of them leave it.
pub trait DeviceSignals: Send + Sync {
    /// All signals that can be read now. A signal that cannot be read is left out.
    fn collect(&self) -> Vec<Signal>;
}

/// One signal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signal {
    /// Its name, such as `os_version`. See `countersign::device` for those with a meaning.
    pub name: String,
    /// Its raw value.
    pub value: String,
}
