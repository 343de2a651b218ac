//! The routes of the server, one handler a file.

use crate::http::routes::Route;

mod health;
mod openapi;

/// All routes but those of the control plane.
pub fn table() -> Vec<Route> {
    [health::table(), openapi::table()].into_iter().flatten().collect()
}
