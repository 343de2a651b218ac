//! The stream of what happens. The clock moves only when the inbox waits with nothing to do.

use std::{sync::mpsc, time::Duration};

use countersign_protocol::{
    ProblemCode,
    claims::Header,
    ids::ChallengeId,
    push::{Capability, ChallengeState, DenyReason},
};
use tokio::runtime::Handle;

use super::{
    Bench,
    server::{NUMBER, Server},
};
use crate::{
    Error,
    ports::Clock as _,
    push::{ConnectionState, InboxEvent, PushInbox},
};

/// An event in a form that can be compared.
#[derive(Debug, PartialEq)]
pub(super) enum Seen {
    Request(ChallengeId),
    Closed(ChallengeId, Option<ChallengeState>),
    Connection(ConnectionState),
}

pub(super) async fn next(inbox: &PushInbox) -> Seen {
    match inbox.next().await.unwrap().unwrap() {
        InboxEvent::Request(request) => Seen::Request(request.challenge_id()),
        InboxEvent::Closed { challenge_id, state } => Seen::Closed(challenge_id, state),
        InboxEvent::Connection(connection) => Seen::Connection(connection),
    }
}

impl Bench {
    pub(super) async fn inbox(&self) -> PushInbox {
        self.authenticator.inbox(Server::enrolment_id()).await.unwrap()
    }

    pub(super) fn streams_opened(&self) -> usize {
        self.server.state().calls.iter().filter(|call| *call == "STREAM").count()
    }
}

#[tokio::test]
async fn events_wake_and_requests_are_fetched() {
    let bench = Bench::enrolled().await;
    let events = bench.server.offer_stream();
    let first = bench.server.ask(1);
    let inbox = bench.inbox().await;
    assert_eq!(next(&inbox).await, Seen::Connection(ConnectionState::Live));
    assert_eq!(next(&inbox).await, Seen::Request(first), "it waited before the stream was open");

    let second = bench.server.ask(2);
    events.send(second, ChallengeState::Open);
    assert_eq!(next(&inbox).await, Seen::Request(second));
    events.send(first, ChallengeState::Superseded);
    events.send(second, ChallengeState::Approved);
    assert_eq!(next(&inbox).await, Seen::Closed(first, Some(ChallengeState::Superseded)));
    assert_eq!(next(&inbox).await, Seen::Closed(second, Some(ChallengeState::Approved)));
}

#[tokio::test]
async fn what_is_repeated_reordered_or_replayed_is_shown_once() {
    let bench = Bench::enrolled().await;
    let events = bench.server.offer_stream();
    let inbox = bench.inbox().await;
    assert_eq!(next(&inbox).await, Seen::Connection(ConnectionState::Live));
    let (first, second) = (bench.server.ask(1), bench.server.ask(2));
    events.send(second, ChallengeState::Open);
    events.send(first, ChallengeState::Open);
    events.send(first, ChallengeState::Open);
    assert_eq!(next(&inbox).await, Seen::Request(first), "in the order in which they were made");
    assert_eq!(next(&inbox).await, Seen::Request(second));

    events.send(first, ChallengeState::Denied);
    events.send(first, ChallengeState::Denied);
    // It is still listed, and announced anew: a replay.
    events.send(first, ChallengeState::Open);
    events.send(second, ChallengeState::Superseded);
    assert_eq!(next(&inbox).await, Seen::Closed(first, Some(ChallengeState::Denied)));
    assert_eq!(next(&inbox).await, Seen::Closed(second, Some(ChallengeState::Superseded)));
    let third = bench.server.ask(3);
    events.send(third, ChallengeState::Open);
    assert_eq!(next(&inbox).await, Seen::Request(third));
}

#[tokio::test]
async fn without_a_stream_the_server_is_asked() {
    let bench = Bench::enrolled().await;
    let inbox = bench.inbox().await;
    assert_eq!(next(&inbox).await, Seen::Connection(ConnectionState::Polling));
    let first = bench.server.ask(1);
    let latest = bench.clock.monotonic() + Duration::from_secs(5);
    assert_eq!(next(&inbox).await, Seen::Request(first));
    assert!(bench.clock.monotonic() <= latest);
    bench.server.close_all();
    assert_eq!(next(&inbox).await, Seen::Closed(first, None), "nobody said how");
}

#[tokio::test]
async fn a_server_that_cannot_stream_is_not_asked_to() {
    let bench = Bench::new();
    bench.server.state().lies.receipt =
        |receipt| receipt.capabilities.retain(|one| *one != Capability::EventStream);
    bench.enroll().await.unwrap();
    let inbox = bench.inbox().await;
    assert_eq!(next(&inbox).await, Seen::Connection(ConnectionState::Polling));
    let first = bench.server.ask(1);
    assert_eq!(next(&inbox).await, Seen::Request(first));
    assert_eq!(bench.streams_opened(), 0);
}

#[tokio::test]
async fn a_stream_that_drops_is_bridged_by_asking_and_opened_again() {
    let bench = Bench::enrolled().await;
    let events = bench.server.offer_stream();
    let inbox = bench.inbox().await;
    assert_eq!(next(&inbox).await, Seen::Connection(ConnectionState::Live));
    let first = bench.server.ask(1);
    drop(events);
    assert_eq!(next(&inbox).await, Seen::Connection(ConnectionState::Polling));
    assert_eq!(next(&inbox).await, Seen::Request(first), "asked at once");

    let events = bench.server.offer_stream();
    assert_eq!(next(&inbox).await, Seen::Connection(ConnectionState::Live));
    events.send(first, ChallengeState::Approved);
    assert_eq!(next(&inbox).await, Seen::Closed(first, Some(ChallengeState::Approved)));
}

#[tokio::test]
async fn events_that_cannot_be_read_end_the_stream_not_the_inbox() {
    for text in ["event: request\ndata: {\n\n", "event: closed\ndata: {\"challenge_id\":1}\n\n"] {
        let bench = Bench::enrolled().await;
        let events = bench.server.offer_stream();
        let inbox = bench.inbox().await;
        assert_eq!(next(&inbox).await, Seen::Connection(ConnectionState::Live));
        events.send_text("event: weather\ndata: rain\n\n");
        events.send_text(text);
        assert_eq!(next(&inbox).await, Seen::Connection(ConnectionState::Polling), "{text}");
        assert!(events.is_closed());
    }
}

#[tokio::test]
async fn reconnecting_waits_longer_each_time_and_at_most_a_minute() {
    let bench = Bench::enrolled().await;
    let inbox = bench.inbox().await;
    assert_eq!(next(&inbox).await, Seen::Connection(ConnectionState::Polling));
    // Each is shown and closed: two polls of five seconds.
    for id in 1..=100 {
        let one = bench.server.ask(id);
        assert_eq!(next(&inbox).await, Seen::Request(one));
        bench.server.close_all();
        assert_eq!(next(&inbox).await, Seen::Closed(one, None));
    }
    let (opened, minutes) = (bench.streams_opened(), bench.clock.monotonic().as_secs() / 60);
    let opened = u64::try_from(opened).unwrap();
    assert!((minutes..=2 * minutes + 12).contains(&opened), "{opened} times in {minutes} minutes");
}

#[tokio::test]
async fn a_request_that_runs_out_is_closed_by_the_servers_clock() {
    let bench = Bench::enrolled().await;
    bench.server.state().ahead = 300;
    let _events = bench.server.offer_stream();
    let first = bench.server.ask(1);
    let inbox = bench.inbox().await;
    assert_eq!(next(&inbox).await, Seen::Connection(ConnectionState::Live));
    let shown_at = bench.clock.monotonic();
    assert_eq!(next(&inbox).await, Seen::Request(first));
    assert_eq!(next(&inbox).await, Seen::Closed(first, Some(ChallengeState::Expired)));
    let lived = bench.clock.monotonic().saturating_sub(shown_at);
    assert!((Duration::from_secs(59)..=Duration::from_secs(61)).contains(&lived), "{lived:?}");
}

#[tokio::test]
async fn a_stream_that_died_without_a_word_is_noticed() {
    let bench = Bench::enrolled().await;
    let _events = bench.server.offer_stream();
    let inbox = bench.inbox().await;
    assert_eq!(next(&inbox).await, Seen::Connection(ConnectionState::Live));
    let first = bench.server.ask(1);
    assert_eq!(next(&inbox).await, Seen::Connection(ConnectionState::Polling), "it is given up");
    assert_eq!(next(&inbox).await, Seen::Request(first), "nothing announced it");
    let _events = bench.server.offer_stream();
    assert_eq!(next(&inbox).await, Seen::Connection(ConnectionState::Live));
}

#[tokio::test]
async fn being_offline_is_an_event() {
    let bench = Bench::enrolled().await;
    bench.server.state().unreachable = true;
    let inbox = bench.inbox().await;
    assert_eq!(next(&inbox).await, Seen::Connection(ConnectionState::Offline));
    bench.server.state().unreachable = false;
    let first = bench.server.ask(1);
    let _events = bench.server.offer_stream();
    assert_eq!(next(&inbox).await, Seen::Connection(ConnectionState::Live));
    assert_eq!(next(&inbox).await, Seen::Request(first));
}

#[tokio::test]
async fn what_is_answered_here_is_closed_here() {
    let bench = Bench::enrolled().await;
    let inbox = bench.inbox().await;
    assert_eq!(next(&inbox).await, Seen::Connection(ConnectionState::Polling));
    let (first, second) = (bench.server.ask(1), bench.server.ask(2));
    let mut requests = bench.pending().await;
    assert_eq!(next(&inbox).await, Seen::Request(first));
    assert_eq!(next(&inbox).await, Seen::Request(second));
    bench.authenticator.approve(&requests.remove(0), NUMBER.parse().unwrap()).await.unwrap();
    bench.authenticator.deny(&requests.remove(0), DenyReason::NotMe).await.unwrap();
    assert_eq!(next(&inbox).await, Seen::Closed(first, Some(ChallengeState::Approved)));
    assert_eq!(next(&inbox).await, Seen::Closed(second, Some(ChallengeState::Denied)));
}

#[tokio::test]
async fn a_lie_is_told_once_and_the_inbox_goes_on() {
    let bench = Bench::enrolled().await;
    let inbox = bench.inbox().await;
    let forged = Header::new("forged").versioned().with_kid(bench.server.kid("push 1"));
    bench.server.ask_signed(bench.server.sign("stranger", &forged, &bench.server.claims(9)));
    assert_eq!(next(&inbox).await, Seen::Connection(ConnectionState::Polling));
    assert!(matches!(inbox.next().await, Err(Error::NotAuthentic { .. })));
    let first = bench.server.ask(1);
    assert_eq!(next(&inbox).await, Seen::Request(first), "the forged one is listed still, and told no more");

    bench.server.state().key_set_version = 1;
    assert!(matches!(inbox.next().await, Err(Error::NotAuthentic { .. })), "the key set went back");
    assert_eq!(next(&inbox).await, Seen::Closed(first, Some(ChallengeState::Expired)), "and told no more");
}

#[tokio::test]
async fn an_enrolment_that_the_server_forgot_is_the_last_thing_told() {
    let bench = Bench::enrolled().await;
    let _events = bench.server.offer_stream();
    let inbox = bench.inbox().await;
    assert_eq!(next(&inbox).await, Seen::Connection(ConnectionState::Live));
    bench.server.state().enrolment = None;
    let Err(Error::Refused(refusal)) = inbox.next().await else { panic!("it is gone") };
    assert_eq!(refusal.code, ProblemCode::EnrolmentNotFound);
    assert!(inbox.next().await.unwrap().is_none());
}

#[tokio::test]
async fn closing_ends_a_waiting_call_and_the_connection() {
    let bench = Bench::enrolled().await;
    let events = bench.server.offer_stream();
    let inbox = bench.inbox().await;
    assert_eq!(next(&inbox).await, Seen::Connection(ConnectionState::Live));
    let close = async {
        tokio::task::yield_now().await;
        inbox.close();
    };
    let (event, ()) = tokio::join!(inbox.next(), close);
    assert!(event.unwrap().is_none());
    assert!(events.is_closed());
    assert!(inbox.next().await.unwrap().is_none());
}

#[tokio::test]
async fn closing_between_calls_closes_the_connection() {
    let bench = Bench::enrolled().await;
    let events = bench.server.offer_stream();
    let inbox = bench.inbox().await;
    assert_eq!(next(&inbox).await, Seen::Connection(ConnectionState::Live));
    inbox.close();
    assert!(events.is_closed());
}

#[tokio::test]
async fn removing_the_enrolment_ends_its_inbox() {
    let bench = Bench::enrolled().await;
    let events = bench.server.offer_stream();
    let inbox = bench.inbox().await;
    assert_eq!(next(&inbox).await, Seen::Connection(ConnectionState::Live));
    bench.authenticator.remove(Server::enrolment_id()).await.unwrap();
    assert!(inbox.next().await.unwrap().is_none());
    assert!(events.is_closed());
}

#[tokio::test]
async fn an_inbox_that_asks_while_its_enrolment_is_removed_ends_without_an_error() {
    let bench = Bench::enrolled().await;
    let inbox = bench.inbox().await;
    assert_eq!(next(&inbox).await, Seen::Connection(ConnectionState::Polling));
    // The server knows the enrolment no more, and this device still does.
    let (runtime, (told, hears)) = (Handle::current(), mpsc::channel());
    bench.signer.at_deleting(move || {
        told.send(runtime.block_on(inbox.next())).ok();
        Ok(())
    });
    bench.authenticator.remove(Server::enrolment_id()).await.unwrap();
    assert!(matches!(hears.recv().unwrap(), Ok(None)));
}

#[tokio::test]
async fn an_enrolment_that_could_not_be_erased_is_in_use_until_it_can() {
    let bench = Bench::enrolled().await;
    let inbox = bench.inbox().await;
    assert_eq!(next(&inbox).await, Seen::Connection(ConnectionState::Polling));
    bench.signer.stick(true);
    let failed = bench.authenticator.remove(Server::enrolment_id()).await;
    assert!(matches!(failed, Err(Error::Device { .. })), "{failed:?}");
    // The server has removed it. That is news again.
    let gone = inbox.next().await;
    assert!(matches!(gone, Err(Error::Refused(refusal)) if refusal.code == ProblemCode::EnrolmentNotFound));
    bench.signer.stick(false);
    bench.authenticator.remove(Server::enrolment_id()).await.unwrap();
    assert!(inbox.next().await.unwrap().is_none());
    assert_eq!(bench.storage.entries().len(), 0);
}

#[tokio::test]
async fn a_call_that_is_dropped_loses_nothing() {
    let bench = Bench::enrolled().await;
    let events = bench.server.offer_stream();
    let inbox = bench.inbox().await;
    let first = bench.server.ask(1);
    // Dropped at every point where it has to wait, until it is through.
    let mut polls = 0;
    let event = loop {
        polls += 1;
        assert!(polls < 100_000, "it never gets through");
        let mut call = Box::pin(inbox.next());
        match futures_util::poll!(&mut call) {
            std::task::Poll::Ready(event) => break event,
            // What it waits for goes on in another thread; given time now and then, it gets further.
            std::task::Poll::Pending if polls % 2 == 0 => drop(call),
            std::task::Poll::Pending => break call.await,
        }
    };
    assert!(matches!(event, Ok(Some(InboxEvent::Connection(ConnectionState::Live)))));
    assert_eq!(next(&inbox).await, Seen::Request(first));
    events.send(first, ChallengeState::Denied);
    assert_eq!(next(&inbox).await, Seen::Closed(first, Some(ChallengeState::Denied)));
}
