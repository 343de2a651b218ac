use countersign_protocol::{
    ProblemCode,
    claims::typ,
    jose::Jwk,
    push::{Capability, DeviceKind, Enrolled},
};

use super::{
    Bench,
    server::{Lies, Server, URL},
};
use crate::{
    Error,
    ports::{HttpResponse, VerifierError},
};

#[tokio::test]
async fn a_device_enrols_and_says_what_for() {
    let bench = Bench::new();
    let enrolment = bench.enroll().await.unwrap();
    assert_eq!(enrolment.id, Server::enrolment_id());
    assert_eq!(enrolment.server.as_str(), URL);
    assert_eq!(enrolment.application.as_str(), "Acme");
    assert_eq!(enrolment.account, "mia@example.com");
    assert!(enrolment.verifies_user);
    assert_eq!(bench.authenticator.enrolments().await.unwrap(), [enrolment]);
    assert_eq!(bench.verifier.prompts().len(), 1, "the verification key signs only after verification");

    let claims = bench.server.state().enrolment.clone().unwrap();
    assert_eq!(claims.name.as_str(), "Mia's phone");
    assert_eq!(claims.kind, DeviceKind::Mobile);
    assert!(claims.capabilities.contains(&Capability::UserVerification));
    let names: Vec<_> = bench.storage.entries().into_keys().collect();
    assert_eq!(names.len(), 5, "index, record, key set and two keys: {names:?}");
}

#[tokio::test]
async fn a_device_that_cannot_verify_anybody_enrols_with_one_key() {
    let bench = Bench::new();
    bench.verifier.answer(Err(VerifierError::Unavailable));
    assert!(!bench.enroll().await.unwrap().verifies_user);
    let claims = bench.server.state().enrolment.clone().unwrap();
    assert_eq!(claims.verification_key, None);
    assert!(!claims.capabilities.contains(&Capability::UserVerification));
}

#[tokio::test]
async fn a_person_who_is_not_verified_enrols_nothing() {
    for answer in [VerifierError::Cancelled, VerifierError::Rejected { reason: "no finger".to_owned() }] {
        let bench = Bench::new();
        bench.verifier.answer(Err(answer));
        assert!(matches!(bench.enroll().await, Err(Error::NotVerified { .. })));
        assert_nothing_is_left(&bench);
        assert_eq!(bench.signer.signed(typ::ENROLMENT), [""; 0]);
    }
}

#[tokio::test]
async fn a_lying_server_enrols_nothing() {
    fn no_jws(enrolled: &mut Enrolled) {
        enrolled.receipt = "no.j.ws".to_owned();
    }
    type Lie = fn(&mut Lies);
    let lies: [(&str, Lie); 17] = [
        ("another root than in the link", |lies| {
            (lies.signing_root, lies.shown_root) = ("other root", "other root");
        }),
        ("signed by another root", |lies| lies.signing_root = "other root"),
        ("shows another root", |lies| lies.shown_root = "other root"),
        ("a root that is no point", |lies| lies.enrolled = |it| it.root = Jwk::new([1; 32], [1; 32])),
        ("another server's receipt", |lies| {
            lies.receipt = |it| it.iss = "https://evil.example".parse().unwrap();
        }),
        ("another enrolment's receipt", |lies| lies.receipt = |it| it.aud = other_enrolment()),
        ("another enrolment", |lies| lies.enrolled = |it| it.enrolment_id = other_enrolment()),
        ("another ticket", |lies| lies.receipt = |it| it.ticket_hash = "A".repeat(43)),
        ("another possession key", |lies| lies.receipt = |it| it.possession_jkt = "A".repeat(43)),
        ("another verification key", |lies| lies.receipt = |it| it.verification_jkt = Some("A".repeat(43))),
        ("no verification key", |lies| lies.receipt = |it| it.verification_jkt = None),
        ("an empty account", |lies| lies.receipt = |it| it.account = " ".to_owned()),
        ("an account of two lines", |lies| lies.receipt = |it| it.account = "a\nb".to_owned()),
        ("another server's keys", |lies| {
            lies.key_set = |it| it.iss = "https://evil.example".parse().unwrap();
        }),
        ("no keys", |lies| lies.key_set = |it| it.keys.clear()),
        ("keys for receipt", |lies| lies.enrolled = |it| it.receipt = it.key_set.clone()),
        ("no JWS", |lies| lies.enrolled = no_jws),
    ];
    for (name, lie) in lies {
        let bench = Bench::new();
        lie(&mut bench.server.state().lies);
        let error = bench.enroll().await.unwrap_err();
        let typed = matches!(error, Error::NotAuthentic { .. } | Error::UnexpectedAnswer { .. });
        assert!(typed, "{name}: {error:?}");
        assert_nothing_is_left(&bench);
    }
}

#[tokio::test]
async fn more_capabilities_than_were_offered_are_a_lie() {
    let bench = Bench::new();
    bench.verifier.answer(Err(VerifierError::Unavailable));
    bench.server.state().lies.receipt = |receipt| receipt.capabilities.push(Capability::UserVerification);
    assert!(matches!(bench.enroll().await, Err(Error::NotAuthentic { .. })));
    assert_nothing_is_left(&bench);
}

#[tokio::test]
async fn answers_that_are_not_the_protocols_enrol_nothing() {
    let json = vec![("content-type".to_owned(), "application/json".to_owned())];
    for body in ["", "{", "[]", r#"{"enrolment_id":1}"#] {
        let bench = Bench::new();
        let raw = HttpResponse { status: 201, headers: json.clone(), body: body.to_owned().into() };
        bench.server.state().lies.raw = Some(("/mfa/push/register", raw));
        let error = bench.enroll().await.unwrap_err();
        assert!(matches!(error, Error::UnexpectedAnswer { .. }), "{body}: {error:?}");
        assert_nothing_is_left(&bench);
    }
}

#[tokio::test]
async fn a_refused_ticket_leaves_nothing() {
    let bench = Bench::new();
    bench.server.state().refusal = Some(ProblemCode::InvalidTicket);
    let Err(Error::Refused(refusal)) = bench.enroll().await else { panic!("it is refused") };
    assert_eq!(refusal.code, ProblemCode::InvalidTicket);
    assert_nothing_is_left(&bench);
}

#[tokio::test]
async fn an_unreachable_server_leaves_nothing() {
    let bench = Bench::new();
    bench.server.state().unreachable = true;
    assert!(matches!(bench.enroll().await, Err(Error::Offline { .. })));
    assert_nothing_is_left(&bench);
}

#[tokio::test]
async fn a_server_whose_name_is_too_long_is_refused_by_field() {
    let bench = Bench::new();
    let long = format!("{URL}{}", "x".repeat(256));
    let uri = bench.server.uri().replace(URL, &long).parse().unwrap();
    let enrol = bench.authenticator.enroll(&uri, "Phone".parse().unwrap(), DeviceKind::Mobile).await;
    assert!(matches!(enrol, Err(Error::InvalidInput { field, .. }) if field == "server"));
    assert_nothing_is_left(&bench);
}

#[tokio::test]
async fn the_clock_is_corrected_before_anything_is_signed() {
    for ahead in [-500, 500] {
        let bench = Bench::new();
        bench.server.state().ahead = ahead;
        bench.enroll().await.unwrap();
    }
    let bench = Bench::new();
    bench.server.state().ahead = 700;
    assert!(matches!(bench.enroll().await, Err(Error::UnexpectedAnswer { .. })));
    assert_nothing_is_left(&bench);
}

#[tokio::test]
async fn removing_leaves_nothing_on_either_side() {
    let bench = Bench::enrolled().await;
    bench.authenticator.remove(Server::enrolment_id()).await.unwrap();
    assert!(bench.server.state().enrolment.is_none());
    assert_nothing_is_left(&bench);
    let gone = bench.authenticator.pending(Server::enrolment_id()).await;
    assert!(matches!(gone, Err(Error::InvalidInput { field, .. }) if field == "enrolment_id"));
}

#[tokio::test]
async fn what_the_server_removed_is_removed_here() {
    let bench = Bench::enrolled().await;
    bench.server.state().enrolment = None;
    bench.authenticator.remove(Server::enrolment_id()).await.unwrap();
    assert_nothing_is_left(&bench);
}

#[tokio::test]
async fn an_enrolment_whose_key_is_gone_is_removed_here() {
    let bench = Bench::enrolled().await;
    bench.lose_key();
    assert!(matches!(bench.authenticator.pending(Server::enrolment_id()).await, Err(Error::Device { .. })));
    bench.authenticator.remove(Server::enrolment_id()).await.unwrap();
    assert_nothing_is_left(&bench);
    assert!(bench.server.state().enrolment.is_some(), "the server could not be told");
}

#[tokio::test]
async fn a_pending_enrolment_whose_key_is_gone_is_given_up() {
    let bench = Bench::new();
    bench.server.state().lost_answers = ("/mfa/push/register", 4);
    bench.enroll().await.unwrap_err();
    bench.lose_key();
    assert_eq!(bench.authenticator.resume().await.unwrap(), []);
    assert_nothing_is_left(&bench);
}

#[tokio::test]
async fn what_a_locked_storage_holds_is_not_taken_for_missing() {
    let mut bench = Bench::enrolled().await;
    let before = bench.storage.entries();
    bench.restart();
    bench.storage.set_locked(true);
    let id = Server::enrolment_id();
    let outcomes = [
        bench.authenticator.enrolments().await.map(drop),
        bench.authenticator.resume().await.map(drop),
        bench.authenticator.pending(id).await.map(drop),
        bench.authenticator.history(Some(id)).await.map(drop),
        bench.authenticator.remove(id).await,
        bench.enroll().await.map(drop),
    ];
    for outcome in outcomes {
        assert!(matches!(outcome, Err(Error::Locked { .. })), "{outcome:?}");
    }
    assert_eq!(bench.storage.entries(), before);
    bench.storage.set_locked(false);
    assert_eq!(bench.authenticator.enrolments().await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_enrolment_is_kept_until_the_server_has_heard() {
    let bench = Bench::enrolled().await;
    bench.server.state().unreachable = true;
    assert!(matches!(bench.authenticator.remove(Server::enrolment_id()).await, Err(Error::Offline { .. })));
    assert_eq!(bench.authenticator.enrolments().await.unwrap().len(), 1);
}

fn other_enrolment() -> countersign_protocol::ids::EnrolmentId {
    countersign_protocol::ids::EnrolmentId::from_parts(7, 7)
}

fn assert_nothing_is_left(bench: &Bench) {
    assert_eq!(bench.storage.entries(), std::collections::BTreeMap::new());
}
