//! Event streams that do not hold: the server is asked instead, and the stream is tried again.

use std::time::Duration;

use countersign_protocol::push::ChallengeState;

use super::{
    Bench,
    inbox::{Seen, next},
};
use crate::{
    ports::{Clock as _, HttpError, HttpResponse},
    push::ConnectionState,
};

/// What a server or a proxy answers instead of events.
fn instead_of_events() -> Vec<(&'static str, Result<HttpResponse, HttpError>)> {
    let answer = |status, content_type: &str, body: &str| {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Ok(HttpResponse { status, headers, body: body.to_owned().into() })
    };
    vec![
        ("no such route, in words", answer(404, "text/html", "<h1>Not found</h1>")),
        ("not acceptable", answer(406, "text/plain", "Not acceptable")),
        ("a page", answer(200, "text/html", "<h1>Welcome to the hotel</h1>")),
        ("JSON", answer(200, "application/json", "{}")),
        ("a redirect", answer(302, "text/html", "")),
        ("a proxy without a server", answer(502, "text/html", "Bad gateway")),
        ("nothing in time", Err(HttpError::TimedOut)),
        ("a connection that breaks", Err(HttpError::Interrupted { reason: "reset".to_owned() })),
    ]
}

#[tokio::test]
async fn whatever_comes_instead_of_events_the_server_is_asked_and_the_stream_tried_again() {
    for (name, answer) in instead_of_events() {
        let bench = Bench::enrolled().await;
        bench.server.state().no_events = Some(answer);
        let inbox = bench.inbox().await;
        assert_eq!(next(&inbox).await, Seen::Connection(ConnectionState::Polling), "{name}");
        let first = bench.server.ask(1);
        assert_eq!(next(&inbox).await, Seen::Request(first), "{name}");
        bench.server.state().no_events = None;
        let events = bench.server.offer_stream();
        assert_eq!(next(&inbox).await, Seen::Connection(ConnectionState::Live), "{name}");
        events.send(first, ChallengeState::Approved);
        assert_eq!(next(&inbox).await, Seen::Closed(first, Some(ChallengeState::Approved)), "{name}");
    }
}

#[tokio::test]
async fn a_stream_that_is_held_back_does_not_count_until_it_is_heard() {
    let bench = Bench::enrolled().await;
    let events = bench.server.offer_held_stream();
    let inbox = bench.inbox().await;
    assert_eq!(next(&inbox).await, Seen::Connection(ConnectionState::Polling));
    let first = bench.server.ask(1);
    let latest = bench.clock.monotonic() + Duration::from_secs(5);
    assert_eq!(next(&inbox).await, Seen::Request(first));
    assert!(bench.clock.monotonic() <= latest, "asked as often as without a stream");
    bench.server.close_all();
    assert_eq!(next(&inbox).await, Seen::Closed(first, None), "and what is closed is learned by asking");

    events.send_text(": still here\n\n");
    assert_eq!(next(&inbox).await, Seen::Connection(ConnectionState::Live));
    assert_eq!(bench.streams_opened(), 1);
}

#[tokio::test]
async fn a_stream_that_ends_without_a_word_is_tried_again() {
    let bench = Bench::enrolled().await;
    drop(bench.server.offer_held_stream());
    let inbox = bench.inbox().await;
    assert_eq!(next(&inbox).await, Seen::Connection(ConnectionState::Polling));
    let _events = bench.server.offer_stream();
    assert_eq!(next(&inbox).await, Seen::Connection(ConnectionState::Live));
}

#[tokio::test]
async fn streams_that_drop_again_and_again_are_opened_less_and_less_often() {
    let bench = Bench::enrolled().await;
    for _ in 0..20 {
        drop(bench.server.offer_stream());
    }
    let (inbox, mut ids) = (bench.inbox().await, 1..);
    let mut opened = Vec::new();
    for minutes in [4, 8] {
        while bench.clock.monotonic() < Duration::from_mins(minutes) {
            // Each pass shows a request and takes it away, which needs nothing but asking.
            bench.server.ask(ids.next().unwrap());
            while !matches!(next(&inbox).await, Seen::Request(_)) {}
            bench.server.close_all();
            while !matches!(next(&inbox).await, Seen::Closed(..)) {}
        }
        opened.push(bench.streams_opened());
    }
    let (first, second) = (opened[0], opened[1]);
    assert!(first >= 5, "tried again {first} times");
    assert!(second - first <= 8, "a minute apart at most, and half a minute at least: {second} - {first}");
}
