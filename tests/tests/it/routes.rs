//! The table of routes: each route lets in whom its row says, and is described.

use countersign_server::http::routes::{Access, Route, table};
use countersign_tests::{
    Account, Realm, Stage, on_both_databases,
    raw::{Caller, knock},
};
use serde_json::{Value, json};

/// The address of a route, with an id that names nothing.
fn address(route: &Route) -> String {
    route.path.replace("{id}", "01KG9YS7G00000000000000001")
}

/// Without credentials, a guarded route says so before it looks at anything else.
async fn nobody_gets_in(realm: Realm) {
    for route in table(true) {
        let (status, answer) = knock(&realm, route.method, &address(&route)).await;
        let what = format!("{} {}: {answer}", route.method, route.path);
        match route.access {
            Access::Anybody => assert_ne!(status, 401, "{what}"),
            Access::Session | Access::Login | Access::Qa => {
                assert_eq!(status, 401, "{what}");
                assert!(answer.contains(r#""code":"unauthenticated""#), "{what}");
            }
            Access::Key | Access::Device | Access::SessionOrDevice => {
                assert_eq!(status, 401, "{what}");
                assert!(answer.contains(r#""code":"invalid_dpop_proof""#), "{what}");
            }
        }
        // A page for people answers in HTML.
        if status >= 400 && route.path != "/activate" {
            assert!(answer.to_lowercase().contains("content-type: application/problem+json"), "{what}");
        }
        assert!(answer.to_lowercase().contains("x-correlation-id: "), "{what}");
        assert!(answer.to_lowercase().contains("cache-control: no-store"), "{what}");
    }
}

/// Whoever holds some key, or is signed in, is not yet whom another route asks for.
async fn a_caller_of_another_kind_does_not_get_in(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let caller = Caller::new(&realm);
    let token = caller.login(&account.person).send().await.text("tokens/access_token");
    for route in table(true) {
        let call = |with_token: bool| {
            let call = match route.method {
                "GET" => caller.get(&address(&route)),
                "DELETE" => caller.delete(&address(&route)),
                _ => caller.post(&address(&route), &json!({})),
            };
            if with_token { call.with_token(&token) } else { call }
        };
        let what = format!("{} {}", route.method, route.path);
        match route.access {
            Access::Anybody => {}
            Access::Key => {
                assert_eq!(call(false).send().await.outcome(), "invalid_request", "{what}: let in");
            }
            Access::Session => assert_eq!(call(false).send().await.outcome(), "unauthenticated", "{what}"),
            Access::Device => {
                assert_eq!(call(false).send().await.outcome(), "enrolment_not_found", "{what}");
                assert_eq!(call(true).send().await.outcome(), "invalid_dpop_proof", "{what}");
            }
            Access::SessionOrDevice => {
                assert_eq!(call(false).send().await.outcome(), "enrolment_not_found", "{what}");
            }
            Access::Login => {
                assert_eq!(call(true).send().await.outcome(), "invalid_dpop_proof", "{what}");
                let refused = call(false).send().await.outcome();
                assert!(
                    ["login_not_found", "invalid_request"].contains(&refused.as_str()),
                    "{what}: {refused}"
                );
            }
            // The clock is set by PUT, which the bare request above has covered.
            Access::Qa if route.method == "PUT" => {}
            Access::Qa => {
                assert_eq!(call(true).send().await.outcome(), "unauthenticated", "{what}");
                let guess = call(false).with_bearer(&"A".repeat(43)).send().await;
                assert_eq!(guess.outcome(), "unauthenticated", "{what}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_is_described() {
    let stage = Stage::in_memory().await;
    let document = Caller::new(&stage.realm()).get("/openapi.json").send().await.body;
    assert_eq!(document["servers"][0]["url"], stage.realm().url().as_str());
    let described: usize =
        document["paths"].as_object().unwrap().values().map(|path| path.as_object().unwrap().len()).sum();
    assert_eq!(described, table(true).len());
    for route in table(true) {
        let operation = &document["paths"][route.path][route.method.to_ascii_lowercase()];
        let what = format!("{} {}", route.method, route.path);
        assert!(!operation["summary"].as_str().unwrap().is_empty(), "{what}");
        assert_eq!(
            operation["security"].as_array().unwrap().is_empty(),
            route.access == Access::Anybody,
            "{what}"
        );
        assert!(operation["responses"]["default"].is_object(), "{what}");
    }
    references(&document, &document);
    stage.stop().await;
}

/// Every reference leads somewhere.
fn references(document: &Value, part: &Value) {
    match part {
        Value::Object(members) => {
            if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                let target = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
                assert!(target.is_some(), "{reference}");
            }
            members.values().for_each(|member| references(document, member));
        }
        Value::Array(values) => values.iter().for_each(|value| references(document, value)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_there_says_so() {
    let stage = Stage::in_memory().await;
    let realm = stage.realm();
    for path in
        ["/", "/nothing", "/auth/login/", "//auth/login", "/r/UPPER/health/live", "/r/a_b/health/live"]
    {
        assert_eq!(knock(&realm, "GET", path).await.0, 404, "{path}");
    }
    for route in table(true) {
        let (status, answer) = knock(&realm, "TRACE", &address(&route)).await;
        assert_eq!(status, 405, "{}", route.path);
        assert!(answer.to_lowercase().contains("allow: "), "{}", route.path);
    }
    stage.stop().await;
}

on_both_databases!(nobody_gets_in, a_caller_of_another_kind_does_not_get_in);
