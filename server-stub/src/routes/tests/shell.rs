//! The shell around the routes: what is listed is what is there, and nothing else answers.

use axum::http::{Method, StatusCode};
use serde_json::json;

use super::Stub;

#[tokio::test]
async fn head_is_answered_by_the_probes_alone() {
    let stub = Stub::start().await;
    let device = stub.browser();
    let head = async |path| device.call(Method::HEAD, path, None).send().await;
    for path in ["/health/live", "/health/ready"] {
        assert_eq!(head(path).await.status, StatusCode::NO_CONTENT);
    }
    for path in
        ["/auth/logins/01J00000000000000000000000", "/activate?token=short", "/openapi.json", "/user/profile"]
    {
        let refused = head(path).await;
        assert_eq!(refused.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert_eq!(refused.headers["allow"], "GET", "{path}");
    }
}

#[tokio::test]
async fn another_method_is_told_which_ones_there_are() {
    let stub = Stub::start().await;
    let device = stub.browser();
    let reply = device.call(Method::DELETE, "/health/live", None).send().await;
    assert_eq!(reply.headers["allow"], "GET, HEAD");
    reply.refused("method_not_allowed");
    let reply = device.get("/auth/login").send().await;
    assert_eq!(reply.headers["allow"], "POST");
    reply.refused("method_not_allowed");
}

#[tokio::test]
async fn the_document_lists_what_is_mounted() {
    let stub = Stub::start().await;
    let document = stub.browser().get("/openapi.json").send().await.ok(StatusCode::OK);
    let paths = document["paths"].as_object().unwrap();
    assert!(!paths.keys().any(|path| path.starts_with("/_stub")), "it is off here");
    let named = |path: &str, method: &str| {
        let parameters = document["paths"][path][method]["parameters"].as_array().unwrap().iter();
        parameters.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(named("/auth/login", "post"), ["x-trust-token", "idempotency-key"]);
    assert_eq!(named("/auth/logins/{id}", "get"), ["id", "idempotency-key"]);
    assert_eq!(document["servers"][0], json!({"url": "http://localhost:8440"}));
    stub.browser().get("/_stub/clock").send().await.refused("not_found");
}

#[cfg(feature = "stub-api")]
#[tokio::test]
async fn the_document_lists_the_control_plane_where_it_is_mounted() {
    use tower::ServiceExt as _;

    use crate::{Config, realms::Realms, server::app};

    let realms =
        Realms::open(Config::for_tests().unwrap(), "http://localhost:8440".to_owned()).await.unwrap();
    let request = axum::http::Request::get("/openapi.json").body(axum::body::Body::empty()).unwrap();
    let response = app(realms).oneshot(request).await.unwrap();
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let document: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert!(document["paths"]["/_stub/outbox"]["get"]["parameters"].as_array().unwrap().len() == 4);
    assert_eq!(document["servers"][1]["url"], "http://localhost:8440/r/{realm}");
}

#[cfg(not(feature = "stub-api"))]
#[tokio::test]
async fn a_build_without_the_control_plane_has_none() {
    let config = crate::Config::for_tests().unwrap();
    assert!(config.stub_bearer.is_none());
    let stub = Stub::start().await;
    for path in ["/_stub/clock", "/_stub/outbox", "/_stub"] {
        stub.browser().get(path).send().await.refused("not_found");
    }
    stub.browser().post("/_stub/reset", json!({})).send().await.refused("not_found");
}
