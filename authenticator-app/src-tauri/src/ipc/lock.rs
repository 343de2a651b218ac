use countersign::protocol::Secret;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Whether the app may show what it keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "state", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Lock {
    /// There is no vault yet: ask how to lock it.
    FirstRun {
        /// Whether the keyring can be offered.
        keyring: Keyring,
    },
    /// There is one, and its key is not in memory.
    Locked {
        /// What opens it, best first.
        ways: Vec<Way>,
        /// Whether the keyring can be asked now.
        keyring: Keyring,
    },
    /// It is open.
    Open {
        /// What opened it.
        way: Way,
    },
    /// It is there and cannot be used. Nothing was overwritten.
    Damaged {
        /// What is wrong and what to do.
        reason: String,
    },
    /// It is there and cannot be read now; nothing is wrong with it. Each reading of the status tries again.
    Unavailable {
        /// What keeps it and what to do.
        reason: String,
    },
}

/// The keyring of the operating system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "is", rename_all = "camelCase")]
pub enum Keyring {
    /// It answers and takes values.
    Ready,
    /// It is there, and the person has to unlock it first.
    Locked {
        /// What the system said.
        reason: String,
    },
    /// There is none.
    Absent {
        /// What the system said.
        reason: String,
    },
}

/// What opens the vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Way {
    /// A key in the keyring of the operating system.
    Keyring,
    /// A passphrase.
    Passphrase,
    /// The recovery code that was printed at the first run.
    RecoveryCode,
}

/// How the vault is to be locked.
#[derive(Deserialize, TS)]
#[serde(tag = "way", rename_all = "camelCase")]
pub enum CreateVault {
    /// By a key in the keyring.
    Keyring,
    /// By a passphrase.
    Passphrase {
        /// At least eight characters.
        #[ts(type = "string")]
        passphrase: Secret<String>,
    },
}

/// The passphrase from now on.
#[derive(Deserialize, TS)]
pub struct SetPassphrase {
    /// At least eight characters.
    #[ts(type = "string")]
    pub passphrase: Secret<String>,
}

/// Opens the vault when nothing else does. It is shown once, to be printed or saved.
#[derive(Serialize, TS)]
pub struct RecoveryCode {
    /// Eight groups of four letters and digits.
    pub groups: Vec<String>,
}

/// A key to the vault.
#[derive(Deserialize, TS)]
#[serde(tag = "way", rename_all = "camelCase")]
pub enum Unlock {
    /// The one in the keyring.
    Keyring,
    /// The passphrase.
    Passphrase {
        /// As it was typed.
        #[ts(type = "string")]
        passphrase: Secret<String>,
    },
    /// The recovery code.
    RecoveryCode {
        /// As it was typed: case, spaces and hyphens do not matter.
        #[ts(type = "string")]
        code: Secret<String>,
    },
}
