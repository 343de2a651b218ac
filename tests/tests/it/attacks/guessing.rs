//! Guessing codes and passwords.

use std::time::Duration;

use countersign_protocol::fields::Email;
use countersign_tests::{
    Account, Person, Realm, on_both_databases,
    raw::{Answer, Caller},
};
use serde_json::json;

use super::code;

const LOCKED: &str = "Sign-in was locked for a while";
/// Seconds to wait before each of five failures in a row. The fifth locks.
const PAUSES: [u64; 5] = [0, 0, 0, 2, 4];

/// Gives each of five guesses in a row its time to come.
fn paces(realm: &Realm) -> impl Iterator<Item = usize> {
    (0..).zip(PAUSES).map(|(guess, pause)| {
        realm.advance(Duration::from_secs(pause));
        guess
    })
}

fn with_password(person: &Person, password: &str) -> Person {
    Person { password: password.parse().unwrap(), ..person.clone() }
}

/// Tries a code in a login of its own.
async fn guess(caller: &Caller, account: &Account, guess: &str) -> Answer {
    let login = caller.login_id(&account.person).await;
    caller.post("/mfa/verify", &code(&login, guess)).send().await
}

async fn five_wrong_codes_lock_for_a_quarter_of_an_hour(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let totp = account.totp().await;
    let caller = Caller::new(&realm);
    let login = caller.login_id(&account.person).await;
    let wrong = code(&login, account.wrong_code(&totp).expose());
    for guess in paces(&realm) {
        let refused = caller.post("/mfa/verify", &wrong).send().await;
        let left = (4 - guess).into();
        assert_eq!((refused.outcome(), &refused.body["attempts_left"]), ("wrong_code".into(), &left));
    }
    assert!(realm.subjects(&account.person.email).await.iter().any(|subject| subject == LOCKED));

    realm.advance(Duration::from_mins(1));
    let right = code(&login, account.next_code(&totp).expose());
    let locked = caller.post("/mfa/verify", &right).send().await;
    assert_eq!((locked.status, locked.outcome()), (423, "account_locked".into()));
    let rest = locked.body["retry_after"].as_u64().unwrap();
    assert_eq!(locked.header("retry-after"), Some(rest.to_string().as_str()));
    assert_eq!(rest, 15 * 60 - 90);

    let told = caller.login(&account.person).send().await;
    assert_eq!(told.outcome(), "locked", "who has the right password is told");
    realm.advance(Duration::from_secs(rest));
    assert_eq!(guess(&caller, &account, account.next_code(&totp).expose()).await.outcome(), "authenticated");
}

/// So does the pause before it. The second lock without a good code between them lasts twice as long.
async fn the_lock_grows(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let totp = account.totp().await;
    let caller = Caller::new(&realm);
    for minutes in [15, 30] {
        let mut pauses = Vec::new();
        for _ in paces(&realm) {
            let refused = guess(&caller, &account, account.wrong_code(&totp).expose()).await;
            assert_eq!(refused.outcome(), "wrong_code", "{refused:?}");
            pauses.push(refused.body["retry_after"].as_u64().unwrap_or_default());
        }
        assert_eq!(pauses, [0, 0, 2, 4, minutes * 60], "each told with the failure that brings it");
        realm.advance(Duration::from_mins(minutes));
    }
}

async fn a_new_login_does_not_refill_the_budget(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let totp = account.totp().await;
    let caller = Caller::new(&realm);
    let mut paces = paces(&realm);
    for tried in paces.by_ref().take(4) {
        let refused = guess(&caller, &account, account.wrong_code(&totp).expose()).await;
        assert_eq!(refused.body["attempts_left"], 4 - tried);
    }
    // Neither by another device, nor by asking for a push.
    let other = Caller::new(&realm);
    account.phone("Phone").await;
    account.ask().await;
    let early = guess(&other, &account, account.wrong_code(&totp).expose()).await;
    assert_eq!(early.outcome(), "too_many_requests", "the pause is as long as it was");
    paces.next();
    let refused = guess(&other, &account, account.wrong_code(&totp).expose()).await;
    assert_eq!(refused.body["attempts_left"], 0);
}

async fn an_address_that_the_caller_claims_is_not_believed(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let wrong = with_password(&account.person, "four lanterns by the harbour");
    let caller = Caller::new(&realm);
    let mut outcomes = Vec::new();
    for last in paces(&realm).chain(5..7) {
        let address = format!("203.0.113.{last}");
        let call = caller.login(&wrong).with_header("x-forwarded-for", &address);
        let call =
            call.with_header("forwarded", &format!("for={address}")).with_header("x-real-ip", &address);
        outcomes.push(call.send().await.outcome());
    }
    assert_eq!(outcomes[..5], ["invalid_credentials"; 5]);
    assert_eq!(outcomes[5..], ["too_many_requests"; 2]);
    let addresses =
        realm.column("SELECT DISTINCT address FROM mfa_audit_log WHERE address IS NOT NULL").await;
    assert_eq!(addresses, ["127.0.0.1"]);
}

async fn another_spelling_of_the_address_is_the_same_account(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let caller = Caller::new(&realm);
    let spellings =
        ["mia@example.com", "Mia@Example.com", "MIA@EXAMPLE.COM", "mIA@example.com", "miA@example.COM"];
    for tried in paces(&realm) {
        let email = spellings[tried];
        let email: Email = email.parse().unwrap();
        let wrong = Person { email, ..with_password(&account.person, "four lanterns by the harbour") };
        assert_eq!(caller.login(&wrong).send().await.outcome(), "invalid_credentials");
    }
    assert_eq!(caller.login(&account.person).send().await.outcome(), "too_many_requests");
}

/// Before the right password a locked account looks like any other.
async fn a_lock_shows_itself_to_the_right_password_alone(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let wrong = with_password(&account.person, "four lanterns by the harbour");
    let caller = Caller::new(&realm);
    let mut before = Vec::new();
    for _ in paces(&realm) {
        before.push(caller.login(&wrong).send().await);
    }
    realm.advance(Duration::from_mins(1));
    let during = caller.login(&wrong).send().await;
    let without_id = |answer: &Answer| {
        let mut body = answer.body.clone();
        body.as_object_mut().unwrap().remove("correlation_id");
        (answer.status, body)
    };
    assert!(before.iter().all(|answer| without_id(answer) == without_id(&during)), "{during:?}");
    let right = caller.login(&account.person).send().await;
    assert_eq!((right.status, right.outcome()), (200, "locked".into()));
    assert!(right.body.get("tokens").is_none());
    realm.advance(Duration::from_mins(15));
    assert_eq!(caller.login(&account.person).send().await.outcome(), "authenticated");
}

async fn a_code_is_good_once_and_in_its_time(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let totp = account.totp().await;
    let caller = Caller::new(&realm);
    let step = Duration::from_secs(totp.period().as_seconds());
    let at = |time| totp.code_at(time).expose().to_owned();

    // The code that confirmed the generator, in the same step.
    let confirmed = at(realm.now());
    assert_eq!(guess(&caller, &account, &confirmed).await.outcome(), "wrong_code");

    let now = {
        realm.advance(step * 4);
        realm.now()
    };
    assert_eq!(guess(&caller, &account, &at(now.minus(step * 2))).await.outcome(), "wrong_code", "too old");
    assert_eq!(guess(&caller, &account, &at(now.plus(step * 2))).await.outcome(), "wrong_code", "too early");
    realm.advance(Duration::from_secs(2));
    assert_eq!(guess(&caller, &account, &at(now)).await.outcome(), "authenticated");
    assert_eq!(guess(&caller, &account, &at(now)).await.outcome(), "wrong_code", "used");
    assert_eq!(
        guess(&caller, &account, &at(now.minus(step))).await.outcome(),
        "wrong_code",
        "older than a used one"
    );
    assert_eq!(
        guess(&caller, &account, &at(now.plus(step))).await.outcome(),
        "authenticated",
        "a fast clock"
    );
}

async fn the_code_of_somebody_else_is_wrong(realm: Realm) {
    let (mia, noah) = (Account::open(&realm, "Mia").await, Account::open(&realm, "Noah").await);
    let (_, noahs) = (mia.totp().await, noah.totp().await);
    let caller = Caller::new(&realm);
    assert_eq!(guess(&caller, &mia, noah.next_code(&noahs).expose()).await.outcome(), "wrong_code");
    let login = caller.login_id(&noah.person).await;
    let verify = code(&login, noah.code(&noahs).expose());
    assert_eq!(caller.post("/mfa/verify", &verify).send().await.outcome(), "authenticated");
}

/// Guessing at a set-up locks set-ups, and not the owner out.
async fn a_set_up_is_not_there_to_guess_at(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let totp = account.totp().await;
    let caller = Caller::new(&realm);
    let login = caller.login_id(&account.person).await;
    let verify = code(&login, account.next_code(&totp).expose());
    let token = caller.post("/mfa/verify", &verify).send().await.text("tokens/access_token");
    let set_up = caller.post("/mfa/totp/setup", &json!({})).with_token(&token).send().await;
    let confirm = json!({"method_id": set_up.text("method_id"), "code": account.code(&totp).expose()});
    for _ in paces(&realm) {
        let refused = caller.post("/mfa/totp/verify", &confirm).with_token(&token).send().await;
        assert_eq!(refused.outcome(), "wrong_code", "the code of another generator");
    }
    let sixth = caller.post("/mfa/totp/verify", &confirm).with_token(&token).send().await;
    assert_eq!(sixth.outcome(), "too_many_requests");
    assert_eq!(account.session.methods().await.unwrap().len(), 1);
    assert_eq!(guess(&caller, &account, account.next_code(&totp).expose()).await.outcome(), "authenticated");
}

on_both_databases!(
    five_wrong_codes_lock_for_a_quarter_of_an_hour,
    the_lock_grows,
    a_new_login_does_not_refill_the_budget,
    an_address_that_the_caller_claims_is_not_believed,
    another_spelling_of_the_address_is_the_same_account,
    a_lock_shows_itself_to_the_right_password_alone,
    a_code_is_good_once_and_in_its_time,
    the_code_of_somebody_else_is_wrong,
    a_set_up_is_not_there_to_guess_at,
);
