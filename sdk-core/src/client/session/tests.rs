mod sharing;

use std::{sync::Arc, time::Duration};

use countersign_protocol::{Problem, account::TokenSet};
use futures_util::{FutureExt as _, future::join_all};
use serde_json::{Value, json};

use super::*;
use crate::{
    client::fixture::{Fixture, body, email, header, id, no_content, problem, tokens},
    ports::{Clock as _, HttpError, SecureStorage as _},
    testing::FixedClock,
};

/// What is stored of the session of [`email`] with the fixture's server.
const ENTRY: &str = "session.";

async fn begun(fixture: &Fixture) -> Session {
    let client = fixture.client();
    let device = client.device().await.unwrap();
    let tokens: TokenSet = serde_json::from_value(tokens("a1", 'r')).unwrap();
    Session::begin(&client, device, &email(), tokens).await.unwrap()
}

fn profile() -> Value {
    json!({
        "user_id": id(1), "tenant_id": id(2), "email": "mia@example.com", "name": "Mia", "roles": ["admin"],
    })
}

fn stored(fixture: &Fixture) -> Option<Value> {
    let entries = fixture.storage.entries();
    let entry = entries.iter().find(|(name, _)| name.starts_with(ENTRY));
    entry.map(|(_, text)| serde_json::from_str(text).unwrap())
}

/// The refresh token that is stored, by its letter.
fn stored_token(fixture: &Fixture) -> Option<char> {
    stored(fixture).and_then(|record| record["refresh_token"].as_str()?.chars().next())
}

/// The access token, or refresh token, that each request so far was sent with.
fn used(fixture: &Fixture) -> Vec<String> {
    let used = |request: &crate::ports::HttpRequest| match header(request, "authorization") {
        Some(access) => access.strip_prefix("DPoP ").unwrap().to_owned(),
        None => body(request)["refresh_token"].as_str().unwrap()[..1].to_owned(),
    };
    fixture.http.requests().iter().map(used).collect()
}

fn later(fixture: &Fixture, seconds: u64) {
    fixture.clock.advance(Duration::from_secs(seconds));
}

#[tokio::test]
async fn a_fresh_token_is_used_and_an_old_one_replaced_first() {
    let fixture = Fixture::new();
    let session = begun(&fixture).await;
    fixture.http.push_json(200, &profile());
    later(&fixture, 569);
    assert_eq!(session.profile().await.unwrap().name.as_str(), "Mia");
    later(&fixture, 1);
    let mut second = tokens("a2", 's');
    second["expires_at"] = "2026-01-31T12:20:00Z".into();
    fixture.http.push_json(200, &second);
    fixture.http.push_json(200, &profile());
    session.profile().await.unwrap();
    assert_eq!(used(&fixture), ["a1", "r", "a2"]);
    assert_eq!(stored_token(&fixture), Some('s'));
    assert_eq!(fixture.paths(), ["/user/profile", "/auth/refresh", "/user/profile"]);
    assert!(header(&fixture.http.requests()[1], "idempotency-key").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_tasks_ask_one_refreshes() {
    let fixture = Arc::new(Fixture::new());
    let session = begun(&fixture).await;
    later(&fixture, 600);
    let mut second = tokens("a2", 's');
    second["expires_at"] = "2026-01-31T12:20:00Z".into();
    fixture.http.push_json(200, &second);
    for _ in 0..64 {
        fixture.http.push_json(200, &profile());
    }
    let tasks = (0..64).map(|_| {
        let session = session.clone();
        tokio::spawn(async move { session.profile().await })
    });
    assert!(join_all(tasks).await.into_iter().all(|answer| answer.unwrap().is_ok()));
    let refreshes = fixture.paths().iter().filter(|path| *path == "/auth/refresh").count();
    assert_eq!(refreshes, 1);
}

#[tokio::test]
async fn a_token_that_the_server_does_not_take_is_replaced_once() {
    let fixture = Fixture::new();
    let session = begun(&fixture).await;
    fixture.http.push_json(401, &problem(ProblemCode::InvalidToken));
    fixture.http.push_json(200, &tokens("a2", 's'));
    fixture.http.push_json(201, &json!({
        "method_id": id(3), "otpauth_uri": "otpauth://totp/x?secret=JBSWY3DP", "secret": "JBSWY3DP", "qr_svg": "<svg/>",
    }));
    session.start_totp(None).await.unwrap();
    assert_eq!(used(&fixture), ["a1", "r", "a2"]);
    let requests = fixture.http.requests();
    assert_eq!(header(&requests[0], "idempotency-key"), header(&requests[2], "idempotency-key"));

    fixture.http.push_json(401, &problem(ProblemCode::InvalidToken));
    fixture.http.push_json(200, &tokens("a3", 't'));
    fixture.http.push_json(401, &problem(ProblemCode::InvalidToken));
    let error = session.profile().await.unwrap_err();
    assert!(matches!(error, Error::Refused(refusal) if refusal.code == ProblemCode::InvalidToken));
    assert_eq!(fixture.http.requests().len(), 6);
}

#[tokio::test]
async fn tasks_that_were_refused_with_one_token_share_its_successor() {
    let fixture = Fixture::new();
    let session = begun(&fixture).await;
    let refused = session.access(None).await.unwrap();
    fixture.http.push_json(200, &tokens("a2", 's'));
    for _ in 0..3 {
        assert_eq!(session.access(Some(&refused)).await.unwrap().token.expose(), "a2");
    }
    assert_eq!(fixture.http.requests().len(), 1);
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_with_the_same_token() {
    let fixture = Fixture::new();
    let session = begun(&fixture).await;
    for _ in 0..4 {
        fixture.http.push_error(HttpError::TimedOut);
    }
    assert!(matches!(session.refresh().await, Err(Error::Interrupted { .. })));
    assert!(matches!(session.refresh().await, Err(Error::Offline { .. })));
    fixture.http.push_json(200, &tokens("a2", 's'));
    session.refresh().await.unwrap();
    assert_eq!(used(&fixture), ["r"; 6]);
    assert_eq!(stored_token(&fixture), Some('s'));
}

#[tokio::test]
async fn a_successor_that_cannot_be_stored_is_not_used() {
    let fixture = Fixture::new();
    let session = begun(&fixture).await;
    fixture.http.push_json(200, &tokens("a2", 's'));
    fixture.storage.fail_set(1);
    assert!(matches!(session.refresh().await, Err(Error::Device { .. })));
    assert_eq!(stored_token(&fixture), Some('r'));
    fixture.http.push_json(200, &profile());
    session.profile().await.unwrap();
    fixture.http.push_json(200, &tokens("a3", 's'));
    session.refresh().await.unwrap();
    assert_eq!(used(&fixture), ["r", "a1", "r"]);
}

#[tokio::test]
async fn a_task_that_is_cancelled_while_it_refreshes_leaves_the_session_whole() {
    let mut fixture = Fixture::new();
    let clock = Arc::new(FixedClock::default());
    fixture.ports.clock = clock.clone();
    let session = begun(&fixture).await;
    fixture.http.push_error(HttpError::TimedOut);
    let mut refreshing = Box::pin(session.refresh());
    // Until it sleeps before asking again.
    while fixture.http.requests().is_empty() {
        assert!((&mut refreshing).now_or_never().is_none());
        tokio::task::yield_now().await;
    }
    assert!((&mut refreshing).now_or_never().is_none());
    drop(refreshing);
    fixture.http.push_json(200, &tokens("a2", 's'));
    session.refresh().await.unwrap();
    assert_eq!(used(&fixture), ["r", "r"]);
    assert_eq!(clock.monotonic(), Duration::ZERO);
}

#[tokio::test]
async fn the_server_ends_the_session_and_the_app_is_told() {
    let fixture = Fixture::new();
    let session = begun(&fixture).await;
    let mut ended = Box::pin(session.ended());
    assert!((&mut ended).now_or_never().is_none());
    let told = Problem { reason: Some(SessionEnd::TokenReused), ..problem(ProblemCode::SessionEnded) };
    fixture.http.push_json(401, &told);
    let expected = Error::SessionEnded { reason: Some(SessionEnd::TokenReused) };
    assert_eq!(session.profile().await.unwrap_err(), expected);
    assert_eq!(ended.await, Some(SessionEnd::TokenReused));
    assert_eq!(stored(&fixture), None);
    // From here on nothing is sent.
    assert_eq!(session.profile().await.unwrap_err(), expected);
    assert_eq!(session.ended().await, Some(SessionEnd::TokenReused));
    assert_eq!(fixture.http.requests().len(), 1);
}

#[tokio::test]
async fn a_refresh_token_that_is_not_taken_ends_the_session() {
    for (code, reason) in
        [(ProblemCode::InvalidToken, None), (ProblemCode::SessionEnded, Some(SessionEnd::Expired))]
    {
        let fixture = Fixture::new();
        let session = begun(&fixture).await;
        fixture.http.push_json(401, &Problem { reason, ..problem(code) });
        assert_eq!(session.refresh().await.unwrap_err(), Error::SessionEnded { reason });
        assert_eq!(session.ended().await, reason);
        assert_eq!(stored(&fixture), None);
    }
}

#[tokio::test]
async fn refusals_that_are_not_about_the_session_leave_it() {
    let fixture = Fixture::new();
    let session = begun(&fixture).await;
    fixture.http.push_json(429, &problem(ProblemCode::TooManyRequests));
    assert!(matches!(session.refresh().await, Err(Error::Refused(_))));
    assert!(session.ended().now_or_never().is_none());
    assert_eq!(stored_token(&fixture), Some('r'));
}

#[tokio::test]
async fn tokens_that_do_not_fit_are_neither_stored_nor_used() {
    for (member, value, problem) in [
        ("token_type", "Bearer".to_owned(), "not bound"),
        ("session_id", id(6), "another session"),
        ("refresh_token", "short".to_owned(), "another shape"),
    ] {
        let fixture = Fixture::new();
        let session = begun(&fixture).await;
        let mut wrong = tokens("a2", 's');
        wrong[member] = value.into();
        fixture.http.push_json(200, &wrong);
        let error = session.refresh().await.unwrap_err();
        assert!(matches!(error, Error::UnexpectedAnswer { reason, .. } if reason.contains(problem)));
        assert_eq!(stored_token(&fixture), Some('r'));
    }
}

#[tokio::test]
async fn a_session_outlives_the_app() {
    let fixture = Fixture::new();
    assert!(fixture.client().resume_session(&email()).await.unwrap().is_none());
    begun(&fixture).await;
    let spelled_otherwise = "mia@EXAMPLE.com".parse().unwrap();
    let session = fixture.client().resume_session(&spelled_otherwise).await.unwrap().unwrap();
    assert_eq!(session.id().to_string(), id(5));
    assert!(fixture.client().resume_session(&"bo@example.com".parse().unwrap()).await.unwrap().is_none());
    fixture.http.push_json(200, &tokens("a2", 's'));
    fixture.http.push_json(200, &profile());
    session.profile().await.unwrap();
    assert_eq!(used(&fixture), ["r", "a2"]);
}

#[tokio::test]
async fn a_stored_session_that_cannot_be_read_is_told_and_left() {
    for (damage, text) in [("cannot be read", "{}"), ("of version 2", "")] {
        let fixture = Fixture::new();
        begun(&fixture).await;
        let (name, whole) =
            fixture.storage.entries().into_iter().find(|(it, _)| it.starts_with(ENTRY)).unwrap();
        let newer = whole.replace("\"version\":1", "\"version\":2");
        let text = if text.is_empty() { &newer } else { text };
        fixture.storage.set(&name, text).unwrap();
        let error = fixture.client().resume_session(&email()).await.unwrap_err();
        assert!(matches!(error, Error::Damaged { reason } if reason.contains(damage)));
        assert_eq!(fixture.storage.entries()[&name], *text);
    }
    let fixture = Fixture::new();
    fixture.storage.set_locked(true);
    assert!(matches!(fixture.client().resume_session(&email()).await, Err(Error::Locked { .. })));
}

#[tokio::test]
async fn a_session_of_another_device_key_is_dropped() {
    let fixture = Fixture::new();
    begun(&fixture).await;
    let device = fixture.client().device().await.unwrap();
    fixture.ports.signer.delete(&device.key).unwrap();
    assert!(fixture.client().resume_session(&email()).await.unwrap().is_none());
    assert_eq!(stored(&fixture), None);
}

#[tokio::test]
async fn signing_out_ends_the_session_here_and_there() {
    let fixture = Fixture::new();
    let session = begun(&fixture).await;
    assert!(matches!(session.logout().await, Err(Error::Offline { .. })));
    assert_eq!(stored_token(&fixture), Some('r'), "it goes on while the server does not know");
    no_content(&fixture.http);
    session.logout().await.unwrap();
    assert_eq!(session.ended().await, Some(SessionEnd::LoggedOut));
    assert_eq!(stored(&fixture), None);
    assert_eq!(fixture.paths()[1], "/auth/logout");
}

#[tokio::test]
async fn signing_out_of_a_session_that_is_over_is_no_error() {
    let fixture = Fixture::new();
    let session = begun(&fixture).await;
    let told = Problem { reason: Some(SessionEnd::Expired), ..problem(ProblemCode::SessionEnded) };
    fixture.http.push_json(401, &told);
    session.logout().await.unwrap();
    assert_eq!(session.ended().await, Some(SessionEnd::Expired));
}

#[tokio::test]
async fn a_session_can_be_forgotten_without_a_network() {
    let fixture = Fixture::new();
    let session = begun(&fixture).await;
    fixture.storage.set_locked(true);
    assert!(matches!(session.forget().await, Err(Error::Locked { .. })));
    fixture.storage.set_locked(false);
    session.forget().await.unwrap();
    assert_eq!(stored(&fixture), None);
    assert!(matches!(session.profile().await, Err(Error::SessionEnded { .. })));
    assert!(fixture.http.requests().is_empty());
}
