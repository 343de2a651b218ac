//! What runs in one process.

pub(crate) mod codes;
pub(crate) mod signatures;
pub(crate) mod vault;
