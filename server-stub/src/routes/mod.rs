//! The routes of the server, one handler a file.

use crate::http::routes::Route;

mod activate;
mod auth;
mod health;
mod mfa;
mod openapi;
mod push;
mod signup;
mod user;

/// All routes but those of the control plane.
pub fn table() -> Vec<Route> {
    let tables = [
        health::table(),
        openapi::table(),
        signup::table(),
        activate::table(),
        auth::table(),
        mfa::table(),
        push::table(),
        user::table(),
    ];
    tables.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests;
