//! How often a user is asked.

use std::time::Duration;

use countersign_protocol::{ProblemCode, push::DenyReason};
use countersign_tests::{Account, Device, Realm, on_both_databases, path::assert_refused};

async fn five_requests_in_ten_minutes(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let phone = account.phone("Phone").await;
    for _ in 0..5 {
        account.ask().await;
        phone.authenticator.deny(&phone.request().await, DenyReason::Mistake).await.unwrap();
        realm.advance(Duration::from_mins(1));
    }
    let step = account.login_on(&Device::new("Library computer", &realm)).await;
    let sixth = step.request_push(None, false).await.map_err(|failure| failure.error);
    let retry_after = match &sixth {
        Err(countersign::Error::Refused(refusal)) => refusal.retry_after,
        _ => None,
    };
    assert_refused(sixth, ProblemCode::TooManyRequests);
    assert!(phone.is_idle().await);
    realm.advance(Duration::from_secs(retry_after.expect("told when to come back")));
    account.ask().await;
    phone.request().await;
}

async fn another_account_is_not_touched(realm: Realm) {
    let (mia, noah) = (Account::open(&realm, "Mia").await, Account::open(&realm, "Noah").await);
    let (mias, noahs) = (mia.phone("Phone").await, noah.phone("Phone").await);
    for _ in 0..5 {
        mia.ask().await;
    }
    noah.ask().await;
    noahs.request().await;
    let waiting = mias.authenticator.pending(mias.enrolment.id).await.unwrap();
    assert_eq!(waiting.requests.len(), 5);
    assert!(waiting.requests.iter().all(|request| request.context().account == mia.person.email.as_str()));
}

on_both_databases!(five_requests_in_ten_minutes, another_account_is_not_touched);
