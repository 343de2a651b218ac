//! Trusted devices.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Device, Generator, SignedIn, Stub, phone::Phone};

const MIA: &str = "mia@example.com";

/// A login with a code that asks for trust.
async fn trusted(device: &Device<'_>, generator: &Generator) -> SignedIn {
    let login = device.waiting(MIA).await;
    let code = generator.code(device.stub, 0);
    let body = json!({"login_id": login.login_id, "method": "totp", "code": code, "trust_device": true});
    let body = device.post("/mfa/verify", body).carrying(&login).send().await.ok(StatusCode::OK);
    (&body).into()
}

async fn with_token(device: &Device<'_>, token: &str) -> Value {
    device.sign_in(MIA).header("x-trust-token", token).send().await.ok(StatusCode::OK)
}

async fn prepare(stub: &Stub) -> Generator {
    stub.account(MIA).await;
    let device = stub.device();
    let generator = device.enrol_totp(&device.signed_in(MIA).await).await;
    stub.advance(30);
    generator
}

#[tokio::test]
async fn a_trusted_device_skips_the_code_and_its_token_rotates() {
    let stub = Stub::start().await;
    let generator = prepare(&stub).await;
    let device = stub.device();
    let first = trusted(&device, &generator).await.trust.unwrap();
    let body = with_token(&device, &first).await;
    assert_eq!(body["status"], "authenticated");
    assert_eq!(body["amr"], json!(["pwd", "trusted_device"]));
    assert_eq!(body["acr"], "urn:countersign:acr:1", "one factor was proven now");
    let second = body["trust_token"]["token"].as_str().unwrap().to_owned();
    assert_ne!(first, second);
    stub.advance(3600);
    assert_eq!(with_token(&device, &first).await["trust_token"]["token"], json!(second), "a lost answer");

    let body = with_token(&device, &second).await;
    assert_eq!(body["status"], "authenticated");
    assert_eq!(with_token(&device, &first).await["status"], "mfa_required", "retired");
    let third = body["trust_token"]["token"].as_str().unwrap();
    assert_eq!(with_token(&device, third).await["status"], "mfa_required", "the family has ended");
    assert_eq!(stub.events("trust_token_reused").await, 1);
    assert_eq!(
        stub.mails(MIA).await.last().unwrap().subject,
        "The trust in a device was ended for your safety"
    );
}

#[tokio::test]
async fn a_trusted_device_changes_no_factors() {
    let stub = Stub::start().await;
    let generator = prepare(&stub).await;
    let device = stub.device();
    let full = trusted(&device, &generator).await;
    let phone = Phone::enrol(&device, &full).await;
    let session = SignedIn::from(&with_token(&device, full.trust.as_ref().unwrap()).await);
    let refused = async || {
        let set_up = device.post("/mfa/totp/setup", json!({})).session(&session);
        let confirm = json!({"method_id": "01J00000000000000000000000", "code": "123456"});
        let confirm = device.post("/mfa/totp/verify", confirm).session(&session);
        let ticket = device.post("/mfa/push/tickets", json!({})).session(&session);
        let remove = device.call(Method::DELETE, &format!("/mfa/push/devices/{}", phone.id), None);
        for call in [set_up, confirm, ticket, remove.session(&session)] {
            let problem = call.send().await.refused("forbidden");
            assert!(problem["detail"].as_str().unwrap().ends_with("Sign in again with the second factor."));
        }
    };
    refused().await;
    device.get("/mfa/methods").session(&session).send().await.ok(StatusCode::OK);
    // Neither by making the factors unusable first.
    stub.sql("UPDATE mfa_methods SET status = 'disabled'").await;
    refused().await;
}

#[tokio::test]
async fn a_copied_token_is_useless_and_does_no_harm() {
    let stub = Stub::start().await;
    let generator = prepare(&stub).await;
    let device = stub.device();
    let token = trusted(&device, &generator).await.trust.unwrap();
    assert_eq!(with_token(&stub.device(), &token).await["status"], "mfa_required");
    assert_eq!(with_token(&stub.browser(), &token).await["status"], "mfa_required");
    assert_eq!(with_token(&device, "not a token").await["status"], "mfa_required");
    assert_eq!(with_token(&device, &"A".repeat(43)).await["status"], "mfa_required");

    stub.account("eve@example.com").await;
    let eve = device.enrol_totp(&device.signed_in("eve@example.com").await).await;
    drop(eve);
    let theirs = device.sign_in("eve@example.com").header("x-trust-token", &token).send().await;
    assert_eq!(theirs.ok(StatusCode::OK)["status"], "mfa_required", "another user's");
    assert_eq!(with_token(&device, &token).await["status"], "authenticated");
}

#[tokio::test]
async fn trust_lasts_thirty_days_however_often_it_is_used() {
    let stub = Stub::start().await;
    let generator = prepare(&stub).await;
    let device = stub.device();
    let mut token = trusted(&device, &generator).await.trust.unwrap();
    for _ in 0..29 {
        stub.advance(24 * 3600);
        token = with_token(&device, &token).await["trust_token"]["token"].as_str().unwrap().to_owned();
    }
    stub.advance(24 * 3600);
    assert_eq!(with_token(&device, &token).await["status"], "mfa_required");
}

#[tokio::test]
async fn without_a_key_a_rotated_token_is_good_for_thirty_seconds() {
    let stub = Stub::start().await;
    let generator = prepare(&stub).await;
    let browser = stub.browser();
    let token = trusted(&browser, &generator).await.trust.unwrap();
    let successor = with_token(&browser, &token).await["trust_token"]["token"].clone();
    stub.advance(29);
    assert_eq!(with_token(&browser, &token).await["trust_token"]["token"], successor);
    stub.advance(1);
    assert_eq!(with_token(&browser, &token).await["status"], "mfa_required");
    let successor = successor.as_str().unwrap();
    assert_eq!(with_token(&browser, successor).await["status"], "mfa_required", "the family has ended");
}
