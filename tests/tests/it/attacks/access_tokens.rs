//! Access and refresh tokens that are forged, stolen or for something else.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use countersign::crypto::digest::hmac_sha256;
use countersign_protocol::{
    claims::{AccessClaims, Header, typ},
    ids::UserId,
    jose::CompactJws,
};
use countersign_tests::{Account, Realm, on_both_databases, raw::Caller};
use serde_json::json;

use super::tokens;

fn claims(token: &str) -> AccessClaims {
    serde_json::from_slice(&CompactJws::parse(token).unwrap().payload).unwrap()
}

/// A message with this header and signature over the claims of the token.
fn compact(header: &str, token: &str, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let payload = token.split('.').nth(1).unwrap();
    let input = format!("{}.{payload}", URL_SAFE_NO_PAD.encode(header));
    let signature = URL_SAFE_NO_PAD.encode(sign(input.as_bytes()));
    format!("{input}.{signature}")
}

async fn a_forged_token_opens_nothing(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let caller = Caller::new(&realm);
    let token = tokens(&caller, &account).await.text("tokens/access_token");
    let (keys, good) = (&realm.world().keys, claims(&token));
    let (kid, public) = (keys.access.kid(), keys.access.public().to_sec1());
    let header = |alg: &str| format!(r#"{{"alg":"{alg}","typ":"at+jwt","kid":"{kid}"}}"#);
    let access = || Header::new(typ::ACCESS);
    let forged = [
        ("alg none", compact(&header("none"), &token, |_| Vec::new())),
        ("alg None", compact(&header("None"), &token, |_| Vec::new())),
        ("no signature", compact(&header("ES256"), &token, |_| Vec::new())),
        ("signature of zeros", compact(&header("ES256"), &token, |_| vec![0; 64])),
        (
            "HS256 by the public point",
            compact(&header("HS256"), &token, |input| hmac_sha256(&public, input).to_vec()),
        ),
        (
            "HS256 by the key id",
            compact(&header("HS256"), &token, |input| hmac_sha256(kid.as_bytes(), input).to_vec()),
        ),
        ("another key under the server's id", caller.sign(&access().with_kid(kid), &good)),
        ("a key that it brings", caller.sign(&access().with_jwk(caller.public_key()), &good)),
        ("no key id", caller.sign(&access(), &good)),
        ("the push key", keys.push.sign(access(), &good).unwrap()),
        ("the enrolment root", keys.root.sign(access(), &good).unwrap()),
        ("another type", keys.access.sign(Header::new("JWT"), &good).unwrap()),
        ("a version", keys.access.sign(access().versioned(), &good).unwrap()),
    ];
    for (what, forged) in forged {
        let refused = caller.get("/user/profile").with_token(&forged).send().await;
        assert_eq!((refused.status, refused.outcome()), (401, "invalid_token".into()), "{what}");
    }
    let refused = caller.get("/user/profile").with_token("not a token").send().await;
    assert_eq!(refused.status, 401);
    assert_eq!(
        caller.get("/user/profile").with_token(&token).send().await.status,
        200,
        "the real one is good"
    );
}

/// What makes a token another one.
type Change = fn(&mut AccessClaims);

/// By the right key, so that only what the token says stands in the way.
async fn a_token_for_something_else_opens_nothing(realm: Realm) {
    let (mia, noah) = (Account::open(&realm, "Mia").await, Account::open(&realm, "Noah").await);
    let caller = Caller::new(&realm);
    let token = tokens(&caller, &mia).await.text("tokens/access_token");
    let other_user: UserId = noah.session.profile().await.unwrap().user_id;
    let changes: [(&str, Change); 6] = [
        ("another issuer", |claims| claims.iss = "https://evil.example".parse().unwrap()),
        ("another audience", |claims| claims.aud = "https://evil.example".parse().unwrap()),
        ("over", |claims| claims.exp = claims.iat),
        ("no key", |claims| claims.cnf = None),
        ("another key", |claims| claims.cnf.as_mut().unwrap().jkt = "A".repeat(43)),
        ("no such session", |claims| claims.sid = "01KG9YS7G00000000000000001".parse().unwrap()),
    ];
    let sign =
        |claims: &AccessClaims| realm.world().keys.access.sign(Header::new(typ::ACCESS), claims).unwrap();
    for (what, change) in changes {
        let mut claims = claims(&token);
        change(&mut claims);
        let refused = caller.get("/user/profile").with_token(&sign(&claims)).send().await;
        assert_eq!(refused.outcome(), "invalid_token", "{what}");
    }
    let somebody_else = sign(&AccessClaims { sub: other_user, ..claims(&token) });
    assert_eq!(
        caller.get("/user/profile").with_token(&somebody_else).send().await.outcome(),
        "invalid_token"
    );
}

async fn a_stolen_token_opens_nothing_without_its_key(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let (caller, thief) = (Caller::new(&realm), Caller::new(&realm));
    let answer = tokens(&caller, &account).await;
    let token = answer.text("tokens/access_token");
    let bearer = thief.get("/user/profile").with_bearer(&token).send().await;
    assert_eq!((bearer.status, bearer.outcome()), (401, "invalid_dpop_proof".into()));
    assert_eq!(bearer.header("www-authenticate"), Some(r#"DPoP error="invalid_dpop_proof", algs="ES256""#));
    let without_proof = thief.get("/user/profile").with_token(&token).without_proof().send().await;
    assert_eq!(without_proof.outcome(), "invalid_dpop_proof");
    let with_own_key = thief.get("/user/profile").with_token(&token).send().await;
    assert_eq!(with_own_key.outcome(), "invalid_token");

    let refresh = json!({"refresh_token": answer.text("tokens/refresh_token")});
    for stolen in
        [thief.post("/auth/refresh", &refresh), caller.post("/auth/refresh", &refresh).without_proof()]
    {
        assert_eq!(stolen.send().await.outcome(), "invalid_token");
    }
    // Neither has cost the owner anything.
    assert_eq!(caller.get("/user/profile").with_token(&token).send().await.status, 200);
    assert_eq!(caller.post("/auth/refresh", &refresh).send().await.status, 200);
}

async fn a_token_is_good_for_ten_minutes_and_while_its_session_lives(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let caller = Caller::new(&realm);
    let answer = tokens(&caller, &account).await;
    let token = answer.text("tokens/access_token");
    let profile = || caller.get("/user/profile").with_token(&token).send();
    realm.advance(Duration::from_secs(599));
    assert_eq!(profile().await.status, 200);
    realm.advance(Duration::from_secs(1));
    assert_eq!(profile().await.outcome(), "invalid_token");

    let refresh = json!({"refresh_token": answer.text("tokens/refresh_token")});
    let token = caller.post("/auth/refresh", &refresh).send().await.text("access_token");
    assert_eq!(caller.post_empty("/auth/logout").with_token(&token).send().await.status, 204);
    assert_eq!(caller.get("/user/profile").with_token(&token).send().await.outcome(), "session_ended");
    assert_eq!(caller.post("/auth/refresh", &refresh).send().await.outcome(), "session_ended");
}

async fn a_session_lasts_thirty_days(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let caller = Caller::new(&realm);
    let mut token = tokens(&caller, &account).await.text("tokens/refresh_token");
    for _ in 0..29 {
        realm.advance(Duration::from_hours(24));
        let refresh = caller.post("/auth/refresh", &json!({"refresh_token": token}));
        token = refresh.send().await.text("refresh_token");
    }
    realm.advance(Duration::from_hours(24));
    let over = caller.post("/auth/refresh", &json!({"refresh_token": token})).send().await;
    assert_eq!((over.outcome(), over.text("reason")), ("session_ended".into(), "expired".into()));
}

on_both_databases!(
    a_forged_token_opens_nothing,
    a_token_for_something_else_opens_nothing,
    a_stolen_token_opens_nothing_without_its_key,
    a_token_is_good_for_ten_minutes_and_while_its_session_lives,
    a_session_lasts_thirty_days,
);
