//! Tests of the whole: what no single crate can say about itself.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop at what is not so"
)]

mod attacks;
mod docs;
mod faults;
mod graph;
mod path;
mod push;
mod quickstart;
mod races;
mod routes;
mod secrets;
mod vectors;
