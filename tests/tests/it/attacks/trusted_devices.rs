//! Trust tokens that are copied, old, or somebody else's.

use std::time::Duration;

use countersign_protocol::headers;
use countersign_tests::{
    Account, Realm, on_both_databases,
    raw::{Call, Caller},
};

use super::code;

/// An account with a trusted device, the device, and its token.
async fn trusted(realm: &Realm, name: &str) -> (Account, Caller, String) {
    let account = Account::open(realm, name).await;
    let totp = account.totp().await;
    let caller = Caller::new(realm);
    let mut verify = code(&caller.login_id(&account.person).await, account.next_code(&totp).expose());
    verify["trust_device"] = true.into();
    let token = caller.post("/mfa/verify", &verify).send().await.text("trust_token/token");
    (account, caller, token)
}

fn login(caller: &Caller, account: &Account, token: &str) -> Call {
    caller.login(&account.person).with_header(headers::TRUST_TOKEN, token)
}

async fn a_copied_token_is_worth_nothing(realm: Realm) {
    let (account, owner, token) = trusted(&realm, "Mia").await;
    let thief = Caller::new(&realm);
    assert_eq!(login(&thief, &account, &token).send().await.outcome(), "mfa_required", "another key");
    let bare = login(&thief, &account, &token).without_proof().send().await;
    assert_eq!(bare.outcome(), "mfa_required", "no key");
    assert_eq!(
        login(&owner, &account, &token).send().await.outcome(),
        "authenticated",
        "the owner's still is"
    );
}

async fn a_token_serves_its_user_alone(realm: Realm) {
    let (mia, owner, token) = trusted(&realm, "Mia").await;
    let noah = Account::open(&realm, "Noah").await;
    noah.totp().await;
    assert_eq!(login(&owner, &noah, &token).send().await.outcome(), "mfa_required");
    for no_token in ["A".repeat(43), "short".to_owned(), "ü".to_owned(), format!("{token}A")] {
        assert_eq!(login(&owner, &mia, &no_token).send().await.outcome(), "mfa_required", "{no_token}");
    }
    assert_eq!(login(&owner, &mia, &token).send().await.outcome(), "authenticated");
}

async fn trust_ends_after_thirty_days(realm: Realm) {
    let (account, owner, mut token) = trusted(&realm, "Mia").await;
    for _ in 0..2 {
        realm.advance(Duration::from_hours(24 * 14));
        let answer = login(&owner, &account, &token).send().await;
        assert_eq!(answer.outcome(), "authenticated");
        token = answer.text("trust_token/token");
    }
    realm.advance(Duration::from_hours(24 * 2));
    assert_eq!(
        login(&owner, &account, &token).send().await.outcome(),
        "mfa_required",
        "rotation prolongs nothing"
    );
}

async fn a_retired_token_ends_its_family(realm: Realm) {
    let (account, owner, first) = trusted(&realm, "Mia").await;
    let second = login(&owner, &account, &first).send().await.text("trust_token/token");
    let repeated = login(&owner, &account, &first).send().await.text("trust_token/token");
    assert_eq!(second, repeated, "an answer may be lost");
    let third = login(&owner, &account, &second).send().await.text("trust_token/token");

    assert_eq!(login(&owner, &account, &first).send().await.outcome(), "mfa_required");
    assert_eq!(login(&owner, &account, &third).send().await.outcome(), "mfa_required");
    let events = realm.events(&account.person.email).await;
    assert_eq!(events.iter().filter(|event| *event == "trust_token_reused").count(), 1);
    let alerts = realm.subjects(&account.person.email).await;
    assert!(
        alerts.iter().any(|subject| subject == "The trust in a device was ended for your safety"),
        "{alerts:?}"
    );
}

/// Trust replaces the second factor, never the password.
async fn a_token_does_not_replace_the_password(realm: Realm) {
    let (account, owner, token) = trusted(&realm, "Mia").await;
    let mut wrong = account;
    wrong.person.password = "four lanterns by the harbour".parse().unwrap();
    let refused = login(&owner, &wrong, &token).send().await;
    assert_eq!(refused.outcome(), "invalid_credentials");
    assert!(refused.body.get("trust_token").is_none());
}

on_both_databases!(
    a_copied_token_is_worth_nothing,
    a_token_serves_its_user_alone,
    trust_ends_after_thirty_days,
    a_retired_token_ends_its_family,
    a_token_does_not_replace_the_password,
);
