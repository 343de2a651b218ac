//! The login as a machine: steps that are skipped, repeated, or made by somebody else.

use std::time::Duration;

use countersign_protocol::headers;
use countersign_tests::{
    Account, Realm, on_both_databases,
    raw::{Caller, knock},
};
use serde_json::{Value, json};

use super::code;

async fn somebody_elses_login_is_not_there(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let totp = account.totp().await;
    account.phone("Phone").await;
    let (caller, stranger) = (Caller::new(&realm), Caller::new(&realm));
    let login = caller.login_id(&account.person).await;
    let verify = code(&login, account.next_code(&totp).expose());
    let state = format!("/auth/logins/{login}");
    let tries = [
        stranger.get(&state),
        stranger.get(&format!("{state}/events")),
        stranger.post("/mfa/verify", &verify),
        stranger.post("/mfa/challenge", &json!({"login_id": login, "method": "push"})),
        stranger.post_empty(&format!("{state}/cancel")),
    ];
    for call in tries {
        assert_eq!(call.send().await.outcome(), "login_not_found");
    }
    let by_name = stranger.post("/mfa/verify", &verify).without_proof();
    assert_eq!(by_name.clone().send().await.outcome(), "unauthenticated", "its id proves nothing");
    let made_up = by_name.with_header(headers::LOGIN_TOKEN, &"A".repeat(43)).send().await;
    assert_eq!(made_up.outcome(), "login_not_found");
    assert_eq!(caller.post("/mfa/verify", &verify).send().await.outcome(), "authenticated");
}

async fn a_login_that_is_over_takes_no_step(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let totp = account.totp().await;
    let phone = account.phone("Phone").await;
    let caller = Caller::new(&realm);
    let push = |login: &str| json!({"login_id": login, "method": "push"});

    let finished = caller.login_id(&account.person).await;
    let verify = code(&finished, account.next_code(&totp).expose());
    assert_eq!(caller.post("/mfa/verify", &verify).send().await.outcome(), "authenticated");
    let cancelled = caller.login_id(&account.person).await;
    assert_eq!(caller.post_empty(&format!("/auth/logins/{cancelled}/cancel")).send().await.status, 204);
    let denied = caller.login_id(&account.person).await;
    assert_eq!(caller.post("/mfa/challenge", &push(&denied)).send().await.outcome(), "202");
    let reason = countersign_protocol::push::DenyReason::Mistake;
    phone.authenticator.deny(&phone.request().await, reason).await.unwrap();
    let expired = caller.login_id(&account.person).await;

    for (login, then) in [(&finished, "login_state"), (&cancelled, "login_state"), (&denied, "login_state")] {
        let verify = code(login, account.next_code(&totp).expose());
        assert_eq!(caller.post("/mfa/verify", &verify).send().await.outcome(), then);
        assert_eq!(caller.post("/mfa/challenge", &push(login)).send().await.outcome(), then);
    }
    let state = async |login: &str| caller.get(&format!("/auth/logins/{login}")).send().await;
    assert_eq!(state(&finished).await.outcome(), "login_state", "its tokens were handed out");
    assert_eq!(state(&cancelled).await.outcome(), "login_state");
    assert_eq!(state(&denied).await.outcome(), "denied");

    realm.advance(Duration::from_mins(10));
    let verify = code(&expired, account.code(&totp).expose());
    assert_eq!(caller.post("/mfa/verify", &verify).send().await.outcome(), "login_expired");
    assert_eq!(caller.post("/mfa/challenge", &push(&expired)).send().await.outcome(), "login_expired");
    assert_eq!(state(&expired).await.outcome(), "expired");
}

async fn a_pending_login_reads_and_changes_nothing(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    account.totp().await;
    let caller = Caller::new(&realm);
    let login = caller.login_id(&account.person).await;
    let state = caller.get(&format!("/auth/logins/{login}")).send().await;
    assert_eq!(state.outcome(), "mfa_required");
    assert!(state.body.get("tokens").is_none() && state.body.get("user").is_none(), "{state:?}");
    let calls = [
        caller.get("/user/profile"),
        caller.get("/mfa/methods"),
        caller.get("/mfa/push/devices"),
        caller.post("/mfa/totp/setup", &json!({})),
        caller.post_empty("/mfa/push/tickets"),
        caller.post_empty("/auth/logout"),
    ];
    for call in calls {
        assert_eq!(call.clone().send().await.outcome(), "unauthenticated");
    }
    assert_eq!(account.session.methods().await.unwrap().len(), 1);
}

async fn a_login_without_a_key_is_carried_by_its_token(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let totp = account.totp().await;
    let browser = Caller::new(&realm);
    let started = browser.login(&account.person).without_proof().send().await;
    let (login, token) = (started.text("login_id"), started.text("login_token"));
    let verify = code(&login, account.next_code(&totp).expose());
    let other = browser.login(&account.person).without_proof().send().await.text("login_token");
    let call = |token: &str| {
        browser.post("/mfa/verify", &verify).without_proof().with_header(headers::LOGIN_TOKEN, token)
    };
    assert_eq!(call(&other).send().await.outcome(), "login_not_found", "the token of another login");
    assert_eq!(
        browser.post("/mfa/verify", &verify).send().await.outcome(),
        "login_not_found",
        "a key it never had"
    );
    let done = call(&token).send().await;
    assert_eq!(done.text("tokens/token_type"), "Bearer");
    let profile = browser.get("/user/profile").with_bearer(&done.text("tokens/access_token")).send().await;
    assert_eq!(profile.status, 200);
}

async fn ill_formed_steps_change_nothing(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let totp = account.totp().await;
    let caller = Caller::new(&realm);
    let login = caller.login_id(&account.person).await;
    let verify = code(&login, account.next_code(&totp).expose());
    let with = |member: &str, value: Value| {
        let mut body = verify.clone();
        body[member] = value;
        caller.post("/mfa/verify", &body)
    };
    let field = async |call: countersign_tests::raw::Call| {
        let answer = call.send().await;
        assert_eq!((answer.status, answer.outcome()), (400, "invalid_request".into()), "{answer:?}");
        answer.text("fields/0/field")
    };
    assert_eq!(field(with("code", "12 34 5x".into())).await, "code");
    assert_eq!(field(with("code", 123_456.into())).await, "code");
    assert_eq!(field(with("login_id", "42".into())).await, "login_id");
    assert_eq!(field(with("method", "sms".into())).await, "method");
    assert_eq!(field(with("trust_device", "yes".into())).await, "trust_device");
    assert_eq!(field(caller.post("/mfa/verify", &json!({}))).await, ".");
    assert_eq!(with("method", "push".into()).send().await.outcome(), "method_not_available");
    assert_eq!(caller.post_empty("/mfa/verify").send().await.outcome(), "unsupported_media_type");
    let twice = caller.post("/mfa/verify", &[&verify, &verify]).send().await;
    assert_eq!(twice.outcome(), "invalid_request");
    let large = with("code", "1".repeat(64 * 1024).into()).send().await;
    assert_eq!((large.status, large.outcome()), (413, "payload_too_large".into()));
    for method in ["GET", "PUT", "PATCH", "DELETE"] {
        assert_eq!(knock(&realm, method, "/mfa/verify").await.0, 405, "{method}");
    }
    let refused = knock(&realm, "POST", "/mfa/verify").await;
    assert_eq!(refused.0, 401);
    assert_eq!(caller.post("/mfa/verify", &verify).send().await.outcome(), "authenticated");
}

/// The `Host` header decides nothing: links and proofs keep to the public address.
async fn the_host_header_is_not_believed(realm: Realm) {
    let person = countersign_tests::Person::named("Mia");
    let caller = Caller::new(&realm);
    let sign_up = serde_json::to_value(person.sign_up()).unwrap();
    let call = caller.post("/signup", &sign_up).with_header("host", "evil.example");
    let call = call.with_header("x-forwarded-host", "evil.example");
    assert_eq!(call.send().await.status, 202);
    let mails = realm.mails(&person.email).await;
    let link = &mails[0].links[0];
    assert!(link.starts_with(realm.url().as_str()), "{link}");
}

on_both_databases!(
    somebody_elses_login_is_not_there,
    a_login_that_is_over_takes_no_step,
    a_pending_login_reads_and_changes_nothing,
    a_login_without_a_key_is_carried_by_its_token,
    ill_formed_steps_change_nothing,
    the_host_header_is_not_believed,
);
