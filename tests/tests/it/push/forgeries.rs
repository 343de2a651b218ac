//! Requests and answers that are not what they seem.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use countersign::{Error, push::Listing};
use countersign_protocol::{
    claims::{Header, RequestClaims, ResponseClaims, typ},
    fields::ServerUrl,
    push::{Decision, DenyReason},
};
use countersign_tests::{
    Account, Device, Phone, Realm, networks::Proxy, on_both_databases, raw::Caller, signed_in,
};
use serde_json::Value;

use super::by_hand::{Hand, kid, read};

/// What a phone lists whose network does this to each request that waits.
async fn listed(realm: &Realm, spoil: impl Fn(&str) -> String + Send + 'static) -> (Listing, usize) {
    let account = Account::open(realm, "Mia").await;
    let network = Proxy::changing(realm.http(), move |request, mut body| {
        if request.url.ends_with("/mfa/push/pending") {
            for signed in body["requests"].as_array_mut().unwrap() {
                *signed = spoil(signed.as_str().unwrap()).into();
            }
        }
        body
    });
    let device = Device::behind(network.clone(), "Phone", realm);
    let phone = Phone::enrol(device, &account.enrolment_link().await).await;
    account.ask().await;
    let listing = phone.authenticator.pending(phone.enrolment.id).await.unwrap();
    (listing, network.asked("/mfa/push/respond").len())
}

fn assert_not_believed((listing, answers): (Listing, usize)) {
    assert!(listing.requests.is_empty(), "nothing is shown");
    assert!(matches!(listing.refused[..], [Error::NotAuthentic { .. }]), "{:?}", listing.refused);
    assert_eq!(answers, 0, "and nothing is signed");
}

async fn a_swapped_context_is_not_shown(realm: Realm) {
    let swap = |signed: &str| {
        let [header, payload, signature] = signed.split('.').collect::<Vec<_>>().try_into().unwrap();
        let mut claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
        claims["context"]["device"]["name"] = "Mia's laptop".into();
        format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(claims.to_string()))
    };
    assert_not_believed(listed(&realm, swap).await);
}

async fn a_forged_request_is_not_shown(realm: Realm) {
    let forger = Caller::new(&realm);
    let forge = move |signed: &str| {
        let header = Header::new(typ::REQUEST).versioned().with_kid(kid(signed));
        forger.sign(&header, &read(signed))
    };
    assert_not_believed(listed(&realm, forge).await);
}

async fn a_request_under_an_unknown_key_is_not_shown(realm: Realm) {
    let forger = Caller::new(&realm);
    let forge = move |signed: &str| {
        let thumbprint = countersign::crypto::thumbprint(&forger.public_key());
        forger.sign(&Header::new(typ::REQUEST).versioned().with_kid(thumbprint), &read(signed))
    };
    assert_not_believed(listed(&realm, forge).await);
}

/// Signed by the server itself, for another phone.
async fn a_request_for_another_phone_is_not_shown(realm: Realm) {
    let stranger = Account::open(&realm, "Noah").await;
    let tablet = stranger.phone("Tablet").await;
    stranger.ask().await;
    let foreign = Hand::of(&tablet, &realm).requests().await.remove(0);
    assert_not_believed(listed(&realm, move |_| foreign.clone()).await);
}

/// What makes an answer another one.
type Spoil = fn(&mut ResponseClaims);

async fn an_answer_to_something_else_does_not_count(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let phone = account.phone("Phone").await;
    let waiting = account.ask().await;
    let hand = Hand::of(&phone, &realm);
    let request = hand.requests().await.remove(0);
    let spoils: [(&str, Spoil); 9] = [
        ("number missing", |claims| claims.number = None),
        ("reason of a denial", |claims| claims.reason = Some(DenyReason::Other)),
        ("number in a denial", |claims| claims.decision = Decision::Deny),
        ("another request", |claims| claims.request_hash = "A".repeat(43)),
        ("another challenge", |claims| claims.challenge_id = "01KG9YS7G00000000000000002".parse().unwrap()),
        ("another device", |claims| claims.iss = "01KG9YS7G00000000000000001".parse().unwrap()),
        ("another server", |claims| claims.aud = "https://evil.example".parse::<ServerUrl>().unwrap()),
        ("over", |claims| claims.exp = claims.iat),
        ("over long ago", |claims| claims.exp = 0),
    ];
    for (what, spoil) in spoils {
        let mut claims = hand.approval(&request, waiting.number());
        spoil(&mut claims);
        let refused = hand.respond(&hand.sign(&claims)).send().await.outcome();
        assert!(
            ["invalid_signature", "challenge_not_found"].contains(&refused.as_str()),
            "{what}: {refused}"
        );
    }

    // Signed by somebody else, in the phone's name; and by the phone, as another kind of message.
    let claims = hand.approval(&request, waiting.number());
    let forger = Caller::new(&realm);
    let header = Header::new(typ::RESPONSE).versioned().with_kid(kid(&hand.sign(&claims)));
    assert_eq!(hand.respond(&forger.sign(&header, &claims)).send().await.outcome(), "invalid_signature");
    let header = Header::new(typ::REQUEST).versioned().with_kid(kid(&hand.sign(&claims)));
    assert_eq!(hand.respond(&hand.caller.sign(&header, &claims)).send().await.outcome(), "invalid_signature");

    // None of it has closed the request.
    assert_eq!(hand.respond(&hand.sign(&claims)).send().await.text("state"), "approved");
    signed_in(waiting.wait().await.unwrap());
}

async fn an_answer_to_one_request_does_not_fit_another(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let phone = account.phone("Phone").await;
    let (one, other) = (account.ask().await, account.ask().await);
    let hand = Hand::of(&phone, &realm);
    let requests = hand.requests().await;
    let mut claims = hand.approval(&requests[0], one.number());
    claims.challenge_id = read(&requests[1]).jti;
    claims.number = Some(other.number().clone());
    assert_eq!(hand.respond(&hand.sign(&claims)).send().await.outcome(), "invalid_signature");
    assert_eq!(hand.requests().await, requests, "both still wait");
}

async fn another_persons_phone_has_no_say(realm: Realm) {
    let (mia, noah) = (Account::open(&realm, "Mia").await, Account::open(&realm, "Noah").await);
    let (mias, noahs) = (mia.phone("Phone").await, noah.phone("Phone").await);
    let waiting = mia.ask().await;
    assert!(noahs.is_idle().await);
    let request = Hand::of(&mias, &realm).requests().await.remove(0);
    let hand = Hand::of(&noahs, &realm);
    let claims: ResponseClaims = hand.approval(&request, waiting.number());
    assert_eq!(hand.respond(&hand.sign(&claims)).send().await.outcome(), "challenge_not_found");

    // With the signature of Mia's phone, sent by Noah's.
    let stolen = Hand::of(&mias, &realm);
    let signed = stolen.sign(&stolen.approval(&request, waiting.number()));
    assert_eq!(hand.respond(&signed).send().await.outcome(), "invalid_signature");
    let asked: RequestClaims = read(&request);
    assert_eq!(asked.aud, mias.enrolment.id);
    mias.request().await;
}

/// A phone of the same person that was left out.
async fn a_phone_that_was_not_asked_has_no_say(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let (phone, tablet) = (account.phone("Phone").await, account.phone("Tablet").await);
    let step = account.login_on(&Device::new("Library computer", &realm)).await;
    let state = step.request_push(Some(phone.enrolment.id), false).await.unwrap();
    let waiting = countersign_tests::pending(state);
    assert!(tablet.is_idle().await);
    let request = Hand::of(&phone, &realm).requests().await.remove(0);
    let hand = Hand::of(&tablet, &realm);
    let claims = hand.approval(&request, waiting.number());
    assert_eq!(hand.respond(&hand.sign(&claims)).send().await.outcome(), "challenge_not_found");
}

on_both_databases!(
    a_swapped_context_is_not_shown,
    a_forged_request_is_not_shown,
    a_request_under_an_unknown_key_is_not_shown,
    a_request_for_another_phone_is_not_shown,
    an_answer_to_something_else_does_not_count,
    an_answer_to_one_request_does_not_fit_another,
    another_persons_phone_has_no_say,
    a_phone_that_was_not_asked_has_no_say,
);
