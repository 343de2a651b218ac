use axum::http::StatusCode;
use countersign_protocol::{
    ids::ChallengeId,
    login::{LoginOutcome, MfaRequired},
    push::DenyReason,
};
use futures_util::StreamExt as _;
use serde_json::json;

use super::{Device, Stub};
use crate::{
    domain::{
        answer::Answer,
        events::Source,
        factors::Factor,
        login::{self, Login},
    },
    store::{StoreError, Tx, audit, logins::OpenChallenge},
};

const MIA: &str = "mia@example.com";

/// Sends a wrong password, after the pause that the failures before it brought.
pub(super) async fn guess(device: &Device<'_>) {
    let call = || device.wrong_password(MIA);
    let mut reply = call().send().await;
    if let Some(pause) = reply.headers.get("retry-after") {
        device.stub.advance(pause.to_str().unwrap().parse().unwrap());
        reply = call().send().await;
    }
    reply.refused("invalid_credentials");
}

#[tokio::test]
async fn the_password_alone_is_enough_until_a_factor_is_enrolled() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let device = stub.device();
    let body = device.sign_in(MIA).send().await.ok(StatusCode::OK);
    assert_eq!(body["status"], "authenticated");
    assert_eq!(body["amr"], json!(["pwd"]));
    assert_eq!(body["acr"], "urn:countersign:acr:1");
    assert_eq!(body["notices"], json!(["mfa_setup_recommended", "new_device"]));
    assert_eq!(body["tokens"]["token_type"], "DPoP");
    assert_eq!(body["user"]["roles"], json!(["admin"]));
    let again = device.sign_in("MIA@EXAMPLE.COM").send().await.ok(StatusCode::OK);
    assert_eq!(again["notices"], json!(["mfa_setup_recommended"]), "the device is known by now");

    let session = (&body).into();
    let profile = device.get("/user/profile").session(&session).send().await.ok(StatusCode::OK);
    assert_eq!(profile["email"], MIA);
    assert_eq!(profile, body["user"]);
}

#[tokio::test]
async fn an_unknown_address_is_answered_like_a_wrong_password() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let device = stub.device();
    let (wrong_one, too_many) = ("invalid_credentials", "too_many_requests");
    let three = [(0, wrong_one); 3];
    let delayed =
        [(0, too_many), (2, wrong_one), (3, too_many), (1, wrong_one), (0, too_many), (4, too_many)];
    for (pause, expected) in three.into_iter().chain(delayed) {
        stub.advance(pause);
        let call = |email| device.wrong_password(email).header("x-correlation-id", "same-for-both");
        let known = call(MIA).send().await;
        let unknown = call("nobody@example.com").send().await;
        assert_eq!((known.status, &known.text), (unknown.status, &unknown.text));
        known.refused(expected);
    }
    assert_eq!(stub.mails(MIA).await.last().unwrap().subject, "Sign-in was locked for a while");
    assert!(stub.mails("nobody@example.com").await.is_empty());
}

#[tokio::test]
async fn a_lock_is_told_only_after_the_right_password_and_doubles() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let device = stub.device();
    for seconds in [900, 1800] {
        for _ in 0..5 {
            guess(&device).await;
        }
        stub.advance(60);
        guess(&device).await;
        let locked = device.sign_in(MIA).send().await.ok(StatusCode::OK);
        assert_eq!(locked, json!({"status": "locked", "retry_after": seconds - 60}));
        stub.advance(seconds - 60);
    }
    device.sign_in(MIA).send().await.ok(StatusCode::OK);
    stub.advance(3600);
    for _ in 0..5 {
        guess(&device).await;
    }
    let locked = device.sign_in(MIA).send().await;
    locked.refused("too_many_requests");
    stub.advance(60);
    let locked = device.sign_in(MIA).send().await.ok(StatusCode::OK);
    assert_eq!(locked["retry_after"], 840, "a good attempt makes the next lock short again");
}

#[tokio::test]
async fn a_good_attempt_counts_for_nothing() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let device = stub.device();
    for _ in 0..12 {
        device.sign_in(MIA).send().await.ok(StatusCode::OK);
    }
}

#[tokio::test]
async fn a_closed_account_is_answered_like_a_wrong_password() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let device = stub.device();
    let session = device.signed_in(MIA).await;
    stub.sql("UPDATE users SET status = 'disabled'").await;
    device.sign_in(MIA).send().await.refused("invalid_credentials");
    let problem = device.get("/user/profile").session(&session).send().await.refused("session_ended");
    assert_eq!(problem["reason"], "account_closed");
}

#[tokio::test]
async fn a_login_belongs_to_whoever_carries_it() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let device = stub.device();
    let session = device.signed_in(MIA).await;
    device.enrol_totp(&session).await;
    let login = device.waiting(MIA).await;
    assert!(login.login_token.is_none());
    let path = format!("/auth/logins/{}", login.login_id);
    assert!(matches!(device.get(&path).send().await.outcome(), LoginOutcome::MfaRequired(_)));
    stub.device().get(&path).send().await.refused("login_not_found");
    stub.browser().get(&path).send().await.refused("unauthenticated");

    let browser = stub.browser();
    let theirs = browser.waiting(MIA).await;
    let path = format!("/auth/logins/{}", theirs.login_id);
    assert!(matches!(
        browser.get(&path).carrying(&theirs).send().await.outcome(),
        LoginOutcome::MfaRequired(_)
    ));
    device.get(&path).send().await.refused("login_not_found");
    let forged = browser.get(&path).header("x-login-token", &"A".repeat(43));
    forged.send().await.refused("login_not_found");
}

/// Runs a step of the server's own, as the answer of a device does.
pub(super) async fn step<F>(stub: &Stub, login: &MfaRequired, step: F) -> Answer<Login>
where
    F: for<'t> FnOnce(
            &'t mut Tx,
            &'t crate::world::World,
            Source,
            Login,
        ) -> futures_util::future::BoxFuture<'t, Answer<Login>>
        + Send
        + 'static,
{
    let (world, id) = (std::sync::Arc::clone(&stub.world), login.login_id);
    let source = Source {
        address: "127.0.0.1".to_owned(),
        user_agent: None,
        correlation_id: "test-test".parse().unwrap(),
    };
    stub.world
        .transact(move |tx| {
            Box::pin(async move {
                let login = login::find(tx.connection(), id, world.now()).await?.unwrap();
                step(tx, &world, source, login).await
            })
        })
        .await
}

/// Adds an open challenge, as asking a device does.
async fn ask(stub: &Stub, login: &MfaRequired) {
    let asked = step(stub, login, |tx, world, _source, login| {
        Box::pin(async move {
            let id = world.random.ulid(world.now(), ChallengeId::from_parts).unwrap();
            let place = crate::store::logins::number_place(id);
            let expires_at = world.now().plus(world.policy.push.request_life);
            let number_sealed = world.keys.seal(&world.random, &place, b"42").unwrap();
            let challenge = OpenChallenge { id, number_sealed: number_sealed.clone(), expires_at };
            let login = login::ask(tx, world, login, challenge, true).await?;
            let insert = "INSERT INTO mfa_push_challenges (id, login_id, user_id, state, number_sealed, created_at, \
                          expires_at) VALUES ($1, $2, $3, 'open', $4, 0, $5)";
            sqlx::query(insert)
                .bind(id.to_string())
                .bind(login.facts.id.to_string())
                .bind(login.facts.user_id.to_string())
                .bind(number_sealed)
                .bind(expires_at.as_millis())
                .execute(tx.connection())
                .await
                .unwrap();
            Ok(login)
        })
    });
    assert_eq!(asked.await.unwrap().stage.name(), "pending");
}

#[tokio::test]
async fn the_tokens_of_a_finished_login_are_handed_out_once() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let device = stub.device();
    let session = device.signed_in(MIA).await;
    device.enrol_totp(&session).await;
    let login = device.waiting(MIA).await;
    let path = format!("/auth/logins/{}", login.login_id);
    ask(&stub, &login).await;
    let keyed = || device.get(&path).keyed("one-key-for-all-of-it");
    let pending = keyed().send().await.ok(StatusCode::OK);
    assert_eq!((&pending["status"], &pending["number"]), (&json!("pending"), &json!("42")));

    let finished = step(&stub, &login, |tx, world, source, login| {
        Box::pin(async move { login::finish(tx, world, &source, login, Factor::Push, false).await })
    });
    finished.await.unwrap();
    let done = keyed().send().await.ok(StatusCode::OK);
    assert_eq!(done["amr"], json!(["pwd", "push"]));
    assert_eq!(done["acr"], "urn:countersign:acr:2");
    assert!(done["trust_token"]["token"].is_string(), "asked for with the challenge");
    assert_eq!(keyed().send().await.ok(StatusCode::OK), done, "a lost answer is given again");
    let other = device.get(&path).keyed("a-key-of-somebody-else").send().await;
    other.refused("login_state");
    device.get(&path).send().await.refused("login_state");
}

#[tokio::test]
async fn a_pending_login_goes_back_ends_or_runs_out() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let device = stub.device();
    let session = device.signed_in(MIA).await;
    let generator = device.enrol_totp(&session).await;
    let login = device.waiting(MIA).await;
    let path = format!("/auth/logins/{}", login.login_id);
    let status = async || device.get(&path).send().await.ok(StatusCode::OK)["status"].clone();
    ask(&stub, &login).await;
    assert_eq!(status().await, "pending");
    stub.advance(60);
    assert_eq!(status().await, "mfa_required", "the challenge is over by time");
    let denied = step(&stub, &login, |tx, world, source, login| {
        Box::pin(async move { login::deny(tx, world, &source, login, DenyReason::NotMe).await })
    });
    assert!(denied.await.is_err(), "nothing is pending");

    ask(&stub, &login).await;
    assert_eq!(status().await, "pending", "another takes its place");
    ask(&stub, &login).await;
    assert_eq!(status().await, "pending", "and another the place of that");

    // A code finishes a login that waits for a push request, which is then superseded.
    let login = device.waiting(MIA).await;
    ask(&stub, &login).await;
    device.verify(&login, &generator.code(&stub, 1)).send().await.ok(StatusCode::OK);
    let written = stub.world.store.read(|connection| {
        Box::pin(async move {
            let select = "SELECT state FROM mfa_push_challenges ORDER BY state";
            Ok::<Vec<String>, StoreError>(sqlx::query_scalar(select).fetch_all(connection).await?)
        })
    });
    assert_eq!(written.await.unwrap(), ["expired", "open", "superseded", "superseded"]);

    let login = device.waiting(MIA).await;
    ask(&stub, &login).await;
    let denied = step(&stub, &login, |tx, world, source, login| {
        Box::pin(async move { login::deny(tx, world, &source, login, DenyReason::NotMe).await })
    });
    denied.await.unwrap();
    let path = format!("/auth/logins/{}", login.login_id);
    let body = device.get(&path).send().await.ok(StatusCode::OK);
    assert_eq!((&body["status"], &body["reason"]), (&json!("denied"), &json!("not_me")));
    device.verify(&login, &generator.code(&stub, 0)).send().await.refused("login_state");
}

#[tokio::test]
async fn a_login_lasts_ten_minutes_or_until_it_is_given_up() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let device = stub.device();
    let session = device.signed_in(MIA).await;
    let generator = device.enrol_totp(&session).await;
    let login = device.waiting(MIA).await;
    stub.advance(599);
    let path = format!("/auth/logins/{}", login.login_id);
    assert!(matches!(device.get(&path).send().await.outcome(), LoginOutcome::MfaRequired(_)));
    stub.advance(1);
    assert!(matches!(device.get(&path).send().await.outcome(), LoginOutcome::Expired { .. }));
    device.verify(&login, &generator.code(&stub, 0)).send().await.refused("login_expired");

    let login = device.waiting(MIA).await;
    let path = format!("/auth/logins/{}", login.login_id);
    let cancel = format!("{path}/cancel");
    stub.device().post(&cancel, json!({})).send().await.refused("login_not_found");
    device.post(&cancel, json!({})).send().await.ok(StatusCode::NO_CONTENT);
    device.post(&cancel, json!({})).send().await.refused("login_state");
    device.get(&path).send().await.refused("login_state");
    device.verify(&login, &generator.code(&stub, 0)).send().await.refused("login_state");
}

#[tokio::test]
async fn events_tell_each_change_and_end_with_the_last() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let device = stub.device();
    let session = device.signed_in(MIA).await;
    device.enrol_totp(&session).await;
    let login = device.waiting(MIA).await;
    let path = format!("/auth/logins/{}/events", login.login_id);
    stub.device().get(&path).send().await.refused("login_not_found");

    let response = device.get(&path).open().await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut events = response.into_body().into_data_stream();
    let mut next =
        async || events.next().await.map(|bytes| String::from_utf8(bytes.unwrap().to_vec()).unwrap());
    assert!(next().await.unwrap().contains(r#""status":"mfa_required""#));
    ask(&stub, &login).await;
    let event = next().await.unwrap();
    assert!(event.starts_with("event: login\n") && event.contains(r#""status":"pending""#), "{event}");
    stub.advance(60);
    assert!(next().await.unwrap().contains("mfa_required"), "the challenge ran out");
    stub.advance(540);
    assert!(next().await.unwrap().contains("expired"));
    assert!(next().await.is_none());
}

#[tokio::test]
async fn what_happened_is_in_the_audit_chain() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let device = stub.device();
    let session = device.signed_in(MIA).await;
    device.wrong_password("nobody@example.com").send().await.refused("invalid_credentials");
    device.post("/auth/logout", json!({})).session(&session).send().await.ok(StatusCode::NO_CONTENT);
    for event in ["signed_up", "account_activated", "login_succeeded", "password_refused", "logged_out"] {
        assert_eq!(stub.events(event).await, 1, "{event}");
    }
    let verified = stub.world.store.read(|connection| {
        Box::pin(async move {
            let tenants: Vec<String> =
                sqlx::query_scalar("SELECT id FROM tenants").fetch_all(&mut *connection).await.unwrap();
            assert_eq!(tenants.len(), 2, "the user's and the operator's");
            for tenant in tenants {
                audit::verify(connection, tenant.parse().unwrap()).await?;
            }
            Ok::<_, audit::ChainError>(())
        })
    });
    verified.await.unwrap();
}
