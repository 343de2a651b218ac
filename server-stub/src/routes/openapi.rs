//! `GET /openapi.json`: the description of all routes.

use axum::{Json, extract::State};
use serde_json::Value;

use crate::{
    http::{
        context::InWorld,
        openapi,
        routes::{self, Access, Route},
    },
    realms::Realms,
};

pub(super) fn table() -> Vec<Route> {
    vec![Route::get("/openapi.json", document).for_whom(Access::Anybody, "This document")]
}

async fn document(State(realms): State<Realms>, InWorld(world): InWorld) -> Json<Value> {
    let table = routes::table(realms.stub_bearer().is_some());
    Json(openapi::document(&table, world.issuer.as_str()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use axum::{body::Body, http::Request};
    use tower::ServiceExt as _;

    use crate::{Config, realms::Realms, server::app};

    /// Whether the document tells of the control plane.
    async fn tells_of_it(config: Config) -> bool {
        let stub = config.stub_bearer.is_some();
        let realms = Realms::open(config, "http://localhost:8440".to_owned()).await.unwrap();
        let request = Request::get("/openapi.json").body(Body::empty()).unwrap();
        let answer = app(realms, stub).oneshot(request).await.unwrap();
        let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        assert!(body.starts_with(b"{"));
        String::from_utf8(body.to_vec()).unwrap().contains("/_stub")
    }

    #[tokio::test]
    async fn the_control_plane_is_in_it_only_where_it_is() {
        let config = || Config::for_tests().unwrap();
        assert_eq!(tells_of_it(config()).await, cfg!(feature = "stub-api"));
        assert!(!tells_of_it(Config { stub_bearer: None, ..config() }).await);
    }
}
