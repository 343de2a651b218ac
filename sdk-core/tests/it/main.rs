//! Integration tests of the SDK: what only the public API and other implementations can judge.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod vectors;
