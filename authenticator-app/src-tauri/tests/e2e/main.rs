//! The program as people have it, driven through its webview against a server in this process.
//!
//! `WebKitWebDriver` starts the program, on a display without a screen and on a session bus of its own, with a keyring
//! and without one. Needs Xvfb, dbus, gnome-keyring and the driver; `cargo xtask setup` installs them.
//!
//! | part | what happens |
//! |---|---|
//! | `path` | the whole path: enrol, read a code, approve, deny, lock, a server that goes away and comes back |
//! | `intake` | what is chosen as a picture, and links that other programs hand over |
//! | `recovery` | the passphrase is forgotten |
//! | `kills` | the program is killed in the middle |
//! | `demo` | the demo opens the program |

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what a test cannot set up fails the test"
)]

mod browser;
mod cable;
mod demo;
mod intake;
mod kills;
mod page;
mod path;
mod recovery;
mod surroundings;
