//! Answers that belong elsewhere, and none at all. Malformed ones are the SDK's own tests.

use std::collections::HashMap;

use countersign::{Error, client::Client};
use countersign_protocol::push::{DenyReason, DeviceKind};
use countersign_tests::{Account, Device, Person, Phone, Realm, Stage, networks::Proxy, on_both_databases};
use serde_json::Value;

/// Gives the answer of the request before to each request whose path begins so.
fn late_by_one(realm: &Realm, path: &'static str) -> std::sync::Arc<Proxy> {
    let mut before = HashMap::new();
    let base = format!("{}{path}", realm.url());
    Proxy::changing(realm.http(), move |request, body: Value| {
        let is_problem = body.get("code").is_some();
        if !request.url.starts_with(&base) || is_problem {
            return body;
        }
        before.insert(path, body.clone()).unwrap_or(body)
    })
}

fn assert_unexpected<T: std::fmt::Debug>(answer: Result<T, Error>) {
    match answer {
        Err(Error::UnexpectedAnswer { .. } | Error::NotAuthentic { .. }) => {}
        other => panic!("believed, or refused for another reason: {other:?}"),
    }
}

async fn the_outcome_of_another_login(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let phone = account.phone("Phone").await;
    let device = Device::behind(late_by_one(&realm, "/auth/logins/"), "Library computer", &realm);
    let ask = async || {
        let step = account.login_on(&device).await;
        countersign_tests::pending(step.request_push(None, false).await.unwrap())
    };
    let first = ask().await;
    phone.authenticator.deny(&phone.request().await, DenyReason::Mistake).await.unwrap();
    first.wait().await.unwrap();
    let second = ask().await;
    phone.authenticator.approve(&phone.request().await, second.number().clone()).await.unwrap();
    let failure = second.wait().await.unwrap_err();
    assert_unexpected::<()>(Err(failure.error));
    assert_eq!(device.stored("session."), None);
}

async fn the_tokens_of_another_session(realm: Realm) {
    let laptop = Device::behind(late_by_one(&realm, "/auth/refresh"), "Laptop", &realm);
    let mia = Account::open_on(laptop.clone(), &realm, "Mia").await;
    let noah = Account::open_on(laptop.clone(), &realm, "Noah").await;
    noah.session.refresh().await.unwrap();
    let before = laptop.storage().entries();
    assert_unexpected(mia.session.refresh().await);
    assert_eq!(laptop.storage().entries(), before, "nothing was stored");
}

async fn the_enrolment_of_another_phone(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let network = late_by_one(&realm, "/mfa/push/register");
    let first = Device::behind(network.clone(), "Phone", &realm);
    Phone::enrol(first, &account.enrolment_link().await).await;
    let second = Device::behind(network, "Tablet", &realm);
    let link = account.enrolment_link().await;
    assert_unexpected(second.authenticator().enroll(&link, second.name().clone(), DeviceKind::Mobile).await);
    assert!(second.authenticator().enrolments().await.unwrap().is_empty());
    assert_eq!(second.stored("key."), None, "its keys are gone");
}

async fn the_confirmation_of_another_answer(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let device = Device::behind(late_by_one(&realm, "/mfa/push/respond"), "Phone", &realm);
    let phone = Phone::enrol(device, &account.enrolment_link().await).await;
    account.ask().await;
    phone.authenticator.deny(&phone.request().await, DenyReason::Mistake).await.unwrap();
    account.ask().await;
    assert_unexpected(phone.authenticator.deny(&phone.request().await, DenyReason::Mistake).await);
}

/// A server that has ended.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_server() {
    let stage = Stage::in_memory().await;
    let realm = stage.realm();
    let account = Account::open(&realm, "Mia").await;
    let (phone, link) = (account.phone("Phone").await, account.enrolment_link().await);
    let waiting = account.ask().await;
    let request = phone.request().await;
    stage.stop().await;

    let device = Device::new("Library computer", &realm);
    let client: Client = device.client(realm.url());
    let Person { email, password, .. } = account.person.clone();
    assert_offline(client.login(email, password).await);
    assert_offline(client.sign_up(&Person::named("Noah").sign_up()).await);
    let enrolling = device.authenticator().enroll(&link, device.name().clone(), DeviceKind::Mobile).await;
    assert_offline(enrolling);
    assert_eq!(device.stored("push."), None, "nothing was begun");

    let before = account.laptop.storage().entries();
    assert_offline(account.session.refresh().await);
    assert_offline(account.session.profile().await);
    assert_offline(account.session.logout().await);
    assert_eq!(account.laptop.storage().entries(), before, "the session is kept");
    assert_offline(phone.authenticator.pending(phone.enrolment.id).await);
    assert_offline(phone.authenticator.approve(&request, waiting.number().clone()).await);
}

fn assert_offline<T: std::fmt::Debug>(answer: Result<T, Error>) {
    match answer {
        Err(error @ Error::Offline { .. }) => assert!(error.retryable()),
        other => panic!("expected to be offline, got {other:?}"),
    }
}

on_both_databases!(
    the_outcome_of_another_login,
    the_tokens_of_another_session,
    the_enrolment_of_another_phone,
    the_confirmation_of_another_answer,
);
