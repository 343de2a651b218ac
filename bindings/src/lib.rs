//! The client core of Countersign for Swift, Kotlin and Python, by `UniFFI`.
//!
//! A façade without logic of its own: objects wrap the core's types, records are plain data and hold no secret, and
//! there is one error, [`CountersignError`]. The host's half of the ports are traits ([`SecureStorage`],
//! [`UserVerifier`] and others); all of them are synchronous, and [`Ports`] puts them together.
//!
//! Values that the protocol has a type for (addresses, codes, links, ids) cross as text and are checked at the
//! border. Where Rust has one type for each state of a login, other languages have one [`LoginFlow`] with the same
//! steps, which refuses a step that is not possible now.
//!
//! A call that waits, such as `PushInbox.next` and `LoginFlow.wait`, may be cancelled by the host's language and
//! loses nothing by it. Not every language passes that on, so they can also be ended by a call: `PushInbox.close`, and
//! `Cancellation.cancel` for what it was given to.

#![expect(
    clippy::missing_errors_doc,
    reason = "these texts are read in Swift, Kotlin and Python, where no section is called that: \"Fails with\" tells it"
)]

mod cancellation;
mod choices;
mod client;
mod error;
mod login;
mod otp;
mod ports;
mod problem_code;
mod push;
mod session;
mod values;
mod vault;

pub use cancellation::Cancellation;
pub use client::{Client, SignUpAccepted};
pub use error::CountersignError;
pub use login::{LoginFlow, LoginState};
pub use otp::{Codes, TotpEntry, TotpParameters};
#[cfg(feature = "client")]
pub use ports::Network;
pub use ports::{
    App, DeviceSignals, DeviceSigner, FileStorage, HostError, HostPorts, Http, HttpError, HttpHeader,
    HttpRequest, HttpResponse, KeyringStatus, LogSink, NoStorage, Ports, SecureStorage, SignerError,
    StorageError, UserVerifier, VerificationCompletion, VerifierError, VerifyPrompt, probe_keyring,
};
pub use push::{
    Authenticator, Enrolment, HistoryEntry, InboxEvent, Listing, PushInbox, Request, RequestContext, Resumed,
};
pub use session::{EnrolmentTicket, Session, TotpSetup};
pub use vault::{CodeItem, LockedVault, PassphraseCost, RecoveryCode, Slot, SlotKind, TrashedCode, Vault};

uniffi::setup_scaffolding!();
