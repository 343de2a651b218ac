//! What the log tells of a request.

use std::{
    io,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
    routing::post,
};
use serde_json::json;
use tower::ServiceExt as _;
use tracing::{Dispatch, instrument::WithSubscriber as _, subscriber::NoSubscriber};

use super::{PASSWORD, Stub};
use crate::{Config, realms::Realms, server::in_layers};

const MIA: &str = "mia@example.com";
const ID: &str = "an-id-to-be-found";
const SECRET: &str = "nobody-may-read-this";

/// Keeps what is written.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whatever is logged during a future, as the program writes it by default.
async fn logged<T>(future: impl Future<Output = T>) -> (T, String) {
    // As long as there is only one subscriber, what another test's thread logs first is taken to be off for all.
    let _second = Dispatch::new(NoSubscriber::default());
    let lines = Lines::default();
    let writer = lines.clone();
    let log = tracing_subscriber::fmt().with_env_filter("warn").with_writer(move || writer.clone()).finish();
    let output = future.with_subscriber(log).await;
    let lines = lines.0.lock().unwrap().clone();
    (output, String::from_utf8(lines).unwrap())
}

/// One line, with the names of the request and without its secrets.
#[track_caller]
fn assert_told(log: &str, message: &str, route: Option<&str>) {
    assert_eq!(log.lines().count(), 1, "{log}");
    assert!(log.contains(message), "{log}");
    let named = [("correlation_id", ID), ("realm", "default"), ("method", "POST")];
    for (name, value) in named.into_iter().chain(route.map(|route| ("route", route))) {
        assert!(log.contains(&format!("{name}=\"{value}\"")), "{name}: {log}");
    }
    assert_eq!(log.contains("route="), route.is_some(), "{log}");
    for secret in [SECRET, PASSWORD, MIA] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}

#[tokio::test]
async fn the_line_of_a_fault_has_the_correlation_id_and_no_secret() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let device = stub.browser();
    let session = device.signed_in(MIA).await;
    stub.sql("ALTER TABLE users RENAME TO gone").await;
    let body = json!({"email": MIA, "password": PASSWORD, "device": {"name": SECRET, "os": "y", "app": "z"}});
    let sign_in = device
        .post(&format!("/auth/login?password={SECRET}"), body)
        .header("x-correlation-id", ID)
        .header("x-trust-token", &session.refresh)
        .keyed("a-key-of-a-sign-in");
    let (reply, log) = logged(sign_in.send()).await;
    assert_eq!(reply.refused("internal")["correlation_id"], ID);
    assert_told(&log, "a request could not be carried out", Some("/auth/login"));
    for secret in [&session.refresh, "a-key-of-a-sign-in"] {
        assert!(!log.contains(secret), "{log}");
    }
}

async fn broken() -> StatusCode {
    panic!("about {SECRET}")
}

/// What a panic of `routes` logs.
async fn broken_at(routes: Router<Realms>) -> String {
    let url = "http://localhost:8440".to_owned();
    let realms = Realms::open(Config::for_tests().unwrap(), url).await.unwrap();
    let request = Request::post(format!("/broken/{SECRET}?token={SECRET}"))
        .header("x-correlation-id", ID)
        .header(header::AUTHORIZATION, format!("Bearer {SECRET}"))
        .body(Body::from(SECRET))
        .unwrap();
    let (response, log) = logged(in_layers(routes, realms).oneshot(request)).await;
    assert_eq!(response.unwrap().status(), StatusCode::INTERNAL_SERVER_ERROR);
    log
}

#[tokio::test]
async fn the_line_of_a_panic_has_the_correlation_id_and_no_secret() {
    let log = broken_at(Router::new().route("/broken/{id}", post(broken))).await;
    assert_told(&log, "a handler panicked", Some("/broken/{id}"));
}

/// It may be one with a secret that was mistyped.
#[tokio::test]
async fn a_path_without_a_route_is_not_told() {
    let log = broken_at(Router::new().fallback(broken)).await;
    assert_told(&log, "a handler panicked", None);
}
