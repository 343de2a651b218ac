//! What is deleted when it is over, and what stays.

use std::{sync::Arc, time::Duration};

use axum::http::StatusCode;
use futures_util::poll;
use serde_json::json;
use tokio::sync::oneshot;

use super::{Stub, phone::Phone};
use crate::{
    Config,
    domain::{
        limits::{self, AccountKey},
        maintenance::{delete_over, run},
    },
    realms::{DEFAULT, Realms},
    store::{Database, StoreError},
    world::World,
};

const MIA: &str = "mia@example.com";
const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

on_each_database!(what_is_over_is_deleted_in_its_time, many_rows_are_deleted_in_batches);

/// Asserts how many rows there are after a round of maintenance.
async fn left(stub: &Stub, counts: &[(&'static str, i64)]) {
    delete_over(&stub.world).await.unwrap();
    for (count, expected) in counts {
        assert_eq!(stub.count(count).await, *expected, "{count}");
    }
}

const ANSWERS: &str = "SELECT COUNT(*) FROM idempotency";
const TICKETS: &str = "SELECT COUNT(*) FROM enrolment_tickets";
const LOGINS: &str = "SELECT COUNT(*) FROM logins";
const CHALLENGES: &str = "SELECT COUNT(*) FROM mfa_push_challenges";
const REQUESTS: &str = "SELECT COUNT(*) FROM mfa_push_requests";
const WITHOUT_FAILURE: &str = "SELECT COUNT(*) FROM mfa_attempts WHERE failures = 0";
const FAILURES: &str = "SELECT COUNT(*) FROM mfa_attempts WHERE failures > 0";
const REFRESH: &str = "SELECT COUNT(*) FROM refresh_tokens";
const TRUST: &str = "SELECT COUNT(*) FROM mfa_trust_tokens";
const SESSIONS: &str = "SELECT COUNT(*) FROM sessions";

async fn what_is_over_is_deleted_in_its_time(database: Database) {
    let stub = Stub::on(database).await;
    stub.account(MIA).await;
    let device = stub.device();
    let session = device.signed_in(MIA).await;
    let generator = device.enrol_totp(&session).await;
    Phone::enrol(&device, &session).await;
    device.asked(&device.waiting(MIA).await).await;
    let login = device.waiting(MIA).await;
    let verify = json!({"login_id": login.login_id, "method": "totp", "code": generator.code(&stub, 1),
        "trust_device": true});
    let call = device.post("/mfa/verify", verify).keyed("a-key-for-ten-minutes");
    call.send().await.ok(StatusCode::OK);
    let login = device.waiting(MIA).await;
    device.verify(&login, &generator.wrong(&stub)).send().await.refused("wrong_code");

    let attempts = stub.count(WITHOUT_FAILURE).await;
    left(&stub, &[(ANSWERS, 1), (TICKETS, 1), (LOGINS, 4), (CHALLENGES, 1), (REQUESTS, 1)]).await;
    left(&stub, &[(WITHOUT_FAILURE, attempts), (FAILURES, 1), (REFRESH, 2), (TRUST, 1), (SESSIONS, 2)]).await;
    stub.advance(10 * 60);
    left(&stub, &[(ANSWERS, 0), (TICKETS, 0), (WITHOUT_FAILURE, attempts)]).await;
    stub.advance(50 * 60 - 1);
    left(&stub, &[(WITHOUT_FAILURE, attempts)]).await;
    stub.advance(1);
    left(&stub, &[(WITHOUT_FAILURE, 0), (FAILURES, 1)]).await;
    stub.advance(DAY - 50 * 60 - 1);
    left(&stub, &[(LOGINS, 4), (CHALLENGES, 1), (REQUESTS, 1)]).await;
    stub.advance(1);
    left(&stub, &[(LOGINS, 0), (CHALLENGES, 0), (REQUESTS, 0), (SESSIONS, 2)]).await;

    // The life of a session, and thirty days to be told of its end.
    stub.advance(60 * DAY - DAY - 10 * 60 - 1);
    left(&stub, &[(REFRESH, 2), (TRUST, 1)]).await;
    let refresh = json!({"refresh_token": session.refresh});
    let refresh = || device.post("/auth/refresh", refresh.clone()).send();
    refresh().await.refused("session_ended");
    stub.advance(1);
    left(&stub, &[(REFRESH, 0), (TRUST, 0), (SESSIONS, 2), (FAILURES, 1)]).await;
    refresh().await.refused("invalid_token");
    let login = device.waiting(MIA).await;
    device.verify(&login, &generator.code(&stub, 0)).send().await.ok(StatusCode::OK);
}

/// Adds counters that were over long ago.
const MANY: &str = "INSERT INTO mfa_attempts (scope, subject, minute_start, minute_count, hour_start, hour_count) \
                    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1201) \
                    SELECT 'address', CAST(i AS TEXT), 0, 1, 0, 1 FROM n";

async fn many_rows_are_deleted_in_batches(database: Database) {
    let stub = Stub::on(database).await;
    stub.sql(MANY).await;
    left(&stub, &[(WITHOUT_FAILURE, 0)]).await;
}

/// Where transactions run side by side, one that counts meanwhile is not forgotten.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_counter_that_counts_again_stays() {
    let Some(database) = crate::testing::postgres().unwrap() else { return };
    let stub = Stub::on(database).await;
    let world = &stub.world;
    let subjects = AccountKey::of(world, &MIA.parse().unwrap()).password("127.0.0.1");
    let count = |counted: oneshot::Sender<()>, may_end: oneshot::Receiver<()>| {
        let (inside, subjects) = (Arc::clone(world), subjects.clone());
        world.transact(move |tx| {
            Box::pin(async move {
                let _counted = limits::claim(tx, &inside, subjects).await?;
                counted.send(()).unwrap();
                may_end.await.unwrap();
                Ok(())
            })
        })
    };
    let ((counted, is_counted), (end, may_end)) = (oneshot::channel(), oneshot::channel());
    end.send(()).unwrap();
    count(counted, may_end).await.unwrap();
    is_counted.await.unwrap();

    stub.advance(HOUR);
    let ((counted, is_counted), (end, may_end)) = (oneshot::channel(), oneshot::channel());
    let end = async {
        let waiting = "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
                       AND query LIKE 'DELETE FROM mfa_attempts%'";
        until(world, || {}, waiting, 1).await;
        end.send(()).unwrap();
    };
    let delete = async {
        is_counted.await.unwrap();
        tokio::join!(delete_over(world), end).0.unwrap();
    };
    tokio::join!(count(counted, may_end), delete).0.unwrap();
    assert_eq!(stub.count(WITHOUT_FAILURE).await, 3);
}

/// Reads a number, and does something in between, until it is as expected.
async fn until(world: &World, meanwhile: impl Fn(), sql: &'static str, expected: i64) {
    for _ in 0..100_000 {
        let read = world.store.read(move |connection| {
            Box::pin(
                async move { Ok::<i64, StoreError>(sqlx::query_scalar(sql).fetch_one(connection).await?) },
            )
        });
        if read.await.unwrap() == expected {
            return;
        }
        meanwhile();
        tokio::task::yield_now().await;
    }
    panic!("never {expected}: {sql}");
}

/// One counter that was over long ago.
const ONE: &str = "INSERT INTO mfa_attempts (scope, subject, minute_start, minute_count, hour_start, hour_count) \
                   VALUES ('address', 'one', 0, 1, 0, 1)";

#[tokio::test]
async fn it_is_done_at_the_start_and_every_ten_minutes() {
    let stub = Stub::start().await;
    stub.sql(ONE).await;
    let mut upkeep = Box::pin(run(Arc::clone(&stub.world)));
    // The writer takes turns: what the upkeep asked for is done when a write that was asked for after it is.
    let mut left = async || {
        for _ in 0..10 {
            assert!(poll!(&mut upkeep).is_pending());
            stub.sql("SELECT 1").await;
        }
        stub.count(WITHOUT_FAILURE).await
    };
    assert_eq!(left().await, 0, "at the start");
    for set_back in [Duration::ZERO, Duration::from_secs(DAY)] {
        stub.sql(ONE).await;
        stub.world.clock.set(stub.world.now().minus(set_back));
        stub.advance(10 * 60 - 1);
        assert_eq!(left().await, 1, "ten minutes are not over");
        stub.advance(1);
        assert_eq!(left().await, 0, "ten minutes are over");
    }
}

#[tokio::test]
async fn each_realm_is_kept_up() {
    let realms =
        Realms::open(Config::for_tests().unwrap(), "http://localhost:8440".to_owned()).await.unwrap();
    for name in [DEFAULT, "other"] {
        let world = realms.get(name).await.unwrap();
        let add = world.store.write(|tx| {
            Box::pin(async move { Ok::<_, StoreError>(sqlx::query(ONE).execute(tx.connection()).await?) })
        });
        add.await.unwrap();
        until(&world, || world.clock.advance(Duration::from_mins(10)), WITHOUT_FAILURE, 0).await;
    }
    realms.close().await;
}
