//! The desk on fakes, and against the real server in this process.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what a test cannot set up fails the test"
)]

mod codes;
mod crash;
mod locking;
mod mains;
mod requests;
mod room;
mod ways;

use crate::ipc::{CreateVault, IpcError, Keyring, RecoveryCode, SetPassphrase, Unlock};

const PASSPHRASE: &str = "three lanterns by the harbour";

fn by_passphrase() -> CreateVault {
    CreateVault::Passphrase { passphrase: PASSPHRASE.into() }
}

fn passphrase(text: &str) -> Unlock {
    Unlock::Passphrase { passphrase: text.into() }
}

fn by_code(code: &RecoveryCode) -> Unlock {
    Unlock::RecoveryCode { code: code.groups.concat().into() }
}

fn new_passphrase(text: &str) -> SetPassphrase {
    SetPassphrase { passphrase: text.into() }
}

fn absent() -> Keyring {
    Keyring::Absent { reason: "no bus".to_owned() }
}

/// What a page would be told.
fn code<T: std::fmt::Debug>(refused: Result<T, super::DeskError>) -> String {
    IpcError::from(refused.expect_err("it is refused")).code
}
