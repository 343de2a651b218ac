//! `GET /openapi.json`: the description of all routes.

use axum::Json;
use serde_json::Value;

use crate::http::{
    context::InWorld,
    openapi,
    routes::{self, Access, Route},
};

pub(super) fn table() -> Vec<Route> {
    vec![Route::get("/openapi.json", document).for_whom(Access::Anybody, "This document")]
}

async fn document(InWorld(world): InWorld) -> Json<Value> {
    Json(openapi::document(&routes::table(cfg!(feature = "stub-api")), world.issuer.as_str()))
}
