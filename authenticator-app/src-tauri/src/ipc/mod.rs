//! What crosses between the app and its pages: plain records, JSON in camel case, times in milliseconds of the Unix
//! epoch. `cargo xtask generate` writes the same as TypeScript, with the table of commands, to
//! `authenticator-app/src/lib/ipc.generated.ts`.
//!
//! Nothing secret crosses but a passphrase or a recovery code on its way in, a recovery code once on its way out, and
//! codes that are shown. Secrets of entries stay in Rust: a page names what it means by an id.

mod accounts;
mod add;
mod approvals;
mod codes;
mod error;
mod lock;
mod status;
#[cfg(test)]
mod typescript;

pub use accounts::{Account, AccountId, Connection, ConnectionState};
pub use add::{Add, Added, HashName, Oddity, Recognise, Recognised, TypedCode};
pub use approvals::{Approval, Approve, Deny, HistoryRow, Outcome, Reason, SigningInDevice};
pub use codes::{CodeRow, Copied, CopyText, EditCode, EntryId, TrashedCode};
pub use error::IpcError;
pub use lock::{CreateVault, Keyring, Lock, RecoveryCode, SetPassphrase, Unlock, Way};
pub use status::{ClockNotice, Settings, Status, Theme, Topic};
