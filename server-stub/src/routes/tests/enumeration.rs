//! What a request costs tells nobody whether an address has an account: the same statements, the same mails.

use axum::http::StatusCode;

use super::{Stub, sign_up};
use crate::store::STATEMENTS;

const KNOWN: &str = "mia@example.com";
const UNKNOWN: &str = "nobody@example.com";

/// The number of statements of a request. The writer runs on the thread of the test.
async fn statements(request: impl Future<Output = ()>) -> usize {
    let before = STATEMENTS.get();
    request.await;
    STATEMENTS.get() - before
}

#[tokio::test]
async fn a_wrong_password_costs_the_same_with_and_without_an_account() {
    let stub = Stub::start().await;
    stub.account(KNOWN).await;
    let device = stub.browser();
    let wrong = async |email: &str| {
        device.wrong_password(email).send().await.refused("invalid_credentials");
    };
    // Begins the operator's audit chain.
    wrong("first@example.com").await;
    let lock_after = stub.world.policy.attempts.lock_after;
    for attempt in 1..=lock_after {
        stub.advance(61);
        let (known, unknown) = (statements(wrong(KNOWN)).await, statements(wrong(UNKNOWN)).await);
        assert_eq!(known, unknown, "attempt {attempt} of {lock_after}");
        assert!(known > 3, "they are counted");
    }
    assert_eq!(stub.events("authenticator_locked").await, 2);
    assert_eq!(stub.mails(KNOWN).await.last().unwrap().subject, "Sign-in was locked for a while");
    stub.sql("UPDATE mfa_attempts SET failures = 99 WHERE scope = 'authenticator'").await;
    stub.advance(61);
    assert_eq!(statements(wrong(KNOWN)).await, statements(wrong(UNKNOWN)).await, "the hundredth");
    assert_eq!(stub.events("authenticator_disabled").await, 2);
    assert!(stub.mails(UNKNOWN).await.is_empty(), "a stranger gets no mail");
}

#[tokio::test]
async fn a_sign_up_costs_the_same_with_and_without_an_account() {
    let stub = Stub::start().await;
    stub.account(KNOWN).await;
    let device = stub.browser();
    let send = async |email: &str| {
        device.post("/signup", sign_up(email)).send().await.ok(StatusCode::ACCEPTED);
    };
    let mails = stub.mails(KNOWN).await.len();
    let (known, unknown) = (statements(send(KNOWN)).await, statements(send(UNKNOWN)).await);
    assert_eq!(known, unknown);
    assert_eq!(stub.mails(KNOWN).await.len() - mails, 1);
    assert_eq!(stub.mails(UNKNOWN).await.len(), 1);
}
