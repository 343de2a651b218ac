//! Keeping trust tokens, which let a device skip the second factor.
//!
//! ```mermaid
//! stateDiagram-v2
//!   [*] --> kept: keep
//!   kept --> kept: keep (rotated)
//!   kept --> [*]: drop, drop_all
//!   kept --> [*]: get, when expired, damaged, or kept under another device key
//! ```
//!
//! All tokens for one server lie in one entry of [`SecureStorage`](crate::ports::SecureStorage), so every change is
//! a single write or removal: after a crash there is the old state or the new one, never neither. The entry names
//! users by a hash of their address and holds at most [`MOST_USERS`], those whose tokens were kept last.
//!
//! A token that cannot be used any more is dropped rather than reported: losing it costs one more factor, once.
//! A damaged entry is dropped with a warning in the log for the same reason.

mod error;
mod record;
mod store;

pub use error::TrustError;
pub use store::{MOST_USERS, TrustStore};
