//! Whether an address has an account: nobody can tell from outside.

use std::{collections::BTreeSet, time::Duration};

use countersign_tests::{
    Account, Person, Realm, on_both_databases,
    raw::{Answer, Caller},
};

/// All of an answer that may depend on the account: status, names of headers, and the body but for its trace.
fn shape(answer: &Answer) -> (u16, BTreeSet<String>, serde_json::Value, usize) {
    let mut body = answer.body.clone();
    if let Some(members) = body.as_object_mut() {
        members.remove("correlation_id");
    }
    let names = answer.headers.iter().map(|(name, _)| name.clone()).collect();
    (answer.status, names, body, answer.body.to_string().len())
}

async fn sign_up_answers_the_same(realm: Realm) {
    let known = Account::open(&realm, "Mia").await.person;
    let waiting = Person::named("Mio");
    let caller = Caller::new(&realm);
    let sign_up = async |person: &Person| caller.post("/signup", &person.sign_up()).send().await;
    sign_up(&waiting).await;
    let unknown = Person::named("Max");
    let mut shapes = Vec::new();
    for person in [&known, &waiting, &unknown] {
        let before = realm.mails(&person.email).await.len();
        let answer = sign_up(person).await;
        assert_eq!(realm.mails(&person.email).await.len(), before + 1, "one mail, whatever it says");
        assert_eq!(answer.text("sent_to"), format!("{}***@example.com", &person.email.as_str()[..2]));
        let (status, headers, _, size) = shape(&answer);
        shapes.push((status, headers, size));
    }
    assert!(shapes.iter().all(|shape| shape == &shapes[0]), "{shapes:?}");
}

async fn sign_in_answers_the_same(realm: Realm) {
    let known = Account::open(&realm, "Mia").await.person;
    let waiting = Person::named("Mio");
    let caller = Caller::new(&realm);
    caller.post("/signup", &waiting.sign_up()).send().await;
    let wrong = Person { password: "four lanterns by the harbour".parse().unwrap(), ..known };
    let mut shapes = Vec::new();
    for person in [&wrong, &waiting, &Person::named("Max")] {
        let before = realm.mails(&person.email).await.len();
        let answer = caller.login(person).send().await;
        assert_eq!(answer.outcome(), "invalid_credentials");
        assert_eq!(realm.mails(&person.email).await.len(), before, "no mail");
        shapes.push(shape(&answer));
    }
    assert!(shapes.iter().all(|shape| shape == &shapes[0]), "{shapes:?}");
}

/// The limits hold for addresses without an account, too.
async fn limits_tell_nothing(realm: Realm) {
    let known = Account::open(&realm, "Mia").await.person;
    let caller = Caller::new(&realm);
    let wrong = Person { password: "four lanterns by the harbour".parse().unwrap(), ..known };
    let mut rows = Vec::new();
    for person in [&wrong, &Person::named("Max")] {
        let mut row = Vec::new();
        for pause in [0, 0, 0, 0, 2, 0, 4, 0] {
            realm.advance(Duration::from_secs(pause));
            let (status, headers, mut body, _) = shape(&caller.login(person).send().await);
            // Seconds to wait depend on when it was asked.
            for member in ["retry_after", "detail"] {
                body.as_object_mut().unwrap().remove(member);
            }
            row.push((status, headers, body));
        }
        rows.push(row);
    }
    assert_eq!(rows[0], rows[1]);
}

on_both_databases!(sign_up_answers_the_same, sign_in_answers_the_same, limits_tell_nothing);
