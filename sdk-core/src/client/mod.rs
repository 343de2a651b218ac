//! Talking to a server: transport, login, session.

mod config;
#[cfg(test)]
mod fixture;
mod pins;
#[cfg(feature = "client")]
mod reqwest_http;
pub(crate) mod sse;
pub(crate) mod transport;

pub use config::ServerConfig;
pub use pins::{PinSet, SpkiPin};
#[cfg(feature = "client")]
pub use reqwest_http::{HttpConfig, ReqwestHttp};
