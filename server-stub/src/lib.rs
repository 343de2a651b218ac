//! The server side of Countersign for tests, demos and integration work.

pub mod clock;
pub mod random;
pub mod store;
