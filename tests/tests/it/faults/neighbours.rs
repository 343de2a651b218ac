//! Two realms of one server, at once.

use countersign_protocol::{ProblemCode, headers};
use countersign_tests::{
    Account, Device, Person, Realm, link_token, on_both_databases, path, path::assert_refused, raw::Caller,
    signed_in,
};
use serde_json::json;

/// The same person with the same address in both.
async fn two_realms_walk_the_path_at_once(realm: Realm) {
    let (one, other) = (realm.neighbour("one").await, realm.neighbour("other").await);
    assert_ne!(one.url(), other.url());
    tokio::join!(path::walk(&one, one.http(), "Mia"), path::walk(&other, other.http(), "Mia"));
    assert!(
        realm.mails(&Person::named("Mia").email).await.is_empty(),
        "nothing of it is in the realm beside them"
    );
}

/// One device with an account in both keeps them apart.
async fn one_device_in_two_realms(realm: Realm) {
    let (one, other) = (realm.neighbour("one").await, realm.neighbour("other").await);
    let laptop = Device::new("Laptop", &realm);
    let mia = Account::open_on(laptop.clone(), &one, "Mia").await;
    let also_mia = Account::open_on(laptop, &other, "Mia").await;
    mia.session.logout().await.unwrap();
    assert_eq!(also_mia.session.profile().await.unwrap().email, also_mia.person.email);
}

async fn what_one_realm_gave_is_nothing_in_another(realm: Realm) {
    let other = realm.neighbour("other").await;
    let account = Account::open(&realm, "Mia").await;
    let there = Account::open(&other, "Mia").await;

    let (here, caller) = (Caller::new(&realm), Caller::new(&realm));
    let abroad = here.at(&other);
    let signed_in_here = here.login(&account.person).send().await;
    let token = signed_in_here.text("tokens/access_token");
    let profile = abroad.get("/user/profile").with_token(&token).send().await;
    assert_eq!(profile.outcome(), "invalid_token");
    let refresh = json!({"refresh_token": signed_in_here.text("tokens/refresh_token")});
    assert_eq!(abroad.post("/auth/refresh", &refresh).send().await.outcome(), "invalid_token");

    let totp = account.totp().await;
    let login = caller.login_id(&account.person).await;
    assert_eq!(
        caller.at(&other).get(&format!("/auth/logins/{login}")).send().await.outcome(),
        "login_not_found"
    );
    let verify = json!({"login_id": login, "method": "totp", "trust_device": true,
        "code": account.next_code(&totp).expose()});
    let trust = caller.post("/mfa/verify", &verify).send().await.text("trust_token/token");
    there.totp().await;
    let login = caller.at(&other).login(&there.person).with_header(headers::TRUST_TOKEN, &trust);
    assert_eq!(login.send().await.outcome(), "mfa_required");

    let mut link = account.enrolment_link().await;
    link.server = other.url().clone();
    let phone = Device::new("Phone", &other);
    let name = phone.name().clone();
    let kind = countersign_protocol::push::DeviceKind::Mobile;
    assert_refused(phone.authenticator().enroll(&link, name, kind).await, ProblemCode::InvalidTicket);

    let person = Person::named("Noah");
    there.client.sign_up(&person.sign_up()).await.unwrap();
    let token = link_token(&other, &person.email).await;
    assert_refused(account.client.activate(token.clone()).await, ProblemCode::InvalidLink);
    there.client.activate(token).await.unwrap();
    signed_in(person.login(&there.client).await);
}

on_both_databases!(
    two_realms_walk_the_path_at_once,
    one_device_in_two_realms,
    what_one_realm_gave_is_nothing_in_another,
);
