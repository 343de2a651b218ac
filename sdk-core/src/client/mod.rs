//! Talking to a server: transport, login, session.

mod api;
mod config;
#[cfg(test)]
mod fixture;
pub mod login;
mod pins;
#[cfg(feature = "client")]
mod reqwest_http;
mod server;
mod session;
pub(crate) mod sse;
pub(crate) mod transport;

pub use config::ServerConfig;
pub use login::LoginState;
pub use pins::{PinSet, SpkiPin};
#[cfg(feature = "client")]
pub use reqwest_http::{HttpConfig, ReqwestHttp};
pub use server::Client;
pub use session::Session;

/// Target of the log lines of this module.
const LOG_TARGET: &str = "countersign::client";
