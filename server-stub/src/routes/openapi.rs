//! `GET /openapi.json`: the description of all routes.

use axum::{Extension, http::header, response::IntoResponse};

use crate::http::{
    openapi::Document,
    routes::{Access, Route},
};

pub(super) fn table() -> Vec<Route> {
    vec![Route::get("/openapi.json", document).for_whom(Access::Anybody, "This document")]
}

async fn document(Extension(Document(text)): Extension<Document>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], text)
}
