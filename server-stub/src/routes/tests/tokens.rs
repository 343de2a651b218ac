//! Sessions and their tokens.

use axum::http::StatusCode;
use countersign_protocol::claims::{AccessClaims, Header, typ};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use super::{Device, SignedIn, Stub};

const MIA: &str = "mia@example.com";

async fn refresh(device: &Device<'_>, token: &str) -> super::Reply {
    device.post("/auth/refresh", json!({"refresh_token": token})).send().await
}

async fn refreshed(device: &Device<'_>, token: &str) -> SignedIn {
    (&refresh(device, token).await.ok(StatusCode::OK)).into()
}

async fn profile(device: &Device<'_>, session: &SignedIn) -> super::Reply {
    device.get("/user/profile").session(session).send().await
}

#[tokio::test]
async fn a_refresh_token_rotates_and_a_lost_answer_is_repaired() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let device = stub.device();
    let first = device.signed_in(MIA).await;
    let second = refreshed(&device, &first.refresh).await;
    stub.advance(3600);
    let again = refreshed(&device, &first.refresh).await;
    assert_eq!(again.refresh, second.refresh);
    assert_ne!(again.access, second.access);
    let third = refreshed(&device, &again.refresh).await;
    profile(&device, &third).await.ok(StatusCode::OK);

    let problem = refresh(&device, &first.refresh).await.refused("session_ended");
    assert_eq!(problem["reason"], "token_reused");
    let problem = profile(&device, &third).await.refused("session_ended");
    assert_eq!(problem["reason"], "token_reused");
    refresh(&device, &third.refresh).await.refused("session_ended");
    assert_eq!(stub.events("refresh_token_reused").await, 1);
    assert_eq!(stub.mails(MIA).await.last().unwrap().subject, "A session was ended for your safety");
}

#[tokio::test]
async fn a_copied_refresh_token_is_useless_and_does_no_harm() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let device = stub.device();
    let session = device.signed_in(MIA).await;
    refresh(&stub.device(), &session.refresh).await.refused("invalid_token");
    refresh(&stub.browser(), &session.refresh).await.refused("invalid_token");
    refresh(&device, &"A".repeat(43)).await.refused("invalid_token");
    refreshed(&device, &session.refresh).await;
}

#[tokio::test]
async fn without_a_key_a_rotated_token_is_good_for_thirty_seconds() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let browser = stub.browser();
    let session = browser.signed_in(MIA).await;
    assert_eq!(session.token_type, "Bearer");
    let successor = refreshed(&browser, &session.refresh).await;
    stub.advance(29);
    assert_eq!(refreshed(&browser, &session.refresh).await.refresh, successor.refresh);
    stub.advance(1);
    refresh(&browser, &session.refresh).await.refused("session_ended");
    profile(&browser, &successor).await.refused("session_ended");
}

#[tokio::test]
async fn a_session_lasts_thirty_days_however_often_it_is_refreshed() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let device = stub.device();
    let mut session = device.signed_in(MIA).await;
    for _ in 0..29 {
        stub.advance(24 * 3600);
        session = refreshed(&device, &session.refresh).await;
    }
    stub.advance(24 * 3600);
    let problem = refresh(&device, &session.refresh).await.refused("session_ended");
    assert_eq!(problem["reason"], "expired");
}

#[tokio::test]
async fn signing_out_ends_all_tokens_at_once() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let device = stub.device();
    let (session, other) = (device.signed_in(MIA).await, device.signed_in(MIA).await);
    device.post("/auth/logout", json!({})).session(&session).send().await.ok(StatusCode::NO_CONTENT);
    let problem = profile(&device, &session).await.refused("session_ended");
    assert_eq!(problem["reason"], "logged_out");
    refresh(&device, &session.refresh).await.refused("session_ended");
    profile(&device, &other).await.ok(StatusCode::OK);
}

#[tokio::test]
async fn the_eleventh_session_ends_the_oldest() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let (laptop, others) = (stub.device(), stub.device());
    let oldest = laptop.signed_in(MIA).await;
    stub.advance(1);
    let next = others.signed_in(MIA).await;
    for _ in 0..8 {
        stub.advance(1);
        others.signed_in(MIA).await;
    }
    profile(&laptop, &oldest).await.ok(StatusCode::OK);
    assert_eq!(stub.events("session_evicted").await, 0);

    stub.advance(1);
    let newest = others.signed_in(MIA).await;
    for reply in [profile(&laptop, &oldest).await, refresh(&laptop, &oldest.refresh).await] {
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
        assert_eq!(reply.refused("session_ended")["reason"], "evicted");
    }
    for session in [next, newest] {
        profile(&others, &session).await.ok(StatusCode::OK);
    }
    assert_eq!(stub.events("session_evicted").await, 1);
    let mail = stub.mails(MIA).await.pop().unwrap();
    assert_eq!(mail.subject, "Your oldest session was ended");
    assert!(mail.text.contains("signed in on “Mia's laptop” at 127.0.0.1"), "{}", mail.text);
}

#[tokio::test]
async fn a_session_that_has_ended_takes_no_room() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let device = stub.device();
    let oldest = device.signed_in(MIA).await;
    stub.advance(1);
    let next = device.signed_in(MIA).await;
    device.post("/auth/logout", json!({})).session(&next).send().await.ok(StatusCode::NO_CONTENT);
    for _ in 0..9 {
        stub.advance(1);
        device.signed_in(MIA).await;
    }
    profile(&device, &oldest).await.ok(StatusCode::OK);
    stub.advance(30 * 24 * 3600);
    device.signed_in(MIA).await;
    assert_eq!(stub.events("session_evicted").await, 0, "all others were over by time");
}

#[tokio::test]
async fn an_access_token_needs_its_key_its_time_and_its_server() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let device = stub.device();
    let session = device.signed_in(MIA).await;
    profile(&stub.device(), &session).await.refused("invalid_token");
    let mut bearer = session.clone();
    bearer.token_type = "Bearer".to_owned();
    profile(&device, &bearer).await.refused("invalid_dpop_proof");
    profile(&stub.browser(), &session).await.refused("invalid_dpop_proof");
    device.get("/user/profile").send().await.refused("unauthenticated");
    device.get("/user/profile").header("authorization", "Basic abc").send().await.refused("unauthenticated");
    profile(&device, &session).await.ok(StatusCode::OK);
    stub.advance(600);
    profile(&device, &session).await.refused("invalid_token");
}

#[tokio::test]
async fn an_access_token_that_the_server_did_not_sign_is_refused() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let device = stub.device();
    let session = device.signed_in(MIA).await;
    let parts: Vec<_> = session.access.split('.').collect();
    let decoded = |part: &str| -> Value {
        serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap()
    };
    let encoded = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let (header, claims) = (decoded(parts[0]), decoded(parts[1]));
    assert_eq!((&header["typ"], &header["alg"]), (&json!("at+jwt"), &json!("ES256")));
    assert_eq!(claims["cnf"]["jkt"], device.jkt());

    let refused = async |access: String| {
        let session = SignedIn { access, ..session.clone() };
        profile(&device, &session).await.refused("invalid_token");
    };
    let mut unsigned = header.clone();
    unsigned["alg"] = "none".into();
    refused(format!("{}.{}.", encoded(&unsigned), parts[1])).await;
    let mut symmetric = header.clone();
    symmetric["alg"] = "HS256".into();
    refused(format!("{}.{}.{}", encoded(&symmetric), parts[1], parts[2])).await;
    let mut admin = claims.clone();
    admin["roles"] = json!(["operator"]);
    refused(format!("{}.{}.{}", parts[0], encoded(&admin), parts[2])).await;
    refused("not a token".to_owned()).await;

    // Signed by the server, and still not an access token of this session, server or time.
    let keys = &stub.world.keys;
    let claims: AccessClaims = serde_json::from_value(claims).unwrap();
    refused(keys.access.sign(Header::new(typ::REQUEST), &claims).unwrap()).await;
    refused(keys.push.sign(Header::new(typ::ACCESS), &claims).unwrap()).await;
    let elsewhere = AccessClaims { aud: "https://elsewhere.example".parse().unwrap(), ..claims.clone() };
    refused(keys.access.sign(Header::new(typ::ACCESS), &elsewhere).unwrap()).await;
    let unbound = AccessClaims { cnf: None, ..claims.clone() };
    refused(keys.access.sign(Header::new(typ::ACCESS), &unbound).unwrap()).await;
    let old = AccessClaims { exp: stub.world.now().as_seconds(), ..claims };
    refused(keys.access.sign(Header::new(typ::ACCESS), &old).unwrap()).await;
}
