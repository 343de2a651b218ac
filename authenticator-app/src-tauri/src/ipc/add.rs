use countersign::protocol::Secret;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Account;

/// Something that may hold a code or an enrolment link. Nothing is written.
#[derive(Deserialize, TS)]
#[serde(tag = "from", rename_all = "camelCase")]
pub enum Recognise {
    /// What was pasted, or handed over by a link.
    Text {
        /// It.
        #[ts(type = "string")]
        text: Secret<String>,
    },
    /// A picture of a QR code, that was dropped or chosen.
    Image {
        /// PNG, JPEG or WebP.
        #[ts(type = "string")]
        base64: Secret<String>,
    },
    /// Whatever is on the clipboard, text or picture.
    Clipboard,
}

/// What it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "is", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Recognised {
    /// A generator of codes.
    Code {
        /// Names it for [`Add`].
        recognition: String,
        /// Who checks the codes. May be empty.
        issuer: String,
        /// The account there. May be empty.
        account: String,
        /// Length of a code.
        digits: u8,
        /// Length of a step, in seconds.
        period: u64,
        /// SHA1, SHA256 or SHA512.
        algorithm: String,
        /// Whether the same secret is in the list already.
        duplicate: bool,
        /// What is odd about it.
        oddities: Vec<Oddity>,
    },
    /// An account whose sign-ins this device would approve.
    Enrolment {
        /// Names it for [`Add`].
        recognition: String,
        /// Address of the server.
        server: String,
        /// Whether an account on that server is enrolled here already.
        known: bool,
    },
}

/// Something odd about a link that can be used all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "is", rename_all = "camelCase")]
pub enum Oddity {
    /// It names two issuers.
    IssuerMismatch {
        /// Before the account.
        label: String,
        /// In the parameter, which is kept.
        parameter: String,
    },
    /// It names neither a site nor an account.
    NoName,
}

/// A code typed by hand.
#[derive(Deserialize, TS)]
pub struct TypedCode {
    /// Who checks the codes.
    pub issuer: String,
    /// The account there.
    pub account: String,
    /// Base32, as the site shows it.
    #[ts(type = "string")]
    pub secret: Secret<String>,
    /// Length of a code.
    pub digits: u8,
    /// Length of a step, in seconds.
    pub period: u64,
    /// The hash.
    pub algorithm: HashName,
}

/// The hash under a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "UPPERCASE")]
pub enum HashName {
    /// What almost every site uses.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

/// Takes in what was recognised.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct Add {
    /// As in [`Recognised`]. Good for ten minutes, and until the app is locked.
    pub recognition: String,
    /// What the person calls this device. An enrolment needs it.
    pub device_name: Option<String>,
}

/// What was taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "is", rename_all = "camelCase")]
pub enum Added {
    /// A generator of codes.
    Code {
        /// Names the entry.
        id: String,
    },
    /// An account.
    Enrolment {
        /// It.
        account: Account,
    },
}
