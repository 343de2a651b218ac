//! Recognising a device: its signals ([`SystemSignals`]), the salted fingerprint that a server sees of them
//! ([`fingerprint`]), how alike two of these are ([`similarity`]), and the key that proves it is the same device again
//! ([`DeviceIdentity`]).
//!
//! The fingerprint is a hint, since whoever knows it can repeat it. The key is the proof.

mod error;
pub mod fingerprint;
mod identity;
mod parse;
pub mod similarity;
mod system_signals;

pub use error::DeviceError;
pub use fingerprint::fingerprint_for;
pub use identity::DeviceIdentity;
pub(crate) use identity::server_tag;
pub use system_signals::SystemSignals;

/// Target of the log lines of this module.
const LOG_TARGET: &str = "countersign::device";
