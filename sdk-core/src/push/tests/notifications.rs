//! What a notification brings: ids, which are not believed.

use countersign_protocol::{
    claims::{Header, typ},
    ids::{ChallengeId, EnrolmentId},
    push::{ChallengeState, DenyReason},
};
use serde_json::json;

use super::{
    Bench,
    inbox::{Seen, next},
    server::Server,
};
use crate::{Error, push::ConnectionState, testing::FixedVerifier};

fn about(enrolment: EnrolmentId, challenge: ChallengeId) -> Vec<u8> {
    let payload = json!({
        "aps": {"alert": {"loc-key": "approve"}, "content-available": 1},
        "google.message_id": "0:1",
        "countersign_enrolment": enrolment,
        "countersign_challenge": challenge,
    });
    payload.to_string().into_bytes()
}

fn ours(challenge: ChallengeId) -> Vec<u8> {
    about(Server::enrolment_id(), challenge)
}

#[tokio::test]
async fn a_notification_gives_the_request_that_it_names_and_asks_nobody() {
    let mut bench = Bench::enrolled().await;
    let (prompts, _other, asked) = (bench.verifier.prompts(), bench.server.ask(1), bench.server.ask(2));
    // The app is not running: the system starts it for the notification.
    bench.restart();
    let request = bench.authenticator.pushed(&ours(asked)).await.unwrap().unwrap();
    assert_eq!(request.challenge_id(), asked);
    assert_eq!(request.context().account, "mia@example.com");
    assert_eq!(bench.verifier.prompts(), prompts);
    let again = bench.authenticator.pushed(&ours(asked)).await.unwrap().unwrap();
    assert_eq!(again.challenge_id(), asked, "systems deliver notifications twice");
    bench.authenticator.deny(&request, DenyReason::Mistake).await.unwrap();
    assert!(bench.authenticator.pushed(&ours(asked)).await.unwrap().is_none(), "late");
}

#[tokio::test]
async fn a_notification_is_not_believed() {
    let bench = Bench::enrolled().await;
    let calls = bench.server.state().calls.len();
    let field = |outcome: Result<_, Error>| match outcome {
        Err(Error::InvalidInput { field, .. }) => field,
        other => panic!("{:?}", other.map(|_: Option<super::Request>| ())),
    };
    let foreign = about(EnrolmentId::from_parts(9, 9), ChallengeId::from_parts(2, 1));
    assert_eq!(field(bench.authenticator.pushed(&foreign).await), "enrolment_id");
    let mut long = ours(ChallengeId::from_parts(2, 1));
    long.resize(4097, b' ');
    let twice = String::from_utf8(ours(ChallengeId::from_parts(2, 1))).unwrap();
    let twice = twice.replacen('{', r#"{"countersign_challenge":"01J00000000000000000000000","#, 1);
    let nonsense: [&[u8]; 7] = [
        b"",
        b"\xff",
        b"{}",
        br#"{"countersign_enrolment":"x","countersign_challenge":"y"}"#,
        br#"{"countersign_enrolment":1,"countersign_challenge":2}"#,
        &long,
        twice.as_bytes(),
    ];
    for payload in nonsense {
        assert_eq!(field(bench.authenticator.pushed(payload).await), "payload");
    }
    assert_eq!(bench.server.state().calls.len(), calls, "nobody was asked");

    // The server does not know it: it was never asked, or is closed.
    assert!(bench.authenticator.pushed(&ours(ChallengeId::from_parts(2, 77))).await.unwrap().is_none());

    let forged = Header::new(typ::REQUEST).versioned().with_kid(bench.server.kid("push 1"));
    bench.server.ask_signed(bench.server.sign("stranger", &forged, &bench.server.claims(9)));
    let outcome = bench.authenticator.pushed(&ours(bench.server.claims(9).jti)).await;
    assert!(matches!(outcome, Err(Error::NotAuthentic { .. })));
    let honest = bench.server.ask(1);
    assert!(
        bench.authenticator.pushed(&ours(honest)).await.unwrap().is_some(),
        "a forged one hides no other"
    );
}

#[tokio::test]
async fn what_a_notification_brought_is_shown_by_the_inbox_once() {
    let bench = Bench::enrolled().await;
    let events = bench.server.offer_stream();
    let inbox = bench.inbox().await;
    assert_eq!(next(&inbox).await, Seen::Connection(ConnectionState::Live));
    let first = bench.server.ask(1);
    bench.authenticator.pushed(&ours(first)).await.unwrap().unwrap();
    assert_eq!(next(&inbox).await, Seen::Request(first));
    // The event, and the notification once more.
    events.send(first, ChallengeState::Open);
    bench.authenticator.pushed(&ours(first)).await.unwrap().unwrap();
    let second = bench.server.ask(2);
    events.send(second, ChallengeState::Open);
    assert_eq!(next(&inbox).await, Seen::Request(second));
    events.send(first, ChallengeState::Superseded);
    assert_eq!(next(&inbox).await, Seen::Closed(first, Some(ChallengeState::Superseded)));
}

#[tokio::test]
async fn a_notification_ends_the_pause_of_an_inbox_that_is_offline() {
    let bench = Bench::enrolled().await;
    bench.server.state().unreachable = true;
    let inbox = bench.inbox().await;
    assert_eq!(next(&inbox).await, Seen::Connection(ConnectionState::Offline));
    let asked = bench.server.ask(1);
    let failed = bench.authenticator.pushed(&ours(asked)).await;
    assert!(failed.is_err_and(|error| error.retryable()));
    bench.server.state().unreachable = false;
    assert_eq!(next(&inbox).await, Seen::Connection(ConnectionState::Polling));
    assert_eq!(next(&inbox).await, Seen::Request(asked));
}

#[tokio::test]
async fn a_notification_works_where_nobody_can_be_verified() {
    let bench = Bench::enrolled().await;
    let verifier = std::sync::Arc::new(FixedVerifier::new(Err(crate::ports::VerifierError::Unavailable)));
    let ports = crate::ports::Ports { verifier, ..bench.ports.clone() };
    let asked = bench.server.ask(1);
    let request = crate::push::Authenticator::new(ports).pushed(&ours(asked)).await.unwrap();
    assert_eq!(request.unwrap().challenge_id(), asked);
}
