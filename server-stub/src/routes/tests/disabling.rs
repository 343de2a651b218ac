//! What a hundred failures in a row do.

use axum::http::StatusCode;
use serde_json::json;

use super::{
    Device, Generator, SignedIn, Stub,
    phone::{Phone, Word},
    sign_in::guess,
};

const MIA: &str = "mia@example.com";
/// What is told of the disabled while there is no other way to sign in: the longest lock, whenever it is asked.
const A_DAY: u64 = 24 * 3600;

/// Tries a wrong code, after the pause that the failures before it brought.
async fn wrong_code(device: &Device<'_>, generator: &Generator) -> serde_json::Value {
    let login = device.waiting(MIA).await;
    let call = || device.verify(&login, &generator.wrong(device.stub));
    let mut reply = call().send().await;
    if reply.status == StatusCode::TOO_MANY_REQUESTS {
        device.stub.advance(reply.json()["retry_after"].as_u64().unwrap());
        reply = call().send().await;
    }
    reply.refused("wrong_code")
}

/// As if so many failures had gone before, each after its pause and its lock.
async fn after_failures(stub: &Stub, method: &'static str) {
    let update = match method {
        "totp" => "UPDATE mfa_attempts SET failures = 98 WHERE subject LIKE 'totp:%'",
        _ => "UPDATE mfa_attempts SET failures = 98 WHERE subject LIKE 'password:%'",
    };
    stub.sql(update).await;
}

#[tokio::test]
async fn a_hundred_wrong_codes_in_a_row_disable_the_generators() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let device = stub.device();
    let generator = device.enrol_totp(&device.signed_in(MIA).await).await;
    for failure in 1..100 {
        let problem = wrong_code(&device, &generator).await;
        if failure % 5 == 0 {
            stub.advance(problem["retry_after"].as_u64().unwrap());
        }
    }
    assert_eq!(stub.events("authenticator_disabled").await, 0);
    let waiting = device.waiting(MIA).await;
    let last = wrong_code(&device, &generator).await;
    assert_eq!((&last["attempts_left"], last.get("retry_after")), (&json!(0), None));

    assert_eq!(stub.count("SELECT COUNT(*) FROM mfa_methods WHERE status = 'disabled'").await, 1);
    assert_eq!(stub.events("authenticator_disabled").await, 1);
    assert_eq!(stub.mails(MIA).await.last().unwrap().subject, "A sign-in method was disabled");
    stub.advance(60);
    device.verify(&waiting, &generator.code(&stub, 1)).send().await.refused("method_not_available");
    for days in [0, 1, 30] {
        stub.advance(days * A_DAY);
        let outcome = device.sign_in(MIA).send().await.ok(StatusCode::OK);
        assert_eq!(outcome, json!({"status": "locked", "retry_after": A_DAY}), "the password is not enough");
    }
}

#[tokio::test]
async fn a_good_code_begins_the_count_anew() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let device = stub.device();
    let generator = device.enrol_totp(&device.signed_in(MIA).await).await;
    wrong_code(&device, &generator).await;
    after_failures(&stub, "totp").await;
    wrong_code(&device, &generator).await;
    let login = device.waiting(MIA).await;
    device.verify(&login, &generator.code(&stub, 1)).send().await.ok(StatusCode::OK);
    assert_eq!(wrong_code(&device, &generator).await["attempts_left"], 4);
    assert_eq!(stub.events("authenticator_disabled").await, 0);
}

#[tokio::test]
async fn another_method_lets_in_and_another_generator_takes_the_place() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let device = stub.device();
    let session = device.signed_in(MIA).await;
    let generator = device.enrol_totp(&session).await;
    let phone = Phone::enrol(&device, &session).await;
    let waiting = device.waiting(MIA).await;
    wrong_code(&device, &generator).await;
    after_failures(&stub, "totp").await;
    wrong_code(&device, &generator).await;
    wrong_code(&device, &generator).await;
    device.verify(&waiting, &generator.code(&stub, 1)).send().await.refused("method_not_available");

    let login = device.waiting(MIA).await;
    let offered: Vec<_> = login.methods.iter().map(|offer| offer.method.as_str()).collect();
    assert_eq!(offered, ["push"]);
    let number = device.asked(&login).await;
    phone.answer(&phone.request().await, Word::Approve(&number)).send().await.ok(StatusCode::OK);
    let path = format!("/auth/logins/{}", login.login_id);
    let session: SignedIn = (&device.get(&path).send().await.ok(StatusCode::OK)).into();
    let other = device.enrol_totp(&session).await;
    assert_eq!(wrong_code(&device, &other).await["attempts_left"], 4, "nothing is held against it");
    let login = device.waiting(MIA).await;
    device.verify(&login, &generator.code(&stub, 1)).send().await.refused("wrong_code");
    stub.advance(60);
    device.verify(&login, &other.code(&stub, 1)).send().await.ok(StatusCode::OK);
}

#[tokio::test]
async fn a_hundred_wrong_passwords_in_a_row_lock_it_for_good() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let device = stub.device();
    guess(&device).await;
    after_failures(&stub, "password").await;
    guess(&device).await;
    assert_eq!(stub.events("authenticator_disabled").await, 0);
    guess(&device).await;
    assert_eq!(stub.events("authenticator_disabled").await, 1);
    assert_eq!(stub.mails(MIA).await.last().unwrap().subject, "A sign-in method was disabled");
    for days in [1, 30] {
        stub.advance(days * A_DAY);
        let outcome = device.sign_in(MIA).send().await.ok(StatusCode::OK);
        assert_eq!(outcome, json!({"status": "locked", "retry_after": A_DAY}));
    }
}

#[tokio::test]
async fn a_hundred_wrong_codes_in_a_row_drop_a_set_up() {
    let stub = Stub::start().await;
    stub.account(MIA).await;
    let device = stub.device();
    let session = device.signed_in(MIA).await;
    let set_up = async || {
        let setup = device.post("/mfa/totp/setup", json!({})).session(&session).send().await;
        let setup = setup.ok(StatusCode::CREATED);
        (setup["method_id"].clone(), Generator::new(setup["secret"].as_str().unwrap()))
    };
    let (id, generator) = set_up().await;
    let confirm = |id: &serde_json::Value, code: &str| {
        device.post("/mfa/totp/verify", json!({"method_id": id, "code": code})).session(&session).send()
    };
    confirm(&id, &generator.wrong(&stub)).await.refused("wrong_code");
    stub.sql("UPDATE mfa_attempts SET failures = 99 WHERE subject LIKE 'totp_setup:%'").await;
    confirm(&id, &generator.wrong(&stub)).await.refused("wrong_code");
    confirm(&id, &generator.code(&stub, 0)).await.refused("method_not_available");
    let (id, generator) = set_up().await;
    confirm(&id, &generator.code(&stub, 0)).await.ok(StatusCode::NO_CONTENT);
}
