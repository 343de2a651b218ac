use std::time::Duration;

use bytes::Bytes;
use countersign_protocol::{
    Problem, ProblemCode, account::SessionEnd, fields::IdempotencyKey, push::ChallengeState,
};
use futures_util::{StreamExt as _, stream};
use serde::Deserialize;
use serde_json::json;

use super::{Auth, Call, Transport};
use crate::{
    Error,
    client::fixture::{Fixture, KEY, SERVER, answer, body, header, problem, proof},
    crypto::digest::sha256_base64url,
    ports::{Clock as _, HttpError, Level},
};

const DPOP: Auth<'static> = Auth::Dpop { key: KEY };

#[derive(Debug, PartialEq, Deserialize)]
struct Answer {
    colour: Colour,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Colour {
    Red,
}

fn transport(fixture: &Fixture) -> Transport {
    Transport::new(&Fixture::config(), fixture.ports.clone())
}

async fn get(transport: &Transport) -> Result<Answer, Error> {
    transport.call(Call::get("/thing")).await
}

fn key() -> IdempotencyKey {
    "0123456789abcdef".parse().unwrap()
}

fn broken() -> HttpError {
    HttpError::Interrupted { reason: "reset".to_owned() }
}

fn reason(error: &Error) -> &str {
    match error {
        Error::UnexpectedAnswer { reason, correlation_id: Some(_) } => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_call_is_signed_over_address_token_and_body() {
    let fixture = Fixture::new();
    fixture.http.push_json(200, &json!({"colour": "red", "added_later": 1}));
    let (sent, token) = (json!({"a": 1}), "the-token");
    let call = Call::post("/thing", &sent).by(Auth::Session { key: KEY, access_token: token });
    let answer: Answer = transport(&fixture).call(call).await.unwrap();
    assert_eq!(answer, Answer { colour: Colour::Red });

    let request = &fixture.http.requests()[0];
    assert_eq!(body(request), sent);
    assert_eq!(header(request, "authorization"), Some("DPoP the-token"));
    assert_eq!(header(request, "content-type"), Some("application/json"));
    let proof = proof(request);
    assert_eq!((proof.htm.as_str(), proof.htu), ("POST", format!("{SERVER}/thing")));
    assert_eq!(proof.ath, Some(sha256_base64url(token.as_bytes())));
    assert_eq!(proof.body_hash, Some(sha256_base64url(request.body.as_ref().unwrap())));
    assert_eq!(proof.iat, fixture.clock.now().as_seconds());
    assert_eq!(proof.nonce, None);
}

#[tokio::test]
async fn the_servers_nonce_is_used_at_once_and_from_then_on() {
    let fixture = Fixture::new();
    let transport = transport(&fixture);
    let wants_nonce = serde_json::to_string(&problem(ProblemCode::UseDpopNonce)).unwrap();
    fixture.http.push(move |_| answer(401, "application/problem+json", ("dpop-nonce", "n1"), &wants_nonce));
    fixture.http.push(|_| answer(200, "application/json", ("dpop-nonce", "n2"), r#"{"colour":"red"}"#));
    fixture.http.push_json(200, &json!({"colour": "red"}));
    // Not repeatable: that the server asks for its nonce tells that nothing has happened.
    let _: Answer = transport.call(Call::post_empty("/thing").by(DPOP)).await.unwrap();
    let _: Answer = transport.call(Call::post_empty("/thing").by(DPOP)).await.unwrap();
    let nonces: Vec<_> = fixture.http.requests().iter().map(|request| proof(request).nonce).collect();
    assert_eq!(nonces, [None, Some("n1".to_owned()), Some("n2".to_owned())]);
}

#[tokio::test]
async fn a_server_that_keeps_asking_for_a_nonce_is_asked_twice() {
    let fixture = Fixture::new();
    for _ in 0..2 {
        fixture.http.push_json(401, &problem(ProblemCode::UseDpopNonce));
    }
    let error = transport(&fixture).call::<_, ()>(Call::get("/thing").by(DPOP)).await.unwrap_err();
    assert!(matches!(error, Error::Refused(refusal) if refusal.code == ProblemCode::UseDpopNonce));
    assert_eq!(fixture.http.requests().len(), 2);
}

#[tokio::test]
async fn a_keyed_call_is_repeated_as_the_same_call() {
    let fixture = Fixture::new();
    fixture.http.push_error(broken());
    fixture.http.push_error(HttpError::TimedOut);
    fixture.http.push_json(503, &problem(ProblemCode::Unavailable));
    fixture.http.push_json(200, &json!({"colour": "red"}));
    let sent = json!({"a": 1});
    let key = key();
    let call = Call::post("/thing", &sent).by(DPOP).under(&key);
    let _: Answer = transport(&fixture).call(call).await.unwrap();

    let requests = fixture.http.requests();
    assert_eq!(requests.len(), 4);
    for request in &requests {
        assert_eq!(header(request, "idempotency-key"), Some(key.as_str()));
        assert_eq!(header(request, "x-correlation-id"), header(&requests[0], "x-correlation-id"));
        assert_eq!(body(request), sent);
    }
    assert_ne!(proof(&requests[0]).jti, proof(&requests[1]).jti);
    // 200, 400 and 800 ms, each between half and whole.
    let slept = fixture.clock.monotonic();
    assert!((Duration::from_millis(700)..=Duration::from_millis(1400)).contains(&slept), "{slept:?}");
}

#[tokio::test]
async fn what_is_not_safe_or_cannot_help_is_not_repeated() {
    let unreachable = HttpError::Unreachable { reason: "refused".to_owned() };
    let untrusted = HttpError::Untrusted { reason: "pin".to_owned() };
    for (error, repeatable) in [(broken(), false), (unreachable, true), (untrusted, true)] {
        let fixture = Fixture::new();
        fixture.http.push_error(error.clone());
        let key = key();
        let call = Call::post_empty("/thing");
        let call = if repeatable { call.under(&key) } else { call };
        let refused = transport(&fixture).call::<_, ()>(call).await.unwrap_err();
        assert_eq!(refused, Error::from(error));
        assert_eq!(fixture.http.requests().len(), 1);
    }
}

#[tokio::test]
async fn repeating_ends_after_three_times() {
    let fixture = Fixture::new();
    for _ in 0..4 {
        fixture.http.push(|_| answer(502, "text/html", ("server", "proxy"), "<h1>Bad Gateway</h1>"));
    }
    let error = get(&transport(&fixture)).await.unwrap_err();
    assert_eq!(error, Error::Interrupted { reason: "a gateway answered 502".to_owned() });
    assert_eq!(fixture.http.requests().len(), 4);
}

#[tokio::test]
async fn a_short_wish_to_wait_is_granted_and_a_long_one_told() {
    let fixture = Fixture::new();
    fixture.http.push_json(503, &Problem { retry_after: Some(5), ..problem(ProblemCode::Unavailable) });
    fixture.http.push(|_| answer(503, "text/plain", ("retry-after", "4"), ""));
    fixture.http.push_json(503, &Problem { retry_after: Some(6), ..problem(ProblemCode::Unavailable) });
    let error = get(&transport(&fixture)).await.unwrap_err();
    assert_eq!(fixture.clock.monotonic(), Duration::from_secs(9));
    assert!(matches!(error, Error::Refused(refusal) if refusal.retry_after == Some(6)));
}

#[tokio::test]
async fn answers_that_are_not_as_agreed_are_refused() {
    let json = "application/json";
    let red = r#"{"colour":"red"}"#;
    for (status, content_type, content, expected) in [
        (200, json, r#"{"colour":"#, "the body is not JSON, column 10 of line 1"),
        (200, json, r#"{"colour":"infra"}"#, "the body is JSON of another shape"),
        (200, json, r#"{"colour":{"s3cret":1}}"#, "the body is JSON of another shape"),
        (200, "text/html", red, "the content type is not application/json"),
        (200, "application/json-seq", red, "the content type is not application/json"),
        (302, json, red, "status 302 sends elsewhere; redirects are not followed"),
        (101, json, red, "status 101 is not one of HTTP"),
        (418, json, red, "status 418 without a problem document"),
        (404, "application/problem+json", "{}", "the body is JSON of another shape"),
    ] {
        let fixture = Fixture::new();
        fixture
            .http
            .push(move |_| answer(status, content_type, ("location", "https://evil.example"), content));
        let error = get(&transport(&fixture)).await.unwrap_err();
        assert!(reason(&error).starts_with(expected), "{error:?}");
        assert!(!format!("{error:?}").contains("s3cret"));
        assert_eq!(fixture.http.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused_even_if_the_network_did_not_count() {
    let fixture = Fixture::new();
    fixture.http.push_error(HttpError::TooLong { limit: 7 });
    fixture.http.push(|_| answer(200, "application/json", ("x", ""), &" ".repeat(1024 * 1024 + 1)));
    let transport = transport(&fixture);
    assert_eq!(reason(&get(&transport).await.unwrap_err()), "the answer is longer than 7 bytes");
    assert_eq!(reason(&get(&transport).await.unwrap_err()), "the answer is longer than 1048576 bytes");
}

#[tokio::test]
async fn content_and_no_content_are_not_taken_for_each_other() {
    let fixture = Fixture::new();
    for _ in 0..2 {
        fixture.http.push(|_| answer(204, "", ("x", ""), ""));
    }
    fixture.http.push_json(200, &json!({}));
    let transport = transport(&fixture);
    transport.call::<_, ()>(Call::get("/thing")).await.unwrap();
    assert_eq!(reason(&get(&transport).await.unwrap_err()), "status 204 instead of an answer");
    let error = transport.call::<_, ()>(Call::get("/thing")).await.unwrap_err();
    assert!(reason(&error).starts_with("the body is JSON of another shape"));
}

#[tokio::test]
async fn a_refusal_with_details_from_the_future_is_still_that_refusal() {
    let fixture = Fixture::new();
    let told = |code| {
        let mut told = serde_json::to_value(problem(code)).unwrap();
        told["reason"] = json!("from_the_future");
        told["state"] = json!("from_the_future");
        told
    };
    fixture.http.push_json(401, &told(ProblemCode::SessionEnded));
    fixture.http.push_json(409, &told(ProblemCode::ChallengeClosed));
    let transport = transport(&fixture);
    assert_eq!(get(&transport).await, Err(Error::SessionEnded { reason: None }));
    match get(&transport).await {
        Err(Error::Refused(refusal)) => assert_eq!(refusal.code, ProblemCode::ChallengeClosed),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_problem_reaches_the_caller_as_its_own_refusal() {
    for code in ProblemCode::ALL.iter().copied() {
        let fixture = Fixture::new();
        let told = Problem {
            retry_after: Some(60),
            attempts_left: Some(2),
            reason: Some(SessionEnd::TokenReused),
            state: Some(ChallengeState::Superseded),
            ..problem(code)
        };
        fixture.http.push_json(code.status(), &told);
        let error = get(&transport(&fixture)).await.unwrap_err();
        match (code, &error) {
            (ProblemCode::SessionEnded, Error::SessionEnded { reason: Some(SessionEnd::TokenReused) })
            | (ProblemCode::ChallengeClosed, Error::RequestClosed { state: ChallengeState::Superseded }) => {}
            (_, Error::Refused(refusal)) => {
                assert_eq!((refusal.code, &refusal.detail), (code, &told.detail));
                assert_eq!((refusal.attempts_left, refusal.retry_after), (Some(2), Some(60)));
                // The problem named none, so it is the one that was sent.
                let sent = fixture.http.requests();
                let id = refusal.correlation_id.as_ref().map(|id| id.as_str().to_owned());
                assert_eq!(id.as_deref(), header(&sent[0], "x-correlation-id"));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(fixture.http.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_problem_of_an_unknown_code_is_a_refusal() {
    let fixture = Fixture::new();
    let mut told = serde_json::to_value(problem(ProblemCode::Forbidden)).unwrap();
    told["code"] = "from_the_future".into();
    told["correlation_id"] = "server-made-id".into();
    fixture.http.push_json(403, &told);
    let error = get(&transport(&fixture)).await.unwrap_err();
    assert_eq!(error.correlation_id().map(ToString::to_string).as_deref(), Some("server-made-id"));
    assert!(matches!(error, Error::Refused(refusal) if refusal.code == ProblemCode::Unknown));
}

/// A transport that has heard of a server whose clock is this many milliseconds ahead.
async fn with_offset(millis: i64) -> (Fixture, Transport) {
    let fixture = Fixture::new();
    let time = (fixture.clock.now().as_millis() + millis).to_string();
    fixture
        .http
        .push(move |_| answer(200, "application/json", ("x-server-time", &time), r#"{"colour":"red"}"#));
    fixture.http.push_json(200, &json!({"colour": "red"}));
    let transport = transport(&fixture);
    get(&transport).await.unwrap();
    (fixture, transport)
}

#[tokio::test]
async fn a_clock_that_is_a_little_off_is_corrected() {
    for millis in [240_000, -240_000, 600_000, -600_000] {
        let (fixture, transport) = with_offset(millis).await;
        let server = fixture.clock.now().as_millis() + millis;
        assert_eq!(transport.server_now().unwrap().as_millis(), server);
        let _: Answer = transport.call(Call::get("/thing").by(DPOP)).await.unwrap();
        assert_eq!(proof(&fixture.http.requests()[1]).iat, server / 1000);
    }
}

#[tokio::test]
async fn a_clock_that_is_far_off_decides_nothing() {
    for millis in [600_001, -600_001] {
        let (fixture, transport) = with_offset(millis).await;
        let error = transport.server_now().unwrap_err();
        assert!(
            matches!(error, Error::UnexpectedAnswer { reason, .. } if reason.contains("10 minutes apart"))
        );
        assert_eq!(transport.server_time().as_millis(), fixture.clock.now().as_millis() + millis);
        let warnings = fixture.log.lines().into_iter().filter(|(level, _)| *level == Level::Warning);
        assert_eq!(warnings.count(), 1);
    }
}

#[tokio::test]
async fn log_lines_hold_no_secret() {
    let fixture = Fixture::new();
    fixture.http.push_error(broken());
    fixture.http.push_json(200, &json!({"colour": "red"}));
    let (sent, key) = (json!({"password": "s3cret-password"}), key());
    let auth = Auth::Session { key: KEY, access_token: "s3cret-token" };
    let call = Call::post("/thing", &sent).by(auth).under(&key).with_header("x-trust-token", "s3cret-trust");
    let _: Answer = transport(&fixture).call(call).await.unwrap();
    assert_eq!(header(&fixture.http.requests()[0], "x-trust-token"), Some("s3cret-trust"));
    let lines = fixture.log.lines();
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().all(|(_, line)| line.starts_with("POST /thing: ") && !line.contains("s3cret")));
}

async fn events(fixture: &Fixture, chunks: Vec<Result<Bytes, HttpError>>) -> super::EventStream {
    fixture.http.push_events(stream::iter(chunks).boxed());
    transport(fixture).events("/events", DPOP).await.unwrap()
}

#[tokio::test]
async fn events_arrive_whole_however_they_are_cut() {
    let fixture = Fixture::new();
    let text = ": hello\r\n\r\nevent: login\r\ndata: {\"a\":1}\r\n\r\ndata: one\ndata: two\n\n";
    let chunks = text.bytes().map(|byte| Ok(Bytes::from(vec![byte]))).collect();
    let mut events = events(&fixture, chunks).await;
    let first = events.next().await.unwrap().unwrap();
    assert_eq!((first.event.as_str(), first.data.as_str()), ("login", "{\"a\":1}"));
    assert_eq!(events.next().await.unwrap().unwrap().data, "one\ntwo");
    assert!(events.next().await.unwrap().is_none());
    assert_eq!(header(&fixture.http.requests()[0], "accept"), Some("text/event-stream"));
}

#[tokio::test]
async fn a_stream_without_end_of_event_is_left() {
    for line in ["data: x", "data: x\n", "data: x\r\n", ": x"] {
        let fixture = Fixture::new();
        let chunks = (0..100).map(|_| Ok(Bytes::from(line.repeat(400)))).collect();
        let error = events(&fixture, chunks).await.next().await.unwrap_err();
        assert_eq!(reason(&error), "the answer is longer than 65536 bytes");
    }
    // Signs of life are events of their own and add up to nothing.
    let fixture = Fixture::new();
    let chunks = (0..100).map(|_| Ok(Bytes::from(": still here\r\n\r\n".repeat(100)))).collect();
    assert!(events(&fixture, chunks).await.next().await.unwrap().is_none());
}

#[tokio::test]
async fn a_stream_that_breaks_or_is_none_says_so() {
    let fixture = Fixture::new();
    let error = events(&fixture, vec![Err(broken())]).await.next().await.unwrap_err();
    assert_eq!(error, Error::Interrupted { reason: "reset".to_owned() });
    let garbage = vec![Ok(Bytes::from_static(b"data: \xff\xff\n\n"))];
    let error = events(&fixture, garbage).await.next().await.unwrap_err();
    assert_eq!(reason(&error), "the stream is not one of events");
}

#[tokio::test]
async fn opening_a_stream_follows_the_rules_of_calls() {
    let fixture = Fixture::new();
    let wants_nonce = serde_json::to_string(&problem(ProblemCode::UseDpopNonce)).unwrap();
    fixture.http.push(move |_| answer(401, "application/problem+json", ("dpop-nonce", "n1"), &wants_nonce));
    fixture.http.push_events(stream::empty().boxed());
    fixture.http.push_json(404, &problem(ProblemCode::LoginNotFound));
    fixture.http.push_json(200, &json!({}));
    fixture.http.push(|_| answer(204, "text/event-stream", ("x", ""), ""));
    fixture.http.push(|_| answer(404, "application/problem+json", ("x", ""), &" ".repeat(1024 * 1024 + 1)));
    let transport = transport(&fixture);
    let mut opened = transport.events("/events", DPOP).await.unwrap();
    assert!(opened.next().await.unwrap().is_none());
    assert_eq!(proof(&fixture.http.requests()[1]).nonce.as_deref(), Some("n1"));

    let mut refused = Vec::new();
    for _ in 0..4 {
        refused.push(transport.events("/events", DPOP).await.err().unwrap());
    }
    assert!(matches!(&refused[0], Error::Refused(refusal) if refusal.code == ProblemCode::LoginNotFound));
    assert_eq!(reason(&refused[1]), "the content type is not text/event-stream");
    assert_eq!(reason(&refused[2]), "status 204 instead of events");
    assert_eq!(reason(&refused[3]), "the answer is longer than 1048576 bytes");
}
