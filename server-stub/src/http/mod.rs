//! HTTP: what happens before a handler is called and after it has answered.
//!
//! In order: [`crate::realms`] finds the world of a request and takes its prefix off; [`context`] reads the body (64 KiB, ten
//! seconds), gives the request its correlation id and caller's address, and turns refusals into RFC 9457 problems;
//! the extractors ([`body`], [`caller`], [`idempotency`]) parse what handlers ask for. The table in [`routes`] is the
//! one list of routes: router, OpenAPI document and access test are made from it.

pub mod body;
pub mod caller;
pub mod context;
pub mod device_caller;
pub mod dpop;
pub mod idempotency;
pub mod nonce;
pub mod openapi;
pub mod rejection;
pub mod routes;
pub mod session_caller;
