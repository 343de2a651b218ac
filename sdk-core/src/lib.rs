//! Countersign: the client side of multi-factor authentication.

pub mod client;
pub mod crypto;
pub mod device;
mod error;
pub mod otp;
pub mod ports;
pub mod push;
#[cfg(feature = "testing")]
pub mod testing;
pub mod trust;
pub mod vault;

pub use countersign_protocol as protocol;
pub use error::{Error, Refusal, UserAction};
