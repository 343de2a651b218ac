use axum::http::{Method, StatusCode};
use serde_json::json;

use super::{PASSWORD, Stub, sign_up, token_of};

const MIA: &str = "mia@example.com";

#[tokio::test]
async fn a_link_activates_once_and_only_then_can_one_sign_in() {
    let stub = Stub::start().await;
    let device = stub.browser();
    let accepted = device.post("/signup", sign_up(MIA)).send().await.ok(StatusCode::ACCEPTED);
    assert_eq!(accepted, json!({"sent_to": "mi***@example.com"}));
    device.sign_in(MIA).send().await.refused("invalid_credentials");

    let link = stub.mails(MIA).await.pop().unwrap().links.pop().unwrap();
    assert!(link.starts_with("http://localhost:8440/activate?token="), "{link}");
    let page = device.get(link.strip_prefix("http://localhost:8440").unwrap()).send().await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains(r#"<form method="post" action="auth/activate">"#), "{}", page.text);
    assert_eq!(page.headers["referrer-policy"], "no-referrer");
    assert_eq!(page.headers["cache-control"], "no-store");
    device.sign_in(MIA).send().await.refused("invalid_credentials");

    let activate = json!({"token": token_of(&link)});
    device.post("/auth/activate", activate.clone()).send().await.ok(StatusCode::NO_CONTENT);
    device.post("/auth/activate", activate).send().await.refused("invalid_link");
    device.sign_in(MIA).send().await.ok(StatusCode::OK);
    assert_eq!(stub.events("account_activated").await, 1);
}

#[tokio::test]
async fn the_form_of_the_page_activates_too() {
    let stub = Stub::start().await;
    let device = stub.browser();
    device.post("/signup", sign_up(MIA)).send().await.ok(StatusCode::ACCEPTED);
    let token = token_of(&stub.mails(MIA).await[0].links[0]);
    let form = |body: String| {
        device
            .call(Method::POST, "/auth/activate", Some(body.into_bytes()))
            .header("content-type", "application/x-www-form-urlencoded")
    };
    let page = form(format!("token={token}")).send().await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("Your account is active"), "{}", page.text);
    let page = form(format!("token={token}")).send().await;
    assert_eq!(page.status, StatusCode::GONE);
    form("other=1".to_owned()).send().await.refused("invalid_request");
    let page = device.get("/activate?token=short").send().await;
    assert_eq!(page.status, StatusCode::GONE);
}

#[tokio::test]
async fn a_link_is_good_for_a_day() {
    let stub = Stub::start().await;
    let device = stub.browser();
    device.post("/signup", sign_up(MIA)).send().await.ok(StatusCode::ACCEPTED);
    let token = token_of(&stub.mails(MIA).await[0].links[0]);
    stub.advance(24 * 3600);
    device.post("/auth/activate", json!({"token": token})).send().await.refused("invalid_link");
    device.post("/auth/activate", json!({"token": "A".repeat(43)})).send().await.refused("invalid_link");
}

#[tokio::test]
async fn a_known_address_gets_the_same_answer_and_another_mail() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let device = stub.browser();
    let known = device.post("/signup", sign_up("MIA@example.com")).send().await;
    let unknown = device.post("/signup", sign_up("mio@example.com")).send().await;
    assert_eq!((known.status, known.text.to_lowercase()), (unknown.status, unknown.text.clone()));
    let mails = stub.mails(MIA).await;
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[1].subject, "You already have an account");
    assert!(mails[1].links.is_empty());
    assert_eq!(stub.mails("mio@example.com").await.len(), 1);
}

#[tokio::test]
async fn sign_ups_side_by_side_do_not_touch_each_other() {
    let stub = Stub::start().await;
    let device = stub.browser();
    device.post("/signup", sign_up(MIA)).send().await.ok(StatusCode::ACCEPTED);
    let mut theirs = sign_up(MIA);
    theirs["password"] = "somebody else's password".into();
    device.post("/signup", theirs).send().await.ok(StatusCode::ACCEPTED);
    let links: Vec<_> = stub.mails(MIA).await.iter().map(|mail| token_of(&mail.links[0])).collect();
    device.post("/auth/activate", json!({"token": links[0]})).send().await.ok(StatusCode::NO_CONTENT);
    device.post("/auth/activate", json!({"token": links[1]})).send().await.refused("invalid_link");
    device.sign_in(MIA).send().await.ok(StatusCode::OK);
}

#[tokio::test]
async fn a_retry_with_the_same_key_sends_no_second_mail() {
    let stub = Stub::start().await;
    let device = stub.browser();
    for _ in 0..3 {
        let call = device.post("/signup", sign_up(MIA)).keyed("0123456789abcdef");
        call.send().await.ok(StatusCode::ACCEPTED);
    }
    assert_eq!(stub.mails(MIA).await.len(), 1);
}

#[tokio::test]
async fn bad_sign_ups_change_nothing() {
    let stub = Stub::start().await;
    let device = stub.browser();
    let mut common = sign_up(MIA);
    common["password"] = "Password123".into();
    let problem = device.post("/signup", common).send().await.refused("invalid_request");
    assert_eq!(problem["fields"][0]["field"], "password");
    let mut short = sign_up(MIA);
    short["password"] = "short".into();
    let problem = device.post("/signup", short).send().await.refused("invalid_request");
    assert_eq!(problem["fields"][0]["field"], "password");
    assert!(!problem.to_string().contains(PASSWORD));
    assert!(stub.mails(MIA).await.is_empty());
}

#[tokio::test]
async fn sign_ups_with_one_address_are_limited() {
    let stub = Stub::start().await;
    let device = stub.browser();
    for _ in 0..5 {
        device.post("/signup", sign_up(MIA)).send().await.ok(StatusCode::ACCEPTED);
    }
    let reply = device.post("/signup", sign_up(MIA)).send().await;
    assert_eq!(reply.headers["retry-after"], "60");
    let problem = reply.refused("too_many_requests");
    assert_eq!(problem["retry_after"], 60);
    assert_eq!(problem["detail"], "Too many attempts. Try again in 1 minute.");
    stub.advance(60);
    device.post("/signup", sign_up(MIA)).send().await.ok(StatusCode::ACCEPTED);
    assert_eq!(stub.mails(MIA).await.len(), 6);
}
