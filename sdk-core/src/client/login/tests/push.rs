use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{FutureExt as _, StreamExt as _, stream};

use super::*;
use crate::{ports::Clock as _, testing::FixedClock};

async fn asked_for_push(fixture: &Fixture) -> PendingStep {
    let step = required(fixture, &["push", "totp"]).await;
    fixture.http.push_json(202, &pending());
    waiting(step.request_push(None, false).await.unwrap())
}

#[expect(clippy::unnecessary_wraps, reason = "it is what a stream yields")]
fn event(login: u128, status: &str) -> Result<Bytes, HttpError> {
    let data = json!({"login_id": id(login), "status": status});
    Ok(format!("event: login\ndata: {data}\n\n").into())
}

/// The paths after login and challenge, by their last part.
fn asked(fixture: &Fixture) -> Vec<String> {
    fixture.paths()[2..].iter().map(|path| path.rsplit('/').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_event_tells_when_to_collect() {
    let fixture = Fixture::new();
    let step = asked_for_push(&fixture).await;
    assert_eq!(step.number().expose(), "42");
    assert_eq!(step.expires_at().to_string(), "2026-01-31T12:01:00Z");
    // Neither the present state, nor what is unreadable or about another login, wakes.
    let events = [
        event(LOGIN, "pending"),
        Ok(Bytes::from_static(b"data: {}\n\n")),
        event(LOGIN + 1, "authenticated"),
        event(LOGIN, "authenticated"),
    ];
    fixture.http.push_events(stream::iter(events).boxed());
    fixture.http.push_json(200, &authenticated());
    done(step.wait().await.unwrap());
    assert_eq!(asked(&fixture), ["events", &id(LOGIN)]);
    let requests = fixture.http.requests();
    assert_eq!(body(&requests[1]), json!({"login_id": id(LOGIN), "method": "push", "trust_device": false}));
    assert!(requests[2..].iter().all(|request| header(request, "dpop").is_some()));
}

#[tokio::test]
async fn without_events_the_server_is_asked_now_and_then() {
    let fixture = Fixture::new();
    let step = asked_for_push(&fixture).await;
    for outcome in [pending(), pending(), authenticated()] {
        fixture.http.push_json(404, &problem(ProblemCode::NotFound));
        fixture.http.push_json(200, &outcome);
    }
    assert_eq!(fixture.clock.monotonic(), Duration::ZERO);
    done(step.wait().await.unwrap());
    assert_eq!(fixture.clock.monotonic(), Duration::from_secs(6));
    let requests = fixture.http.requests();
    let polls: Vec<_> =
        requests.iter().filter(|request| request.url.ends_with(&id(LOGIN))).cloned().collect();
    let keys = idempotency_keys(&polls);
    assert_eq!(keys, [keys[0]; 3], "whichever answer is the last, it can be asked for again");
}

#[tokio::test]
async fn a_stream_that_ends_is_opened_again_and_a_silent_one_does_not_hide_the_outcome() {
    let fixture = Fixture::new();
    let step = asked_for_push(&fixture).await;
    fixture.http.push_events(stream::empty().boxed());
    fixture.http.push_json(200, &pending());
    fixture.http.push_events(stream::pending().boxed());
    fixture.http.push_json(200, &pending());
    fixture.http.push_json(200, &authenticated());
    done(step.wait().await.unwrap());
    assert_eq!(asked(&fixture), ["events", &id(LOGIN), "events", &id(LOGIN), &id(LOGIN)]);
}

#[tokio::test]
async fn the_outcome_can_be_awaited_without_giving_the_step_away() {
    let mut fixture = Fixture::new();
    fixture.ports.clock = Arc::new(FixedClock::default());
    let step = asked_for_push(&fixture).await;
    fixture.http.push_events(stream::iter([event(LOGIN, "pending")]).chain(stream::pending()).boxed());
    let mut changed = Box::pin(step.changed());
    while asked(&fixture).is_empty() {
        assert!((&mut changed).now_or_never().is_none());
        tokio::task::yield_now().await;
    }
    drop(changed);

    for _ in 0..2 {
        fixture.http.push_events(stream::iter([event(LOGIN, "authenticated")]).boxed());
        fixture.http.push_json(200, &authenticated());
    }
    step.changed().await.unwrap();
    done(step.wait().await.unwrap());
    let requests = fixture.http.requests();
    let collected: Vec<_> =
        requests.iter().filter(|request| request.url.ends_with(&id(LOGIN))).cloned().collect();
    let keys = idempotency_keys(&collected);
    assert_eq!(keys[0], keys[1], "the second time, the server repeats its answer");
}

#[tokio::test]
async fn other_ends_of_waiting() {
    for (status, answer, expected) in [
        (
            200,
            json!({"status": "denied", "login_id": id(LOGIN), "reason": "mistake"}),
            "Denied { reason: Mistake }",
        ),
        (200, json!({"status": "expired", "login_id": id(LOGIN)}), "Expired"),
        (410, serde_json::to_value(problem(ProblemCode::LoginExpired)).unwrap(), "Expired"),
        (200, mfa_required(&["totp"]), "MfaRequired("),
    ] {
        let fixture = Fixture::new();
        let step = asked_for_push(&fixture).await;
        for _ in 0..2 {
            fixture.http.push_events(stream::iter([event(LOGIN, "something")]).boxed());
            fixture.http.push_json(status, &answer);
        }
        step.changed().await.unwrap();
        let state = format!("{:?}", step.wait().await.unwrap());
        assert!(state.starts_with(expected), "{state}");
    }
}

#[tokio::test]
async fn waiting_outlasts_a_short_outage_and_gives_the_step_back_after_a_long_one() {
    let fixture = Fixture::new();
    let step = asked_for_push(&fixture).await;
    let failed = step.wait().await.unwrap_err();
    assert!(matches!(failed.error, Error::Offline { .. }));
    assert_eq!(asked(&fixture).iter().filter(|path| *path != "events").count(), 5);
    let step = waiting(*failed.state);
    for _ in 0..4 {
        fixture.http.push_error(HttpError::Unreachable { reason: "no route".to_owned() });
    }
    fixture.http.push_events(stream::iter([event(LOGIN, "authenticated")]).boxed());
    fixture.http.push_json(200, &authenticated());
    done(step.wait().await.unwrap());
}

#[tokio::test]
async fn a_refusal_ends_waiting_at_once() {
    let fixture = Fixture::new();
    let step = asked_for_push(&fixture).await;
    for _ in 0..2 {
        fixture.http.push_json(404, &problem(ProblemCode::LoginNotFound));
    }
    let failed = step.wait().await.unwrap_err();
    assert_eq!(refused(&failed.error), ProblemCode::LoginNotFound);
    waiting(*failed.state);
}

#[tokio::test]
async fn another_method_may_be_used_while_a_request_is_open() {
    let fixture = Fixture::new();
    let step = asked_for_push(&fixture).await.use_other_method();
    fixture.http.push_json(200, &authenticated());
    done(step.submit_code(MethodKind::Totp, code(), false).await.unwrap());
}

#[tokio::test]
async fn one_authenticator_may_be_asked_and_the_login_cancelled() {
    let fixture = Fixture::new();
    let step = required(&fixture, &["push"]).await;
    fixture.http.push_json(202, &pending());
    let step = waiting(step.request_push(Some(id(4).parse().unwrap()), true).await.unwrap());
    let sent = body(&fixture.http.requests()[1]);
    assert_eq!((&sent["enrolment_id"], &sent["trust_device"]), (&id(4).into(), &true.into()));
    let failed = step.cancel().await.unwrap_err();
    no_content(&fixture.http);
    waiting(*failed.state).cancel().await.unwrap();
}
