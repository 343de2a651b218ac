//! Talking to a server: transport, login, session.

mod config;
mod sse;
pub(crate) mod transport;

pub use config::ServerConfig;
