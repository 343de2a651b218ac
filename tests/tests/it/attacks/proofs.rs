//! DPoP proofs (RFC 9449) that are replayed, or made for another request.

use std::time::Duration;

use countersign_protocol::{
    claims::{DpopClaims, Header, typ},
    headers,
};
use countersign_tests::{
    Account, Realm, on_both_databases,
    raw::{Caller, at_once},
};

use super::{code, tokens};

async fn a_proof_is_good_once(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let caller = Caller::new(&realm);
    let token = tokens(&caller, &account).await.text("tokens/access_token");
    let call = caller.get("/user/profile").with_token(&token);
    assert_eq!(call.clone().send().await.status, 200);
    let replayed = call.send().await;
    assert_eq!((replayed.status, replayed.outcome()), (401, "invalid_dpop_proof".into()));

    // Also of 64 at once one is good.
    let call = caller.get("/user/profile").with_token(&token);
    let good = at_once(vec![call; 64]).await.into_iter().filter(|answer| answer.status == 200).count();
    assert_eq!(good, 1);
}

/// What makes a proof another one.
type Change = fn(&mut DpopClaims);

async fn a_proof_is_good_for_its_request_alone(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let caller = Caller::new(&realm);
    let token = tokens(&caller, &account).await.text("tokens/access_token");
    let changes: [(&str, Change); 12] = [
        ("another method", |claims| claims.htm = "POST".into()),
        ("method in lower case", |claims| claims.htm = "get".into()),
        ("another path", |claims| claims.htu = claims.htu.replace("profile", "profiles")),
        ("another host", |claims| claims.htu = claims.htu.replace("localhost", "evil.example")),
        ("another realm", |claims| claims.htu = claims.htu.replace("/user", "/r/other/user")),
        ("a query", |claims| claims.htu.push_str("?a=b")),
        ("no token", |claims| claims.ath = None),
        ("another token", |claims| claims.ath = Some("A".repeat(43))),
        ("a body that is not there", |claims| claims.body_hash = Some("A".repeat(43))),
        ("an empty id", |claims| claims.jti.clear()),
        ("a long id", |claims| claims.jti = "x".repeat(129)),
        ("a token where none is", |_| ()),
    ];
    for (what, change) in &changes[..11] {
        let refused = caller.get("/user/profile").with_token(&token).with_claims(change).send().await;
        assert_eq!((refused.status, refused.outcome()), (401, "invalid_dpop_proof".into()), "{what}");
    }
    let login = caller.login(&account.person).with_claims(|claims| claims.ath = Some("A".repeat(43)));
    assert_eq!(login.send().await.outcome(), "invalid_dpop_proof", "{}", changes[11].0);
}

async fn a_proof_covers_the_body(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let totp = account.totp().await;
    let caller = Caller::new(&realm);
    let login = caller.login_id(&account.person).await;
    let good = code(&login, account.next_code(&totp).expose());
    let call = caller.post("/mfa/verify", &code(&login, account.wrong_code(&totp).expose()));
    let swapped = call.with_body(&good.to_string()).send().await;
    assert_eq!(swapped.outcome(), "invalid_dpop_proof");

    // What a device sends must be covered, not only fit where it is.
    let register = serde_json::json!({"ticket": "A".repeat(43), "enrolment": "a.b.c"});
    let bare = caller.post("/mfa/push/register", &register).with_claims(|claims| claims.body_hash = None);
    assert_eq!(bare.send().await.outcome(), "invalid_dpop_proof");
}

async fn a_proof_needs_the_servers_nonce(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let caller = Caller::new(&realm);
    let token = tokens(&caller, &account).await.text("tokens/access_token");
    for nonce in [None, Some("made-up".to_owned()), Some(String::new())] {
        let call = caller.get("/user/profile").with_token(&token).with_claims(|claims| claims.nonce = nonce);
        let refused = call.send().await;
        assert_eq!((refused.status, refused.outcome()), (401, "use_dpop_nonce".into()));
        let offered = refused.header("dpop-nonce").unwrap().to_owned();
        let again = caller.get("/user/profile").with_token(&token);
        let again = again.with_claims(|claims| claims.nonce = Some(offered));
        assert_eq!(again.send().await.status, 200);
    }
    // Made now, sent later: as somebody does who can use the key for a moment only.
    let made_before = caller.get("/user/profile").with_token(&token);
    realm.advance(Duration::from_mins(5));
    assert_eq!(made_before.send().await.outcome(), "use_dpop_nonce");
}

async fn what_is_no_proof_is_refused(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let caller = Caller::new(&realm);
    let token = tokens(&caller, &account).await.text("tokens/access_token");
    let call = || caller.get("/user/profile").with_token(&token);
    let claims = call().claims();
    let good = caller.prove(&claims);
    let [header, payload, signature] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    let jwk = caller.public_key();
    let key_of_another = Caller::new(&realm).public_key();
    let proofs = [
        ("nothing", String::new()),
        ("two parts", format!("{header}.{payload}")),
        ("no signature", format!("{header}.{payload}.")),
        ("padded", format!("{header}.{payload}.{signature}==")),
        ("another type", caller.sign(&Header::new(typ::ACCESS).with_jwk(jwk.clone()), &claims)),
        ("no key", caller.sign(&Header::new(typ::DPOP), &claims)),
        ("a key id alone", caller.sign(&Header::new(typ::DPOP).with_kid("a"), &claims)),
        ("the key of another", caller.sign(&Header::new(typ::DPOP).with_jwk(key_of_another), &claims)),
        ("a version", caller.sign(&Header::new(typ::DPOP).with_jwk(jwk).versioned(), &claims)),
        ("no claims", caller.sign(&Header::new(typ::DPOP).with_jwk(caller.public_key()), &1)),
    ];
    for (what, proof) in proofs {
        let refused = call().with_proof(&proof).send().await;
        assert_eq!((refused.status, refused.outcome()), (401, "invalid_dpop_proof".into()), "{what}");
    }
    let twice = call().with_header(headers::DPOP, &good).send().await;
    assert_eq!(twice.outcome(), "invalid_dpop_proof", "two proofs");
}

on_both_databases!(
    a_proof_is_good_once,
    a_proof_is_good_for_its_request_alone,
    a_proof_covers_the_body,
    a_proof_needs_the_servers_nonce,
    what_is_no_proof_is_refused,
);
