//! What an app does, one file a subject. Each function is one step: it does it, says what a person would see, and
//! checks that it came out as it should.

pub(crate) mod account;
pub(crate) mod push;
pub(crate) mod session;
pub(crate) mod states;
pub(crate) mod totp;
pub(crate) mod trust;
