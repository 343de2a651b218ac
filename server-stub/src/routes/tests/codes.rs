use axum::http::StatusCode;
use countersign_protocol::login::LoginOutcome;
use serde_json::json;

use super::Stub;

const MIA: &str = "mia@example.com";

#[tokio::test]
async fn a_generator_counts_after_its_first_code() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let device = stub.device();
    let session = device.signed_in(MIA).await;
    let setup = device.post("/mfa/totp/setup", json!({"label": "My phone"})).session(&session).send().await;
    let setup = setup.ok(StatusCode::CREATED);
    let uri = setup["otpauth_uri"].as_str().unwrap();
    assert!(uri.starts_with("otpauth://totp/Acme%20%20Tools:mia%40example.com?secret="), "{uri}");
    assert!(setup["qr_svg"].as_str().unwrap().contains("<svg"));
    let methods = async || device.get("/mfa/methods").session(&session).send().await.ok(StatusCode::OK);
    assert_eq!(methods().await, json!({"methods": []}));
    assert!(matches!(device.sign_in(MIA).send().await.outcome(), LoginOutcome::Authenticated(_)));

    let generator = super::Generator::new(setup["secret"].as_str().unwrap());
    let confirm = |code: String| {
        let body = json!({"method_id": setup["method_id"], "code": code});
        device.post("/mfa/totp/verify", body).session(&session)
    };
    let problem = confirm(generator.wrong(&stub)).send().await.refused("wrong_code");
    assert_eq!(problem["attempts_left"], 4);
    confirm(generator.code(&stub, 0)).send().await.ok(StatusCode::NO_CONTENT);
    confirm(generator.code(&stub, 1)).send().await.refused("method_enabled");
    let expected = json!({"method_id": setup["method_id"], "method": "totp", "label": "My phone"});
    assert_eq!(methods().await, json!({"methods": [expected]}));
    assert_eq!(stub.mails(MIA).await.last().unwrap().subject, "A sign-in method was added");
}

#[tokio::test]
async fn another_set_up_drops_one_that_was_not_finished() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let device = stub.device();
    let session = device.signed_in(MIA).await;
    let set_up = || device.post("/mfa/totp/setup", json!({})).session(&session);
    let first = set_up().send().await.ok(StatusCode::CREATED);
    set_up().send().await.ok(StatusCode::CREATED);
    let generator = super::Generator::new(first["secret"].as_str().unwrap());
    let confirm = json!({"method_id": first["method_id"], "code": generator.code(&stub, 0)});
    device.post("/mfa/totp/verify", confirm).session(&session).send().await.refused("method_not_available");
}

#[tokio::test]
async fn factors_are_changed_only_shortly_after_signing_in() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let device = stub.device();
    let session = device.signed_in(MIA).await;
    stub.advance(599);
    device.post("/mfa/totp/setup", json!({})).session(&session).send().await.ok(StatusCode::CREATED);
    let refreshed = json!({"refresh_token": session.refresh});
    let session = (&device.post("/auth/refresh", refreshed).send().await.ok(StatusCode::OK)).into();
    stub.advance(1);
    device.post("/mfa/totp/setup", json!({})).session(&session).send().await.refused("forbidden");
}

#[tokio::test]
async fn nobody_confirms_the_set_up_of_somebody_else() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    stub.account("eve@example.com").await;
    let (mia, eve) = (stub.device(), stub.device());
    let (hers, theirs) = (mia.signed_in(MIA).await, eve.signed_in("eve@example.com").await);
    let setup = mia.post("/mfa/totp/setup", json!({})).session(&hers).send().await.ok(StatusCode::CREATED);
    let generator = super::Generator::new(setup["secret"].as_str().unwrap());
    let confirm = json!({"method_id": setup["method_id"], "code": generator.code(&stub, 0)});
    let call = eve.post("/mfa/totp/verify", confirm).session(&theirs);
    call.send().await.refused("method_not_available");
}

#[tokio::test]
async fn a_code_is_good_once_within_one_step_and_never_backwards() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let device = stub.device();
    let session = device.signed_in(MIA).await;
    let generator = device.enrol_totp(&session).await;
    let attempt = async |steps: i64| {
        let login = device.waiting(MIA).await;
        device.verify(&login, &generator.code(&stub, steps)).send().await
    };
    attempt(0).await.refused("wrong_code");
    attempt(-1).await.refused("wrong_code");
    let body = attempt(1).await.ok(StatusCode::OK);
    assert_eq!(body["amr"], json!(["pwd", "otp"]));
    assert_eq!(body["acr"], "urn:countersign:acr:2");
    attempt(1).await.refused("wrong_code");
    stub.advance(90);
    attempt(2).await.refused("wrong_code");
    attempt(-2).await.refused("wrong_code");
    stub.advance(2);
    attempt(-1).await.ok(StatusCode::OK);
    attempt(0).await.ok(StatusCode::OK);
}

#[tokio::test]
async fn five_wrong_codes_lock_codes_over_all_logins() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let device = stub.device();
    let session = device.signed_in(MIA).await;
    let generator = device.enrol_totp(&session).await;
    let mut login = device.waiting(MIA).await;
    for (left, pause) in (0..5).rev().zip([0, 0, 0, 2, 4]) {
        stub.advance(pause);
        let reply = device.verify(&login, &generator.wrong(&stub)).send().await;
        let problem = reply.refused("wrong_code");
        assert_eq!(problem["attempts_left"], left);
        if left == 2 {
            login = device.waiting(MIA).await;
        }
    }
    assert_eq!(stub.mails(MIA).await.last().unwrap().subject, "Sign-in was locked for a while");
    assert_eq!(stub.events("authenticator_locked").await, 1);
    stub.advance(60);
    let good = device.verify(&login, &generator.code(&stub, 0)).send().await;
    let problem = good.refused("account_locked");
    assert_eq!(problem["retry_after"], 840);
    assert!(problem["detail"].as_str().unwrap().ends_with("Try again in 14 minutes."), "{problem}");
    let again = device.sign_in(MIA).send().await.ok(StatusCode::OK);
    assert_eq!(again, json!({"status": "locked", "retry_after": 840}));
    stub.advance(840);
    let login = device.waiting(MIA).await;
    device.verify(&login, &generator.code(&stub, 0)).send().await.ok(StatusCode::OK);
}

#[tokio::test]
async fn the_delay_grows_and_nothing_is_checked_in_it() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let device = stub.device();
    let session = device.signed_in(MIA).await;
    let generator = device.enrol_totp(&session).await;
    let login = device.waiting(MIA).await;
    let wrong = async || device.verify(&login, &generator.wrong(&stub)).send().await.refused("wrong_code");
    let right = async || device.verify(&login, &generator.code(&stub, 1)).send().await;
    for _ in 0..2 {
        assert!(wrong().await.get("retry_after").is_none());
    }
    assert_eq!(wrong().await["retry_after"], 2, "the third in a row");
    assert_eq!(right().await.refused("too_many_requests")["retry_after"], 2);
    stub.advance(1);
    let reply = right().await;
    assert_eq!(reply.headers["retry-after"], "1");
    reply.refused("too_many_requests");
    stub.advance(1);
    let problem = wrong().await;
    assert_eq!((&problem["attempts_left"], &problem["retry_after"]), (&json!(1), &json!(4)));
    stub.advance(3);
    right().await.refused("too_many_requests");
    stub.advance(1);
    right().await.ok(StatusCode::OK);

    let login = device.waiting(MIA).await;
    let again = device.verify(&login, &generator.wrong(&stub)).send().await.refused("wrong_code");
    assert_eq!(again["attempts_left"], 4, "a good code makes the delay short again");
}

#[tokio::test]
async fn a_lost_answer_to_a_good_code_is_given_again() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let device = stub.device();
    let session = device.signed_in(MIA).await;
    let generator = device.enrol_totp(&session).await;
    let login = device.waiting(MIA).await;
    let code = generator.code(&stub, 1);
    let keyed = || device.verify(&login, &code).keyed("0123456789abcdef");
    let first = keyed().send().await.ok(StatusCode::OK);
    assert_eq!(keyed().send().await.ok(StatusCode::OK), first);
    let other = device.verify(&login, &generator.wrong(&stub)).keyed("0123456789abcdef");
    other.send().await.refused("idempotency_conflict");
    device.verify(&login, &code).send().await.refused("login_state");
}

#[tokio::test]
async fn a_code_of_another_kind_of_method_is_refused() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let device = stub.device();
    let session = device.signed_in(MIA).await;
    device.enrol_totp(&session).await;
    let login = device.waiting(MIA).await;
    let push = json!({"login_id": login.login_id, "method": "push", "code": "123456"});
    device.post("/mfa/verify", push).send().await.refused("method_not_available");
    for code in ["12345678", "1234"] {
        device.verify(&login, code).send().await.refused("wrong_code");
    }
    let unknown = json!({"login_id": login.login_id, "method": "telepathy", "code": "123456"});
    device.post("/mfa/verify", unknown).send().await.refused("invalid_request");
}
