//! Talking to a server: transport, login, session.

mod config;
#[cfg(test)]
mod fixture;
mod sse;
pub(crate) mod transport;

pub use config::ServerConfig;
