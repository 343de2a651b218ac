//! Countersign: the client side of multi-factor authentication.
//!
//! An app that embeds this crate can sign users in with a second factor, recognise and trust its device, approve
//! sign-ins as an authenticator, make one-time codes, and keep them in a sealed vault. What goes over the wire is
//! described in [`protocol`].
//!
//! # What there is
//!
//! | module | what an app does with it |
//! |---|---|
//! | [`client`] | one server: sign up, sign in step by step, keep a session alive |
//! | [`push`] | be an authenticator: enrol, follow requests, approve with the number, deny |
//! | [`otp`] | compute one-time codes, read and write `otpauth://` URIs |
//! | [`vault`] | keep codes sealed under a passphrase |
//! | [`device`], [`trust`] | used by the login by itself; here for who looks behind it |
//! | [`crypto`] | the primitives, each in one place |
//! | [`ports`] | what the app supplies: see below |
//! | `testing` | fakes of every port, for the app's own tests (feature `testing`) |
//!
//! # Words
//!
//! A *server* is known by its address; a *realm* of a test server is a server of its own. To each server the device
//! has one *device key*, which its tokens are bound to: a copied token alone is useless. A *login* is one attempt to
//! sign in; it asks for *factors*, and gives a *session*. A *trust token* lets a device skip the second factor next
//! time. An *enrolment* makes this device an authenticator of one account: it then receives *requests* and answers
//! them with keys of its own.
//!
//! # Ports
//!
//! The SDK has no clock, no randomness, no network, no storage and no user of its own. It asks the traits in [`ports`],
//! which the app hands in together as [`ports::Ports`]. Each has a default; `Ports::system` is all of them. So an app
//! can put its own keyring, hardware keys or biometric prompt in, and a test can fix everything:
//!
//! ```
//! use countersign::{
//!     otp::TotpEntry,
//!     ports::{Clock as _, Ports},
//!     protocol::Timestamp,
//!     testing::{self, FixedClock},
//! };
//! use std::sync::Arc;
//!
//! let clock = Arc::new(FixedClock::skipping());
//! clock.set(Timestamp::from_seconds(1_700_000_000));
//! let ports = Ports { clock, ..testing::ports() };
//!
//! let parsed = TotpEntry::parse("otpauth://totp/Acme:mia?secret=JBSWY3DPEHPK3PXP&issuer=Acme")?;
//! let code = parsed.entry.totp().code_at(ports.clock.now());
//! assert_eq!(code.grouped().expose(), "324 550");
//! # Ok::<(), countersign::otp::OtpUriError>(())
//! ```
//!
//! # A first login
//!
//! A login is a value that moves from state to state. Each state offers the steps that are possible in it, and a step
//! consumes it, so that there is no way to send a code to a login that waits for push:
//!
//! ```
//! use countersign::{Error, client::{Client, LoginState, Session}, protocol::login::MethodKind};
//!
//! async fn sign_in(client: &Client, password: &str) -> Result<Option<Session>, Error> {
//!     let mut state = client.login("mia@example.com".parse()?, password.parse()?).await?;
//!     loop {
//!         state = match state {
//!             LoginState::MfaRequired(step) if step.recommended() == MethodKind::Push => {
//!                 step.request_push(None, false).await?
//!             }
//!             LoginState::MfaRequired(step) => {
//!                 step.submit_code(MethodKind::Totp, ask_for_code().parse()?, true).await?
//!             }
//!             LoginState::Pending(step) => {
//!                 show(&format!("Type {} on your phone", step.number().expose()));
//!                 step.wait().await?
//!             }
//!             LoginState::Unanswered(step) => step.send().await?,
//!             LoginState::Done(signed_in) => return Ok(Some(signed_in.session)),
//!             LoginState::Denied { .. } | LoginState::Expired | LoginState::Locked { .. } => return Ok(None),
//!         };
//!     }
//! }
//! # fn ask_for_code() -> String { String::new() }
//! # fn show(_: &str) {}
//! ```
//!
//! A step that fails gives the state back inside its error ([`client::login::LoginError`]), so a wrong code loses
//! nothing. A login can be saved as sealed bytes and taken up again after the app was ended.
//!
//! # Errors
//!
//! There is one [`Error`]. It is sorted by what can be done about it: [`Error::retryable`] says whether the same call
//! may succeed later, [`Error::user_action`] what to offer the user, and named fields carry the rest. Calls that were
//! not answered can be made again: they have the same effect once.
//!
//! # Features
//!
//! `client` (default): the network on reqwest and rustls. `keyring` (default): secure storage on the keyring of the
//! operating system. `qr`: QR codes from pictures. `testing`: fakes. Without the first two the app supplies
//! [`ports::Http`] and [`ports::SecureStorage`] itself.

pub mod client;
pub mod crypto;
pub mod device;
mod error;
mod lock;
pub mod otp;
pub mod ports;
pub mod push;
#[cfg(feature = "testing")]
pub mod testing;
pub mod trust;
pub mod vault;

pub use countersign_protocol as protocol;
pub use error::{Error, Refusal, UserAction};
