//! What is shown, and what is not.

use std::time::Duration;

use countersign_protocol::{
    claims::{Header, KeySetClaims, RequestClaims, typ},
    ids::EnrolmentId,
    push::{PendingRequests, UserVerification},
};
use serde_json::{Value, json};

use super::{Bench, server::Server};
use crate::Error;

#[tokio::test]
async fn a_request_shows_what_the_server_signed() {
    let bench = Bench::enrolled().await;
    let request = bench.asked().await;
    assert_eq!(request.enrolment_id(), Server::enrolment_id());
    assert_eq!(request.context().application.as_str(), "Acme");
    assert_eq!(request.context().account, "mia@example.com");
    assert_eq!(request.context().origin.place.as_deref(), Some("Berlin"));
    let origin = &request.context().origin;
    assert_eq!(origin.latitude.unwrap().degrees().to_string(), "52.5");
    assert_eq!(origin.longitude.unwrap().degrees().to_string(), "13.4");
    assert_eq!(request.number_digits(), 2);
    assert_eq!(request.user_verification(), UserVerification::Discouraged);
    assert_eq!(request.expires_at().since(request.issued_at()), Duration::from_mins(1));
    assert_eq!(
        bench.verifier.prompts().len(),
        1,
        "listing asks for no face: the one prompt was at enrolment"
    );
}

#[tokio::test]
async fn a_request_from_nowhere_in_particular_is_as_good() {
    let bench = Bench::enrolled().await;
    let mut claims = serde_json::to_value(bench.server.claims(1)).unwrap();
    for member in ["latitude", "longitude"] {
        assert!(claims["context"]["origin"].as_object_mut().unwrap().remove(member).is_some());
    }
    bench.server.ask_signed(bench.server.sign_request("push 1", &claims));
    let origin = bench.pending().await.remove(0).context().origin.clone();
    assert_eq!((origin.latitude, origin.longitude), (None, None));
}

#[tokio::test]
async fn a_place_that_is_told_too_exactly_is_shown_roughly() {
    let bench = Bench::enrolled().await;
    bench.server.ask_signed(edited(&bench.server, "/context/origin/latitude", json!(52.520_006)));
    let origin = bench.pending().await.remove(0).context().origin.clone();
    assert_eq!(origin.latitude.unwrap().degrees().to_string(), "52.5");
}

/// How a request that should not be believed is made.
type Forge = fn(&Server) -> String;

const NOT_AUTHENTIC: [(&str, Forge); 7] = [
    ("forged", |server| {
        let header = Header::new(typ::REQUEST).versioned().with_kid(server.kid("push 1"));
        server.sign("stranger", &header, &server.claims(9))
    }),
    ("signed by a key that is not in the set", |server| server.sign_request("stranger", &server.claims(9))),
    ("signed by the root", |server| server.sign_request("root", &server.claims(9))),
    ("for another enrolment", |server| {
        server
            .sign_request("push 1", &RequestClaims { aud: EnrolmentId::from_parts(7, 7), ..server.claims(9) })
    }),
    ("of another server", |server| {
        let iss = "https://evil.example".parse().unwrap();
        server.sign_request("push 1", &RequestClaims { iss, ..server.claims(9) })
    }),
    ("another kind of message", |server| {
        let header = Header::new(typ::RECEIPT).versioned().with_kid(server.kid("push 1"));
        server.sign("push 1", &header, &server.claims(9))
    }),
    ("with a swapped context", |server| {
        let signed = server.sign_request("push 1", &server.claims(9));
        let mut swapped = server.claims(9);
        swapped.context.origin.place = Some("Paris".to_owned());
        let other = server.sign_request("push 1", &swapped);
        let (head, signature) = (other.rsplit_once('.').unwrap().0, signed.rsplit_once('.').unwrap().1);
        format!("{head}.{signature}")
    }),
];

const NOT_UNDERSTOOD: [(&str, Forge); 12] = [
    ("of a newer version", |server| {
        let header = Header { ver: Some(2), ..Header::new(typ::REQUEST).versioned() };
        server.sign("push 1", &header.with_kid(server.kid("push 1")), &server.claims(9))
    }),
    ("with an unknown critical parameter", |server| {
        let crit = Some(vec!["ver".to_owned(), "mood".to_owned()]);
        let header = Header { crit, ..Header::new(typ::REQUEST).versioned() };
        server.sign("push 1", &header.with_kid(server.kid("push 1")), &server.claims(9))
    }),
    ("without a version", |server| {
        server.sign("push 1", &Header::new(typ::REQUEST).with_kid(server.kid("push 1")), &server.claims(9))
    }),
    ("with an unknown policy", |server| edited(server, "/user_verification", json!("sometimes"))),
    ("with an unknown purpose", |server| edited(server, "/context/purpose", json!("payment"))),
    ("with a number of one digit", |server| edited(server, "/number_digits", json!(1))),
    ("with a number of seven digits", |server| edited(server, "/number_digits", json!(7))),
    ("that lives too long", |server| edited(server, "/exp", json!(server.claims(9).iat + 601))),
    ("with an address of two lines", |server| edited(server, "/context/origin/address", json!("a\nb"))),
    ("from beyond the poles", |server| edited(server, "/context/origin/latitude", json!(90.1))),
    ("with half a place", |server| edited(server, "/context/origin/longitude", Value::Null)),
    ("with an empty account", |server| edited(server, "/context/account", json!(""))),
];

/// A signed request with one claim changed before it was signed.
fn edited(server: &Server, claim: &str, value: Value) -> String {
    let mut claims = serde_json::to_value(server.claims(9)).unwrap();
    *claims.pointer_mut(claim).unwrap() = value;
    server.sign_request("push 1", &claims)
}

#[tokio::test]
async fn requests_that_are_not_believed_are_not_shown_and_hide_no_others() {
    let not_jws: [(&str, Forge); 2] =
        [("no JWS", |_| "no.j.ws".to_owned()), ("endless", |_| "A".repeat(20_000))];
    let lies = NOT_AUTHENTIC.into_iter().chain(not_jws).map(|(name, forge)| (name, forge, true));
    for (name, forge, authentic) in lies.chain(NOT_UNDERSTOOD.map(|(name, forge)| (name, forge, false))) {
        let bench = Bench::enrolled().await;
        let before = bench.kept();
        bench.server.ask_signed(forge(&bench.server));
        let honest = bench.server.ask(1);
        let listing = bench.authenticator.pending(Server::enrolment_id()).await.unwrap();
        let shown: Vec<_> = listing.requests.iter().map(super::Request::challenge_id).collect();
        assert_eq!(shown, [honest], "{name}");
        match &listing.refused[..] {
            [Error::NotAuthentic { .. }] if authentic => {}
            [Error::UnexpectedAnswer { .. }] if !authentic => {}
            other => panic!("{name}: {other:?}"),
        }
        assert_eq!(bench.kept(), before, "{name}");
        assert_eq!(bench.answers_signed(), [""; 0], "{name}");
    }
}

#[tokio::test]
async fn an_expired_request_is_not_shown() {
    let bench = Bench::enrolled().await;
    bench.server.ask(1);
    bench.clock.advance(Duration::from_secs(59));
    assert_eq!(bench.pending().await.len(), 1);
    bench.clock.advance(Duration::from_secs(1));
    assert_eq!(bench.pending().await.len(), 0);
}

#[tokio::test]
async fn the_servers_clock_decides_when_a_request_ends() {
    for ahead in [-400, 400] {
        let bench = Bench::enrolled().await;
        bench.server.state().ahead = ahead;
        bench.server.ask(1);
        assert_eq!(bench.pending().await.len(), 1);
        bench.clock.advance(Duration::from_secs(61));
        assert_eq!(bench.pending().await.len(), 0);
    }
    let bench = Bench::enrolled().await;
    bench.server.state().ahead = 700;
    bench.server.ask(1);
    let listing = bench.authenticator.pending(Server::enrolment_id()).await;
    assert!(matches!(listing, Err(Error::UnexpectedAnswer { .. })));
}

#[tokio::test]
async fn one_id_is_listed_once() {
    let bench = Bench::enrolled().await;
    bench.server.ask(1);
    bench.server.ask(1);
    bench.server.ask(2);
    assert_eq!(bench.pending().await.len(), 2);
}

#[tokio::test]
async fn an_endless_list_is_refused() {
    let bench = Bench::enrolled().await;
    for id in 0..65 {
        bench.server.ask(id);
    }
    let listing = bench.authenticator.pending(Server::enrolment_id()).await;
    assert!(matches!(listing, Err(Error::UnexpectedAnswer { .. })));
}

#[tokio::test]
async fn keys_roll_over_and_stay_rolled_over() {
    let mut bench = Bench::enrolled().await;
    bench.server.state().push_keys = vec!["push 1", "push 2"];
    bench.server.state().key_set_version = 4;
    bench.server.ask_signed(bench.server.sign_request("push 2", &bench.server.claims(1)));
    assert_eq!(bench.pending().await.len(), 1);
    bench.server.state().push_keys = vec!["push 2"];
    bench.server.state().key_set_version = 5;
    bench.server.ask(2);
    let listing = bench.authenticator.pending(Server::enrolment_id()).await.unwrap();
    assert_eq!((listing.requests.len(), listing.refused.len()), (1, 1), "the old key is withdrawn");

    bench.restart();
    bench.server.state().push_keys = vec!["push 1"];
    bench.server.state().key_set_version = 4;
    let listing = bench.authenticator.pending(Server::enrolment_id()).await;
    assert!(matches!(listing, Err(Error::NotAuthentic { .. })), "the new set was kept");
}

#[tokio::test]
async fn key_sets_that_the_root_did_not_mean_change_nothing() {
    type Lie = fn(&Server);
    let lies: [(&str, Lie); 8] = [
        ("rolled back", |server| server.state().key_set_version = 2),
        ("other keys under the same version", |server| server.state().push_keys = vec!["push 2"]),
        ("signed by another root", |server| {
            server.state().lies.signing_root = "other root";
            server.state().key_set_version = 4;
        }),
        ("signed by a push key", |server| server.state().lies.signing_root = "push 1"),
        ("of another server", |server| {
            server.state().key_set_version = 4;
            server.state().lies.key_set = |it| it.iss = "https://evil.example".parse().unwrap();
        }),
        ("empty", |server| {
            server.state().key_set_version = 4;
            server.state().lies.key_set = |it| it.keys.clear();
        }),
        ("too large", |server| {
            server.state().key_set_version = 4;
            server.state().lies.key_set = |it| it.keys = vec![it.keys[0].clone(); 9];
        }),
        ("no JWS", |server| {
            let answer = PendingRequests { requests: Vec::new(), key_set: "no.j.ws".to_owned() };
            let raw = server.json(200, &answer);
            server.state().lies.raw = Some(("/mfa/push/pending", raw));
        }),
    ];
    for (name, lie) in lies {
        let bench = Bench::enrolled().await;
        let before = bench.kept();
        bench.server.ask(1);
        lie(&bench.server);
        let error = bench.authenticator.pending(Server::enrolment_id()).await.unwrap_err();
        let typed = matches!(error, Error::NotAuthentic { .. } | Error::UnexpectedAnswer { .. });
        assert!(typed, "{name}: {error:?}");
        assert_eq!(bench.kept(), before, "{name}");

        let honest = |_: &mut KeySetClaims| {};
        bench.server.state().key_set_version = 3;
        bench.server.state().push_keys = vec!["push 1"];
        bench.server.state().lies.signing_root = "root";
        bench.server.state().lies.key_set = honest;
        assert_eq!(bench.pending().await.len(), 1, "{name}: the honest set is still believed");
    }
}

#[tokio::test]
async fn a_key_set_that_cannot_be_kept_is_not_used() {
    let bench = Bench::enrolled().await;
    bench.server.state().push_keys = vec!["push 2"];
    bench.server.state().key_set_version = 4;
    bench.storage.fail_set(1);
    // The enrolment is in use already, so the next write is that of the key set.
    let listing = bench.authenticator.pending(Server::enrolment_id()).await;
    assert!(matches!(listing, Err(Error::Device { .. })));
    bench.server.ask_signed(bench.server.sign_request("push 2", &bench.server.claims(1)));
    assert_eq!(bench.pending().await.len(), 1, "the next try keeps it");
}
