//! Countersign Authenticator: approves sign-ins and shows one-time codes on the desktop.
//!
//! | module | what it is |
//! |---|---|
//! | [`desk`] | the app itself, without windows: vault, codes, enrolments, requests |
//! | [`ipc`] | what crosses between it and the pages |
//! | `commands` | one function a command, each a call into the desk |
//! | `window` | what Tauri adds: window, tray, notifications, links, clipboard |
//!
//! The last two need the libraries of a desktop (feature `window`, default).

pub mod desk;
pub mod ipc;

#[cfg(feature = "window")]
mod commands;
#[cfg(feature = "window")]
mod window;

#[cfg(feature = "window")]
pub use window::run;
