//! What many callers do at once, mostly 64, on SQLite and on PostgreSQL. Each test is one run: those that are repeated
//! before a release go over the network, in `tests/tests/it/races.rs`.
//!
//! 64 callers are not 64 transactions side by side: a store runs four of them at once on PostgreSQL, so that eight are
//! on two nodes, and one on SQLite, where the order of callers is all that varies. The others wait for their turn.

use std::collections::HashSet;

use axum::http::StatusCode;
use countersign_protocol::login::{LoginOutcome, MfaRequired};
use futures_util::future::join_all;
use serde_json::json;
use tokio::sync::oneshot;

use super::{
    Device, PASSWORD, SignedIn, Stub,
    phone::{Phone, Word, ticket},
    sign_in::step,
    token_of,
};
use crate::{
    domain::{factors::Factor, login},
    store::{Database, users},
};

const MIA: &str = "mia@example.com";
/// Seconds that pass, and how many wrong guesses are checked then, of however many that are made at once.
const CHECKED: [(u64, usize); 3] = [(0, 3), (2, 1), (4, 1)];

on_each_database!(
    one_code_lets_one_in,
    one_refresh_token_has_one_successor,
    one_trust_token_has_one_successor,
    wrong_codes_are_checked_up_to_the_limit,
    wrong_passwords_are_checked_up_to_the_limit,
    logins_that_end_at_once_leave_ten_sessions,
    one_link_activates_once,
    one_ticket_enrols_one_device,
    asking_again_and_again_leaves_one_request,
    a_report_ends_what_is_asked_meanwhile,
    a_report_and_asking_again_happen_in_turn,
    one_key_is_enrolled_once
);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_code_lets_one_in_at_two_nodes() {
    let Some(database) = crate::testing::postgres().unwrap() else { return };
    let [here, there] = Stub::nodes(database).await;
    one_code_at([&here, &there]).await;
}

async fn one_code_lets_one_in(database: Database) {
    let stub = Stub::on(database).await;
    one_code_at([&stub, &stub]).await;
}

async fn one_code_at(nodes: [&Stub; 2]) {
    let stub = nodes[0];
    stub.account(MIA).await;
    let device = stub.device();
    let generator = device.enrol_totp(&device.signed_in(MIA).await).await;
    let mut logins = Vec::new();
    for _ in 0..8 {
        logins.push(device.waiting(MIA).await);
    }
    let code = generator.code(stub, 1);
    // Each login is verified at both nodes.
    let calls = (0..64).map(|n| device.verify(&logins[n / 2 % 8], &code).to(nodes[n % 2]).send());
    let replies = join_all(calls).await;
    let good = replies.iter().filter(|reply| reply.status == StatusCode::OK).count();
    assert_eq!(good, 1);
    for reply in replies.into_iter().filter(|reply| reply.status != StatusCode::OK) {
        let code = reply.json()["code"].as_str().unwrap().to_owned();
        assert!(
            ["wrong_code", "too_many_requests", "account_locked", "login_state"].contains(&&*code),
            "{code}"
        );
    }
    assert_eq!(stub.events("login_succeeded").await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_refresh_token_has_one_successor_at_two_nodes() {
    let Some(database) = crate::testing::postgres().unwrap() else { return };
    let [here, there] = Stub::nodes(database).await;
    one_successor_at([&here, &there]).await;
}

async fn one_refresh_token_has_one_successor(database: Database) {
    let stub = Stub::on(database).await;
    one_successor_at([&stub, &stub]).await;
}

async fn one_successor_at(nodes: [&Stub; 2]) {
    let stub = nodes[0];
    stub.account(MIA).await;
    let device = stub.device();
    let session = device.signed_in(MIA).await;
    let body = json!({"refresh_token": session.refresh});
    let calls = (0..64).map(|n| device.post("/auth/refresh", body.clone()).to(nodes[n % 2]).send());
    let replies = join_all(calls).await;
    let successors: HashSet<_> =
        replies.into_iter().map(|reply| SignedIn::from(&reply.ok(StatusCode::OK)).refresh).collect();
    assert_eq!(successors.len(), 1);
    let successor = json!({"refresh_token": successors.iter().next().unwrap()});
    device.post("/auth/refresh", successor).to(nodes[1]).send().await.ok(StatusCode::OK);
    let retired = device.post("/auth/refresh", body).send().await.refused("session_ended");
    assert_eq!(retired["reason"], "token_reused");
}

async fn one_trust_token_has_one_successor(database: Database) {
    let stub = Stub::on(database).await;
    stub.account(MIA).await;
    let device = stub.device();
    let generator = device.enrol_totp(&device.signed_in(MIA).await).await;
    let login = device.waiting(MIA).await;
    let code = generator.code(&stub, 1);
    let verify = json!({"login_id": login.login_id, "method": "totp", "code": code, "trust_device": true});
    let body = device.post("/mfa/verify", verify).send().await.ok(StatusCode::OK);
    let token = SignedIn::from(&body).trust.unwrap();
    // Five attempts may be under way at one password at a time.
    let logins = (0..5).map(|_| device.sign_in(MIA).header("x-trust-token", &token).send());
    let successors: HashSet<_> = join_all(logins)
        .await
        .into_iter()
        .map(|reply| SignedIn::from(&reply.ok(StatusCode::OK)).trust.unwrap())
        .collect();
    assert_eq!(successors.len(), 1);
}

async fn wrong_codes_are_checked_up_to_the_limit(database: Database) {
    let stub = Stub::on(database).await;
    stub.account(MIA).await;
    let device = stub.device();
    let generator = device.enrol_totp(&device.signed_in(MIA).await).await;
    let mut logins = Vec::new();
    for _ in 0..8 {
        logins.push(device.waiting(MIA).await);
    }
    let wrong = generator.wrong(&stub);
    for (pause, most) in CHECKED {
        stub.advance(pause);
        let replies = join_all((0..64).map(|n| device.verify(&logins[n % 8], &wrong).send())).await;
        let checked = replies.iter().filter(|reply| reply.json()["code"] == "wrong_code").count();
        assert_eq!(checked, most);
        let refused = ["wrong_code", "too_many_requests", "account_locked"];
        assert!(replies.iter().all(|reply| refused.contains(&reply.json()["code"].as_str().unwrap())));
    }
    assert_eq!(stub.events("authenticator_locked").await, 1);
}

async fn wrong_passwords_are_checked_up_to_the_limit(database: Database) {
    let stub = Stub::on(database).await;
    stub.account(MIA).await;
    let device = stub.device();
    for (pause, most) in CHECKED {
        stub.advance(pause);
        let replies = join_all((0..64).map(|_| device.wrong_password(MIA).send())).await;
        let checked = replies.iter().filter(|reply| reply.json()["code"] == "invalid_credentials").count();
        assert_eq!(checked, most);
        let refused = ["invalid_credentials", "too_many_requests"];
        assert!(replies.iter().all(|reply| refused.contains(&reply.json()["code"].as_str().unwrap())));
    }
    assert_eq!(stub.events("authenticator_locked").await, 1);
}

async fn logins_that_end_at_once_leave_ten_sessions(database: Database) {
    let stub = Stub::on(database).await;
    stub.account(MIA).await;
    let device = stub.device();
    device.enrol_totp(&device.signed_in(MIA).await).await;
    // Without a fingerprint, as a device that is recognised would make them wait for each other.
    let sign_in = json!({"email": MIA, "password": PASSWORD, "device": {"name": "x", "os": "y", "app": "z"}});
    let mut logins = Vec::new();
    for _ in 0..25 {
        let outcome = device.post("/auth/login", sign_in.clone()).send().await.outcome();
        let LoginOutcome::MfaRequired(login) = outcome else { panic!("{outcome:?}") };
        let finished = step(&stub, &login, |tx, world, source, login| {
            Box::pin(async move { login::finish(tx, world, &source, login, Factor::Push, false).await })
        });
        finished.await.unwrap();
        logins.push(login);
    }
    let collect = |login: &MfaRequired| device.get(&format!("/auth/logins/{}", login.login_id)).send();
    for login in &logins[..9] {
        collect(login).await.ok(StatusCode::OK);
    }
    let living = "SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL";
    assert_eq!(stub.count(living).await, 10);
    for reply in join_all(logins[9..].iter().map(collect)).await {
        reply.ok(StatusCode::OK);
    }
    assert_eq!(stub.count(living).await, 10);
    assert_eq!(stub.events("session_evicted").await, 16);
}

async fn one_link_activates_once(database: Database) {
    let stub = Stub::on(database).await;
    let device = stub.browser();
    device.post("/signup", super::sign_up(MIA)).send().await.ok(StatusCode::ACCEPTED);
    let body = json!({"token": token_of(&stub.mails(MIA).await[0].links[0])});
    let replies = join_all((0..64).map(|_| device.post("/auth/activate", body.clone()).send())).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == StatusCode::NO_CONTENT).count(), 1);
    assert_eq!(stub.events("account_activated").await, 1);
}

async fn one_ticket_enrols_one_device(database: Database) {
    let stub = Stub::on(database).await;
    stub.account(MIA).await;
    let laptop = stub.device();
    let session = laptop.signed_in(MIA).await;
    let ticket = ticket(&laptop, &session).await;
    let phones: Vec<_> = (0..64).map(|_| stub.device()).collect();
    let replies = join_all(phones.iter().map(|phone| phone.register(&ticket).send())).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == StatusCode::CREATED).count(), 1);
    for reply in replies.into_iter().filter(|reply| reply.status != StatusCode::CREATED) {
        reply.refused("invalid_ticket");
    }
    assert_eq!(stub.events("push_device_enrolled").await, 1);
    assert_eq!(stub.count("SELECT COUNT(*) FROM mfa_methods").await, 1);
}

/// A laptop whose login waits, and the phone that is asked.
async fn asked(stub: &Stub) -> (Device<'_>, Phone<'_>, MfaRequired) {
    stub.account(MIA).await;
    let laptop = stub.device();
    let phone = Phone::enrol(&laptop, &laptop.signed_in(MIA).await).await;
    let login = laptop.waiting(MIA).await;
    laptop.asked(&login).await;
    (laptop, phone, login)
}

async fn asking_again_and_again_leaves_one_request(database: Database) {
    let stub = Stub::on(database).await;
    let (laptop, phone, login) = asked(&stub).await;
    let replies = join_all((0..16).map(|_| laptop.ask(&login).send())).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == StatusCode::ACCEPTED).count(), 4);
    for reply in replies.into_iter().filter(|reply| reply.status != StatusCode::ACCEPTED) {
        reply.refused("too_many_requests");
    }
    phone.request().await;
}

async fn a_report_ends_what_is_asked_meanwhile(database: Database) {
    let stub = Stub::on(database).await;
    let (laptop, phone, _) = asked(&stub).await;
    let request = phone.request().await;
    let mut logins = Vec::new();
    for _ in 0..4 {
        logins.push(laptop.waiting(MIA).await);
    }
    let asks = join_all((0..16).map(|n| laptop.ask(&logins[n % 4]).send()));
    let (done, asks) = tokio::join!(phone.answer(&request, Word::NotMe).send(), asks);
    done.ok(StatusCode::OK);
    for ask in asks.into_iter().filter(|ask| ask.status != StatusCode::ACCEPTED) {
        let code = ask.json()["code"].as_str().unwrap().to_owned();
        assert!(["push_locked", "too_many_requests"].contains(&&*code), "{code}");
    }
    assert!(phone.requests().await.is_empty());
    assert_eq!(stub.count("SELECT COUNT(*) FROM mfa_push_challenges WHERE state = 'open'").await, 0);
}

async fn a_report_and_asking_again_happen_in_turn(database: Database) {
    let stub = Stub::on(database).await;
    let (laptop, phone, login) = asked(&stub).await;
    let request = phone.request().await;
    let asks = join_all((0..16).map(|_| laptop.ask(&login).send()));
    let reports = join_all((0..4).map(|_| phone.answer(&request, Word::NotMe).send()));
    let (reports, asks) = tokio::join!(reports, asks);
    let known = ["login_state", "push_locked", "too_many_requests", "challenge_closed"];
    for reply in reports.into_iter().chain(asks).filter(|reply| !reply.status.is_success()) {
        let code = reply.json()["code"].as_str().unwrap().to_owned();
        assert!(known.contains(&&*code), "{code}");
    }
}

/// Whoever asks a user holds the user, then closes what is open. A report that came to the open request first, and to
/// the user second, would stand in its way.
#[tokio::test]
async fn a_report_waits_while_its_user_is_asked() {
    const WAITING: &str =
        "SELECT COUNT(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))";
    let Some(database) = crate::testing::postgres().unwrap() else { return };
    let stub = Stub::on(database).await;
    let (_, phone, login) = asked(&stub).await;
    let request = phone.request().await;
    let (locked, is_locked) = oneshot::channel();
    let ask = stub.world.transact(move |tx| {
        Box::pin(async move {
            users::lock_by_login(tx, login.login_id).await?;
            locked.send(()).unwrap();
            while sqlx::query_scalar::<_, i64>(WAITING).fetch_one(tx.connection()).await.unwrap() == 0 {
                tokio::task::yield_now().await;
            }
            let supersede = sqlx::query("UPDATE mfa_push_challenges SET state = 'superseded'");
            supersede.execute(tx.connection()).await.unwrap();
            Ok(())
        })
    });
    let report = async {
        is_locked.await.unwrap();
        phone.answer(&request, Word::NotMe).send().await
    };
    let (asked, reported) = tokio::join!(ask, report);
    asked.unwrap();
    reported.refused("challenge_closed");
}

async fn one_key_is_enrolled_once(database: Database) {
    let stub = Stub::on(database).await;
    stub.account(MIA).await;
    let laptop = stub.device();
    let session = laptop.signed_in(MIA).await;
    let mut tickets = Vec::new();
    for _ in 0..8 {
        tickets.push(ticket(&laptop, &session).await);
    }
    let phone = stub.device();
    let replies = join_all(tickets.iter().map(|ticket| phone.register(ticket).send())).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == StatusCode::CREATED).count(), 1);
    for reply in replies.into_iter().filter(|reply| reply.status != StatusCode::CREATED) {
        let code = reply.json()["code"].as_str().unwrap().to_owned();
        assert!(["invalid_signature", "unavailable"].contains(&&*code), "{code}");
    }
    assert_eq!(stub.count("SELECT COUNT(*) FROM mfa_methods").await, 1);
    assert_eq!(stub.count("SELECT COUNT(*) FROM enrolment_tickets WHERE used_at IS NOT NULL").await, 1);
}
