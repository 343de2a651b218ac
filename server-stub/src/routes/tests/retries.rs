//! A request whose answer was lost is sent again under its key, whatever happened meanwhile.

use axum::http::StatusCode;

use super::{Device, Stub, call::Call, sign_in::guess, sign_up};
use crate::store::Database;

const MIA: &str = "mia@example.com";
const KEY: &str = "0123456789abcdef";

on_each_database!(
    the_wrong_password_that_brings_a_pause_is_answered_again,
    a_login_is_answered_again_though_a_stranger_brought_a_pause,
    the_last_sign_up_within_the_limit_is_answered_again
);

fn wrong<'a>(device: &'a Device<'_>) -> Call<'a> {
    device.wrong_password(MIA).header("x-correlation-id", "the-same-for-all")
}

async fn the_wrong_password_that_brings_a_pause_is_answered_again(database: Database) {
    let stub = Stub::on(database).await;
    stub.account(MIA).await;
    let device = stub.device();
    guess(&device).await;
    guess(&device).await;
    let third = wrong(&device).keyed(KEY).send().await;
    let again = wrong(&device).keyed(KEY).send().await;
    assert_eq!((third.status, &third.text), (again.status, &again.text));
    third.refused("invalid_credentials");
    assert_eq!(stub.events("password_refused").await, 3, "the retry is no attempt");

    wrong(&device).send().await.refused("too_many_requests");
    wrong(&device).keyed("a-key-of-its-own").send().await.refused("too_many_requests");
    wrong(&stub.device()).keyed(KEY).send().await.refused("too_many_requests");
    device.sign_in(MIA).keyed(KEY).send().await.refused("idempotency_conflict");
}

async fn a_login_is_answered_again_though_a_stranger_brought_a_pause(database: Database) {
    let stub = Stub::on(database).await;
    stub.account(MIA).await;
    let (device, stranger) = (stub.device(), stub.browser());
    let first = device.sign_in(MIA).keyed(KEY).send().await.ok(StatusCode::OK);
    for _ in 0..3 {
        guess(&stranger).await;
    }
    device.sign_in(MIA).send().await.refused("too_many_requests");
    assert_eq!(device.sign_in(MIA).keyed(KEY).send().await.ok(StatusCode::OK), first);
    assert_eq!(stub.events("login_succeeded").await, 1);
}

async fn the_last_sign_up_within_the_limit_is_answered_again(database: Database) {
    let stub = Stub::on(database).await;
    let device = stub.browser();
    let call = || device.post("/signup", sign_up(MIA));
    for _ in 0..4 {
        call().send().await.ok(StatusCode::ACCEPTED);
    }
    let last = call().keyed(KEY).send().await.ok(StatusCode::ACCEPTED);
    call().send().await.refused("too_many_requests");
    assert_eq!(call().keyed(KEY).send().await.ok(StatusCode::ACCEPTED), last);
    assert_eq!(stub.mails(MIA).await.len(), 5);
}
