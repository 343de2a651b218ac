//! The control plane for QA, under `/_stub`.

use crate::http::routes::Route;

/// Its routes.
pub fn table() -> Vec<Route> {
    Vec::new()
}
