//! Talking to a server: signing in, staying signed in, and what a signed-in user can ask for.
//!
//! A [`Client`] is one server seen from this device. [`Client::login`] walks through [`LoginState`]s to a
//! [`Session`], which keeps itself alive and has a method for each of the server's resources:
//!
//! ```no_run
//! # use countersign::{Error, client::{Client, LoginState}, ports::Ports};
//! # use countersign_protocol::login::MethodKind;
//! # fn ask(_: &str) -> String { String::new() }
//! # async fn sign_in(ports: Ports) -> Result<(), Error> {
//! let client = Client::connect("https://auth.example", ports)?;
//! let mut state = client.login("mia@example.com".parse()?, ask("Password").parse()?).await?;
//! let session = loop {
//!     let next = match state {
//!         LoginState::Done(signed_in) => break signed_in.session,
//!         LoginState::MfaRequired(step) if step.recommended() == MethodKind::Push => {
//!             step.request_push(None, true).await
//!         }
//!         LoginState::MfaRequired(step) => {
//!             step.submit_code(MethodKind::Totp, ask("Code").parse()?, true).await
//!         }
//!         LoginState::Pending(step) => {
//!             // EXPOSE: the user types it on the other device.
//!             println!("Type {} on your device", step.number().expose());
//!             step.wait().await
//!         }
//!         LoginState::Unanswered(step) => step.send().await,
//!         LoginState::Denied { .. } | LoginState::Expired | LoginState::Locked { .. } => return Ok(()),
//!     };
//!     state = next.unwrap_or_else(|failed| {
//!         println!("{failed}");
//!         *failed.state
//!     });
//! };
//! println!("Hello, {}", session.profile().await?.name);
//! # Ok(())
//! # }
//! ```
//!
//! Behind it all is one transport. Every request is signed by the device's key for that server (DPoP, RFC 9449),
//! checked when answered, and repeated where that is safe; what consumes something is named by an idempotency key,
//! so that a lost answer never turns a good code into a used one. The network itself is a port: [`ReqwestHttp`] is the
//! default, with pins by host.

mod api;
mod config;
#[cfg(test)]
mod fixture;
pub mod login;
#[cfg(feature = "client")]
mod pins;
#[cfg(feature = "client")]
mod reqwest_http;
mod server;
mod session;
pub(crate) mod sse;
pub(crate) mod transport;

pub use config::ServerConfig;
pub use login::LoginState;
#[cfg(feature = "client")]
pub use pins::{PinSet, SpkiPin};
#[cfg(feature = "client")]
pub use reqwest_http::{HttpConfig, ReqwestHttp};
pub use server::Client;
pub use session::Session;

/// Target of the log lines of this module.
const LOG_TARGET: &str = "countersign::client";
