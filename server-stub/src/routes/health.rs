//! `GET /health/live`, `GET /health/ready`.

use axum::http::StatusCode;

use crate::http::{
    context::InWorld,
    rejection::Rejection,
    routes::{Access, Route},
};

pub(super) fn table() -> Vec<Route> {
    vec![
        Route::get("/health/live", live)
            .for_whom(Access::Anybody, "The process answers")
            .answers_nothing()
            .probed(),
        Route::get("/health/ready", ready)
            .for_whom(Access::Anybody, "The store answers too")
            .answers_nothing()
            .probed(),
    ]
}

async fn live() -> StatusCode {
    StatusCode::NO_CONTENT
}

async fn ready(InWorld(world): InWorld) -> Result<StatusCode, Rejection> {
    world.transact(|_tx| Box::pin(async { Ok(()) })).await?;
    Ok(StatusCode::NO_CONTENT)
}
