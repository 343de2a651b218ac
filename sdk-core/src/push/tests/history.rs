//! What is kept of what was asked.

use std::{sync::Arc, time::Duration};

use countersign_protocol::{
    ids::ChallengeId,
    push::{ChallengeState, DenyReason},
};

use super::{
    Bench,
    inbox::{Seen, next},
    server::{NUMBER, Server},
};
use crate::{
    Error,
    ports::SecureStorage as _,
    push::{HistoryEntry, Outcome, history::History, records::Records},
};

impl Bench {
    async fn history(&self) -> Vec<HistoryEntry> {
        self.authenticator.history(Some(Server::enrolment_id())).await.unwrap()
    }

    async fn outcomes(&self) -> Vec<(ChallengeId, Outcome)> {
        self.history().await.iter().map(|entry| (entry.challenge_id, entry.outcome)).collect()
    }
}

#[tokio::test]
async fn what_was_asked_is_told_with_how_it_ended_also_after_a_restart() {
    let mut bench = Bench::enrolled().await;
    let (first, second, third) = (bench.server.ask(1), bench.server.ask(2), bench.server.ask(3));
    let requests = bench.pending().await;
    assert_eq!(bench.outcomes().await.len(), 3);
    assert!(
        bench.history().await.iter().all(|entry| entry.outcome == Outcome::Open && entry.ended_at.is_none())
    );

    bench.clock.advance(Duration::from_secs(7));
    bench.authenticator.approve(&requests[0], NUMBER.parse().unwrap()).await.unwrap();
    bench.authenticator.approve(&requests[1], "43".parse().unwrap()).await.unwrap_err();
    bench.authenticator.deny(&requests[2], DenyReason::NotMe).await.unwrap();
    let fourth = bench.asked_as(4).await;
    bench.authenticator.deny(&fourth, DenyReason::Mistake).await.unwrap();
    for _ in 0..2 {
        assert_eq!(
            bench.outcomes().await,
            [
                (fourth.challenge_id(), Outcome::Denied),
                (third, Outcome::NotMe),
                (second, Outcome::WrongNumber),
                (first, Outcome::Approved)
            ]
        );
        bench.restart();
    }
    let all = bench.authenticator.history(None).await.unwrap();
    let entry = all.last().unwrap();
    assert_eq!(entry.application.as_str(), "Acme");
    assert_eq!((entry.account.as_str(), entry.address.as_str()), ("mia@example.com", "192.0.2.1"));
    assert_eq!((entry.place.as_deref(), entry.device.as_str()), (Some("Berlin"), "Laptop"));
    assert_eq!(entry.ended_at.unwrap().since(entry.requested_at), Duration::from_secs(7));
}

impl Bench {
    async fn asked_as(&self, id: u128) -> super::Request {
        self.clock.advance(Duration::from_secs(1));
        let asked = self.server.ask(id);
        self.pending().await.into_iter().find(|request| request.challenge_id() == asked).unwrap()
    }
}

#[tokio::test]
async fn what_others_did_is_told_as_theirs() {
    let bench = Bench::enrolled().await;
    let events = bench.server.offer_stream();
    let asked = [1, 2, 3, 4].map(|id| bench.server.ask(id));
    let inbox = bench.inbox().await;
    next(&inbox).await;
    for challenge in asked {
        assert_eq!(next(&inbox).await, Seen::Request(challenge));
    }
    let states = [ChallengeState::Approved, ChallengeState::Denied, ChallengeState::Superseded];
    for (challenge, state) in asked.into_iter().zip(states) {
        events.send(challenge, state);
        assert_eq!(next(&inbox).await, Seen::Closed(challenge, Some(state)));
    }
    assert_eq!(next(&inbox).await, Seen::Closed(asked[3], Some(ChallengeState::Expired)));
    let outcomes: Vec<_> = bench.outcomes().await.into_iter().rev().map(|(_, outcome)| outcome).collect();
    let [theirs, superseded, expired] = [Outcome::AnsweredElsewhere, Outcome::Superseded, Outcome::Expired];
    assert_eq!(outcomes, [theirs, theirs, superseded, expired]);
}

#[tokio::test]
async fn the_answer_of_this_device_counts_whoever_tells_first() {
    let bench = Bench::enrolled().await;
    let events = bench.server.offer_stream();
    let inbox = bench.inbox().await;
    next(&inbox).await;
    let request = bench.asked().await;
    events.send(request.challenge_id(), ChallengeState::Open);
    assert_eq!(next(&inbox).await, Seen::Request(request.challenge_id()));
    // The server's event overtakes its answer.
    events.send(request.challenge_id(), ChallengeState::Approved);
    assert!(matches!(next(&inbox).await, Seen::Closed(..)));
    bench.authenticator.approve(&request, NUMBER.parse().unwrap()).await.unwrap();
    assert_eq!(bench.outcomes().await[0].1, Outcome::Approved);
}

#[tokio::test]
async fn what_ended_while_nobody_looked_is_not_made_up() {
    let mut bench = Bench::enrolled().await;
    bench.asked().await;
    bench.server.close_all();
    bench.restart();
    assert_eq!(bench.outcomes().await[0].1, Outcome::Open, "it may wait still");
    bench.clock.advance(Duration::from_mins(1));
    assert_eq!(bench.outcomes().await[0].1, Outcome::Closed);
}

#[tokio::test]
async fn nothing_waits_for_the_history_and_nothing_in_it_came_too_early() {
    let mut bench = Bench::enrolled().await;
    bench.storage.fail_set(1);
    let request = bench.asked().await;
    // Not taken by the server: not in the history.
    bench.server.state().lost_answers = ("/mfa/push/respond", 4);
    bench.authenticator.approve(&request, NUMBER.parse().unwrap()).await.unwrap_err();
    assert_eq!(
        bench.outcomes().await,
        [(request.challenge_id(), Outcome::Open)],
        "noted when storage works again"
    );
    bench.storage.fail_set(1);
    bench.authenticator.approve(&request, NUMBER.parse().unwrap()).await.unwrap();
    assert_eq!(bench.outcomes().await, [(request.challenge_id(), Outcome::Approved)]);
    bench.restart();
    assert_eq!(bench.outcomes().await, [(request.challenge_id(), Outcome::Approved)]);
}

#[tokio::test]
async fn the_oldest_go_and_an_end_finds_its_place() {
    let mut bench = Bench::enrolled().await;
    let mut last = None;
    for id in 1..=450 {
        let request = bench.asked_as(id).await;
        bench.authenticator.deny(&request, DenyReason::Other).await.unwrap();
        last = Some(request.challenge_id());
    }
    let before = bench.outcomes().await;
    assert_eq!(before.len(), 200);
    assert_eq!(before[0], (last.unwrap(), Outcome::Denied));
    assert!(before.iter().all(|(_, outcome)| *outcome == Outcome::Denied));
    let pages = bench.storage.entries().keys().filter(|name| name.contains(".history.")).count();
    assert_eq!(pages, 40);
    bench.restart();
    assert_eq!(bench.outcomes().await, before);
    bench.authenticator.remove(Server::enrolment_id()).await.unwrap();
    assert_eq!(bench.storage.entries().len(), 0, "it goes with its enrolment");
}

#[tokio::test]
async fn nothing_is_written_after_the_enrolment_was_erased_but_after_a_failed_erasing() {
    let bench = Bench::enrolled().await;
    let request = bench.asked().await;
    let records = Arc::new(Records::new(bench.ports.storage.clone(), bench.ports.signer.clone()));
    let history = Arc::new(History::new(records.handles().unwrap().remove(0), records));
    let (now, challenge) = (request.issued_at(), request.challenge_id());
    bench.signer.stick(true);
    history.erase().unwrap_err();
    let before = bench.storage.entries();
    history.ended(challenge, Outcome::Superseded, now);
    history.keep(Duration::ZERO).await.unwrap();
    assert_ne!(bench.storage.entries(), before, "its end is kept");
    bench.signer.stick(false);
    history.erase().unwrap();
    history.believed(&request, now);
    history.ended(challenge, Outcome::Denied, now);
    history.keep(Duration::ZERO).await.unwrap();
    assert_eq!(bench.storage.entries().len(), 0);
}

#[tokio::test]
async fn a_storage_that_takes_nothing_is_tried_again_after_a_pause() {
    let bench = Bench::enrolled().await;
    let inbox = bench.inbox().await;
    next(&inbox).await;
    bench.storage.fail_set(1);
    // It is this that fails; everything after it would work.
    let first = bench.asked().await.challenge_id();
    let kept = || bench.storage.entries().keys().any(|name| name.contains(".history."));
    assert_eq!(next(&inbox).await, Seen::Request(first));
    bench.pending().await;
    assert!(!kept());
    bench.clock.advance(Duration::from_mins(1));
    assert_eq!(next(&inbox).await, Seen::Closed(first, Some(ChallengeState::Expired)));
    assert!(kept());
    assert_eq!(bench.outcomes().await, [(first, Outcome::Expired)]);
}

#[tokio::test]
async fn the_longest_texts_fit() {
    let bench = Bench::enrolled().await;
    let long = "𓀀".repeat(64);
    let mut claims = bench.server.claims(1);
    claims.context.origin.place = Some(long.clone());
    for text in
        [&mut claims.context.device.name, &mut claims.context.device.os, &mut claims.context.device.app]
    {
        *text = long.parse().unwrap();
    }
    for id in 1..=45 {
        claims.jti = bench.server.claims(id).jti;
        bench.server.ask_signed(bench.server.sign_request("push 1", &claims));
        let request = bench.pending().await.remove(0);
        bench.authenticator.deny(&request, DenyReason::NotMe).await.unwrap();
    }
    let history = bench.history().await;
    assert_eq!((history[0].outcome, history[0].device.chars().count()), (Outcome::NotMe, 60));
    assert_eq!(history.len(), 40, "one on each page");
}

#[tokio::test]
async fn a_damaged_page_is_told_left_alone_and_stops_no_answer() {
    for (damage, newer) in [("1.!", false), ("1.e30", false), ("2.e30", true)] {
        let mut bench = Bench::enrolled().await;
        bench.asked().await;
        let entries = bench.storage.entries();
        let page = entries.keys().find(|name| name.contains(".history.")).unwrap();
        bench.storage.set(page, damage).unwrap();
        bench.restart();
        let history = bench.authenticator.history(None).await;
        assert!(
            matches!(&history, Err(Error::Damaged { reason }) if reason.contains("update the app") == newer)
        );
        let request = bench.pending().await.remove(0);
        bench.authenticator.approve(&request, NUMBER.parse().unwrap()).await.unwrap();
        assert_eq!(bench.storage.get(page).unwrap().as_deref(), Some(damage));
    }
}
