//! Single use, rotation and limits, with 64 callers at once. By hand-made requests with real proofs, so that nothing
//! in the SDK hides a race.

use std::{collections::BTreeMap, time::Duration};

use countersign_protocol::{
    claims::{EnrolmentClaims, Header, typ},
    enroll_uri::EnrollUri,
    headers,
};
use countersign_tests::{
    Account, Person, Realm, link_token, on_both_databases,
    raw::{Answer, Caller, at_once},
};
use serde_json::{Value, json};

/// How often each race is run: once without it, three times on CI. Set it to 20 before a release.
const RUNS: &str = "COUNTERSIGN_RACE_RUNS";
const CALLERS: usize = 64;
/// Seconds that pass, and how many of [`CALLERS`] guesses at once are checked then. The third failure in a row brings
/// a pause, the fourth a longer one, the fifth the lock.
const CHECKED: [(u64, usize); 3] = [(0, 3), (2, 1), (4, 1)];

/// The runs, each with the name of its account. Between two of them so much time passes that the limits of the
/// callers' common address are as they were.
fn runs(realm: &Realm) -> impl Iterator<Item = String> {
    let runs = std::env::var(RUNS).ok().map_or(1, |runs| runs.parse().expect("a number of runs"));
    let realm = realm.clone();
    (0..runs).map(move |run: u32| {
        realm.advance(Duration::from_hours(2));
        format!("Mia {run}")
    })
}

/// How often each outcome came.
fn tally(answers: &[Answer]) -> BTreeMap<String, usize> {
    let mut tally = BTreeMap::new();
    for answer in answers {
        *tally.entry(answer.outcome()).or_default() += 1;
    }
    tally
}

fn assert_tally(answers: &[Answer], expected: &[(&str, usize)]) {
    let expected: BTreeMap<_, _> =
        expected.iter().map(|(outcome, count)| ((*outcome).to_owned(), *count)).collect();
    assert_eq!(tally(answers), expected, "{:?}", answers.first());
}

/// That many were checked and found wrong. All others were refused unseen: for the pause, or after the lock because
/// there were enough in this minute.
fn assert_checked(answers: &[Answer], wrong: &str, checked: usize) {
    assert_tally(answers, &[(wrong, checked), ("too_many_requests", answers.len() - checked)]);
}

/// One is let in. Those that come after it find the login finished, or the code used: then they count as wrong.
fn assert_one_comes_in(answers: &[Answer]) {
    let mut tally = tally(answers);
    assert_eq!(tally.remove("authenticated"), Some(1), "{tally:?}");
    assert!(tally.get("wrong_code").is_none_or(|checked| *checked <= 5), "{tally:?}");
    let refusals = ["wrong_code", "login_state", "too_many_requests", "account_locked"];
    assert!(tally.keys().all(|outcome| refusals.contains(&outcome.as_str())), "{tally:?}");
}

/// The same text in all answers.
fn common(answers: &[Answer], member: &str) -> String {
    let first = answers[0].text(member);
    assert!(answers.iter().all(|answer| answer.text(member) == first), "one {member} for all");
    first
}

async fn one_link_is_used_once(realm: Realm) {
    for name in runs(&realm) {
        let (person, caller) = (Person::named(&name), Caller::new(&realm));
        // EXPOSE: typed.
        let password = person.password.expose();
        let sign_up = json!({"company": person.company, "admin_email": person.email, "name": person.name,
            "password": password});
        assert_eq!(caller.post("/signup", &sign_up).send().await.status, 202);
        let token = link_token(&realm, &person.email).await;
        // EXPOSE: from the link.
        let activate = caller.post("/auth/activate", &json!({"token": token.expose()})).without_proof();
        assert_tally(&at_once(vec![activate; CALLERS]).await, &[("204", 1), ("invalid_link", CALLERS - 1)]);
    }
}

async fn one_code_lets_one_in(realm: Realm) {
    for name in runs(&realm) {
        let account = Account::open(&realm, &name).await;
        let totp = account.totp().await;
        let caller = Caller::new(&realm);
        let login = caller.login_id(&account.person).await;
        let verify = verify(&login, account.next_code(&totp).expose());
        assert_one_comes_in(&at_once((0..CALLERS).map(|_| caller.post("/mfa/verify", &verify))).await);
    }
}

/// In eight logins of one user at once. What comes after the first is wrong, and counts as such.
async fn one_code_lets_one_login_in(realm: Realm) {
    for name in runs(&realm) {
        let account = Account::open(&realm, &name).await;
        let totp = account.totp().await;
        let caller = Caller::new(&realm);
        let mut logins = Vec::new();
        for _ in 0..8 {
            logins.push(caller.login_id(&account.person).await);
        }
        let code = account.next_code(&totp);
        let calls = logins
            .iter()
            .cycle()
            .take(CALLERS)
            .map(|login| caller.post("/mfa/verify", &verify(login, code.expose())));
        assert_one_comes_in(&at_once(calls).await);
    }
}

async fn no_more_wrong_codes_are_checked_than_the_limit(realm: Realm) {
    for name in runs(&realm) {
        let account = Account::open(&realm, &name).await;
        let totp = account.totp().await;
        let caller = Caller::new(&realm);
        let logins = [caller.login_id(&account.person).await, caller.login_id(&account.person).await];
        let code = account.wrong_code(&totp);
        for (pause, most) in CHECKED {
            realm.advance(Duration::from_secs(pause));
            let calls = logins
                .iter()
                .cycle()
                .take(CALLERS)
                .map(|login| caller.post("/mfa/verify", &verify(login, code.expose())));
            assert_checked(&at_once(calls).await, "wrong_code", most);
        }

        realm.advance(Duration::from_mins(1));
        let verify = verify(&logins[0], account.code(&totp).expose());
        let right = caller.post("/mfa/verify", &verify).send().await;
        assert_eq!(right.outcome(), "account_locked", "{right:?}");
        let events = realm.events(&account.person.email).await;
        let checked =
            events.iter().filter(|event| ["code_refused", "authenticator_locked"].contains(&event.as_str()));
        assert_eq!(checked.count(), 5);
    }
}

async fn no_more_wrong_passwords_are_checked_than_the_limit(realm: Realm) {
    for name in runs(&realm) {
        let account = Account::open(&realm, &name).await;
        let wrong =
            Person { password: "four lanterns by the harbour".parse().unwrap(), ..account.person.clone() };
        let caller = Caller::new(&realm);
        for (pause, most) in CHECKED {
            realm.advance(Duration::from_secs(pause));
            let answers = at_once((0..CALLERS).map(|_| caller.login(&wrong))).await;
            assert_checked(&answers, "invalid_credentials", most);
        }
    }
}

async fn one_refresh_token_has_one_successor(realm: Realm) {
    for name in runs(&realm) {
        let account = Account::open(&realm, &name).await;
        let caller = Caller::new(&realm);
        let first = caller.login(&account.person).send().await.text("tokens/refresh_token");
        let refresh = |token: &str| caller.post("/auth/refresh", &json!({"refresh_token": token}));
        let answers = at_once((0..CALLERS).map(|_| refresh(&first))).await;
        let second = common(&answers, "refresh_token");
        assert_ne!(first, second);

        let third = refresh(&second).send().await.text("refresh_token");
        let reused = refresh(&first).send().await;
        assert_eq!(
            (reused.outcome(), reused.text("reason")),
            ("session_ended".into(), "token_reused".into())
        );
        assert_eq!(refresh(&third).send().await.outcome(), "session_ended");
    }
}

async fn one_trust_token_has_one_successor(realm: Realm) {
    for name in runs(&realm) {
        let account = Account::open(&realm, &name).await;
        let totp = account.totp().await;
        let caller = Caller::new(&realm);
        let mut verify = verify(&caller.login_id(&account.person).await, account.next_code(&totp).expose());
        verify["trust_device"] = true.into();
        let first = caller.post("/mfa/verify", &verify).send().await.text("trust_token/token");
        let login = |token: &str| caller.login(&account.person).with_header(headers::TRUST_TOKEN, token);
        let answers = at_once((0..CALLERS).map(|_| login(&first))).await;
        assert_tally(&answers, &[("authenticated", CALLERS)]);
        let second = common(&answers, "trust_token/token");
        assert_ne!(first, second);

        let third = login(&second).send().await.text("trust_token/token");
        assert_eq!(login(&first).send().await.outcome(), "mfa_required", "retired");
        assert_eq!(login(&third).send().await.outcome(), "mfa_required", "its family has ended");
    }
}

async fn one_ticket_enrols_one_device(realm: Realm) {
    for name in runs(&realm) {
        let account = Account::open(&realm, &name).await;
        let link = account.enrolment_link().await;
        let calls = (0..CALLERS).map(|_| {
            let caller = Caller::new(&realm);
            let register = register(&caller, &link, &realm);
            caller.post("/mfa/push/register", &register)
        });
        assert_tally(&at_once(calls).await, &[("201", 1), ("invalid_ticket", CALLERS - 1)]);
        assert_eq!(account.session.enrolled_devices().await.unwrap().len(), 1);
    }
}

async fn one_caller_gets_the_tokens_of_a_login(realm: Realm) {
    for name in runs(&realm) {
        let account = Account::open(&realm, &name).await;
        let phone = account.phone("Phone").await;
        let caller = Caller::new(&realm);
        let login = caller.login_id(&account.person).await;
        let ask = caller.post("/mfa/challenge", &json!({"login_id": login, "method": "push"})).send().await;
        let number = ask.text("number").parse().unwrap();
        phone.authenticator.approve(&phone.request().await, number).await.unwrap();

        let calls = (0..CALLERS).map(|_| caller.get(&format!("/auth/logins/{login}")));
        assert_tally(&at_once(calls).await, &[("authenticated", 1), ("login_state", CALLERS - 1)]);
    }
}

async fn one_key_makes_one_request(realm: Realm) {
    for name in runs(&realm) {
        let account = Account::open(&realm, &name).await;
        let totp = account.totp().await;
        let caller = Caller::new(&realm);
        let verify = verify(&caller.login_id(&account.person).await, account.next_code(&totp).expose());
        let calls = (0..CALLERS).map(|_| caller.post("/mfa/verify", &verify).under("the-same-for-all-64"));
        let answers = at_once(calls).await;
        assert_tally(&answers, &[("authenticated", CALLERS)]);
        common(&answers, "tokens/refresh_token");
        common(&answers, "tokens/access_token");
    }
}

fn verify(login_id: &str, code: &str) -> Value {
    json!({"login_id": login_id, "method": "totp", "code": code})
}

/// What a device sends that enrols without a verification key.
fn register(caller: &Caller, link: &EnrollUri, realm: &Realm) -> Value {
    // EXPOSE: from the link.
    let ticket = link.ticket.expose();
    let now = realm.now().as_seconds();
    let claims = EnrolmentClaims {
        aud: link.server.clone(),
        iat: now,
        exp: now + 600,
        ticket_hash: countersign::crypto::digest::sha256_base64url(ticket.as_bytes()),
        possession_key: caller.public_key(),
        verification_key: None,
        name: "Phone".parse().unwrap(),
        kind: countersign_protocol::push::DeviceKind::Headless,
        capabilities: Vec::new(),
    };
    let header = Header::new(typ::ENROLMENT).versioned().with_jwk(caller.public_key());
    json!({"ticket": ticket, "enrolment": caller.sign(&header, &claims)})
}

on_both_databases!(
    one_link_is_used_once,
    one_code_lets_one_in,
    one_code_lets_one_login_in,
    no_more_wrong_codes_are_checked_than_the_limit,
    no_more_wrong_passwords_are_checked_than_the_limit,
    one_refresh_token_has_one_successor,
    one_trust_token_has_one_successor,
    one_ticket_enrols_one_device,
    one_caller_gets_the_tokens_of_a_login,
    one_key_makes_one_request,
);
