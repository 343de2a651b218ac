//! The rules. They know neither HTTP nor SQL: handlers call them, repositories serve them.

pub mod account;
pub mod answer;
pub mod durations;
pub mod events;
pub mod factors;
pub mod limits;
pub mod login;
pub mod mail;
pub mod maintenance;
pub mod passwords;
pub mod places;
pub mod policy;
pub mod push;
pub mod qr;
pub mod risk;
pub mod rotation;
pub mod sessions;
pub mod totp;
pub mod trust;
