use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::Mutex,
};

use crate::{
    lock::locked,
    ports::{DeviceSignals, Files, FilesError, Level, LogSink, Signal},
};

/// Every signal that the SDK reads by itself, as a laptop has them.
pub const LAPTOP: &[(&str, &str)] = &[
    ("app_id", "com.acme.app"),
    ("app_version", "4.2"),
    ("architecture", "x86_64"),
    ("locale", "de_DE"),
    ("machine_id", "6f1e0d2c4b5a49788796a5b4c3d2e1f0"),
    ("memory_class", "32"),
    ("model", "Laptop 7"),
    ("os_family", "Debian"),
    ("os_version", "12"),
    ("processor_class", "8"),
    ("time_zone", "Europe/Berlin"),
];

/// A device with the signals that it was given.
pub struct FixedSignals(Mutex<Vec<Signal>>);

impl FixedSignals {
    /// Signals by name and value.
    pub fn new(signals: &[(&str, &str)]) -> Self {
        Self(Mutex::new(from_pairs(signals)))
    }

    /// From here on, these are the signals.
    pub fn set(&self, signals: &[(&str, &str)]) {
        *locked(&self.0) = from_pairs(signals);
    }
}

fn from_pairs(signals: &[(&str, &str)]) -> Vec<Signal> {
    signals.iter().map(|&(name, value)| Signal { name: name.to_owned(), value: value.to_owned() }).collect()
}

impl Default for FixedSignals {
    /// A laptop.
    fn default() -> Self {
        Self::new(&[
            ("machine_id", "4c4c4544-0042"),
            ("model", "Laptop 7"),
            ("os_family", "Debian"),
            ("os_version", "12"),
        ])
    }
}

impl DeviceSignals for FixedSignals {
    fn collect(&self) -> Vec<Signal> {
        locked(&self.0).clone()
    }
}

/// Files in memory.
#[derive(Default)]
pub struct MemoryFiles(Mutex<BTreeMap<PathBuf, Vec<u8>>>);

impl MemoryFiles {
    /// All files, by path.
    pub fn all(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        locked(&self.0).clone()
    }
}

impl Files for MemoryFiles {
    fn read(&self, path: &Path) -> Result<Vec<u8>, FilesError> {
        locked(&self.0).get(path).cloned().ok_or_else(|| FilesError {
            action: "reading",
            path: path.display().to_string(),
            source: io::ErrorKind::NotFound.into(),
        })
    }

    fn write(&self, path: &Path, content: &[u8]) -> Result<(), FilesError> {
        locked(&self.0).insert(path.to_owned(), content.to_owned());
        Ok(())
    }
}

/// Keeps the log lines, for looking at what was said and that no secret was.
#[derive(Default)]
pub struct MemoryLog(Mutex<Vec<(Level, String)>>);

impl MemoryLog {
    /// The lines so far, oldest first.
    pub fn lines(&self) -> Vec<(Level, String)> {
        locked(&self.0).clone()
    }
}

impl LogSink for MemoryLog {
    fn log(&self, level: Level, _target: &'static str, line: &str) {
        locked(&self.0).push((level, line.to_owned()));
    }
}
