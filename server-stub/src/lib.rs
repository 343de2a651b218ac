//! The server side of Countersign, for tests, demos and integration work.
//!
//! It is a stub only in what it is for: what it implements, it implements fully. Run it as the program
//! `countersign-server`, or in process:
//!
//! ```
//! use countersign_server::{Config, Server};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = Server::start(Config::for_tests()?).await?;
//! assert!(server.url().starts_with("http://localhost:"));
//! server.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! From the outside in: [`http`] finds the realm, the caller and the body of a request; a handler in [`routes`]
//! calls a rule in [`domain`]; the rule reads and writes by [`store`]. Everything that a rule may see is in its
//! [`world::World`].

pub mod clock;
pub mod config;
pub mod delivery;
pub mod domain;
pub mod http;
pub mod jose;
pub mod keys;
pub mod random;
pub mod realms;
pub mod routes;
mod server;
pub mod store;
#[cfg(feature = "stub-api")]
pub mod stub;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod world;

pub use config::Config;
pub use server::{Server, StartError, openapi_document};
