//! Idempotency keys that are used for something else, or by somebody else.

use std::time::Duration;

use countersign_tests::{Account, Realm, on_both_databases, raw::Caller};
use serde_json::json;

use super::code;

const KEY: &str = "one-key-for-all-of-it";

async fn a_key_belongs_to_one_request(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let totp = account.totp().await;
    let caller = Caller::new(&realm);
    let login = caller.login_id(&account.person).await;
    let wrong = code(&login, account.wrong_code(&totp).expose());
    let right = code(&login, account.next_code(&totp).expose());
    let verify = |body| caller.post("/mfa/verify", body).under(KEY).send();
    assert_eq!(verify(&wrong).await.body["attempts_left"], 4);
    assert_eq!(verify(&wrong).await.body["attempts_left"], 4, "told again, not counted again");
    let other = verify(&right).await;
    assert_eq!((other.status, other.outcome()), (409, "idempotency_conflict".into()));
    let elsewhere = caller.post("/mfa/challenge", &wrong).under(KEY).send().await;
    assert_eq!(elsewhere.outcome(), "idempotency_conflict", "nor at another address");
    let done = caller.post("/mfa/verify", &right).under("another-key-for-it").send().await;
    assert_eq!(done.outcome(), "authenticated");
}

/// Whoever learns the key and the body of a request does not get its answer.
async fn a_key_is_its_callers_own(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let totp = account.totp().await;
    let (caller, stranger) = (Caller::new(&realm), Caller::new(&realm));
    let login = caller.login_id(&account.person).await;
    let verify = code(&login, account.next_code(&totp).expose());
    let done = caller.post("/mfa/verify", &verify).under(KEY).send().await;
    assert_eq!(done.outcome(), "authenticated");
    let stolen = stranger.post("/mfa/verify", &verify).under(KEY).send().await;
    assert_eq!(stolen.outcome(), "login_not_found");

    let refresh = json!({"refresh_token": done.text("tokens/refresh_token")});
    let first = caller.post("/auth/refresh", &refresh).under(KEY.trim_start_matches("one-")).send().await;
    assert_eq!(first.status, 200);
    for thief in
        [stranger.post("/auth/refresh", &refresh), caller.post("/auth/refresh", &refresh).without_proof()]
    {
        let stolen = thief.under(KEY.trim_start_matches("one-")).send().await;
        assert_eq!(stolen.outcome(), "invalid_token");
    }
}

async fn an_answer_is_kept_for_ten_minutes(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let caller = Caller::new(&realm);
    let login = |key| caller.login(&account.person).under(key).send();
    let first = login(KEY).await.text("tokens/session_id");
    realm.advance(Duration::from_secs(599));
    assert_eq!(login(KEY).await.text("tokens/session_id"), first);
    realm.advance(Duration::from_secs(1));
    assert_ne!(login(KEY).await.text("tokens/session_id"), first);
}

async fn what_is_no_key_is_refused(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let caller = Caller::new(&realm);
    for no_key in ["", "short", "has spaces in it, many", "ü-is-not-in-the-alphabet", &"x".repeat(65)] {
        let refused = caller.login(&account.person).under(no_key).send().await;
        assert_eq!((refused.status, refused.outcome()), (400, "invalid_request".into()), "{no_key}");
    }
}

on_both_databases!(
    a_key_belongs_to_one_request,
    a_key_is_its_callers_own,
    an_answer_is_kept_for_ten_minutes,
    what_is_no_key_is_refused,
);
