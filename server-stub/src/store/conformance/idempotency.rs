//! Answers that are kept.

use std::time::Duration;

use countersign_protocol::Timestamp;
use futures_util::future::join_all;

use super::{Backend, execute, put, run};
use crate::store::{
    Store, StoreError,
    idempotency::{Claim, KEPT, KeyedRequest, SavedResponse, claim, known, save},
};

fn request(caller: &str, key: u8, body: u8) -> KeyedRequest {
    KeyedRequest { caller: caller.to_owned(), key_hash: [key; 32], request_hash: [body; 32] }
}

fn answer() -> SavedResponse {
    SavedResponse { status: 401, sealed: vec![0, 255, 7] }
}

fn start() -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000)
}

/// Claims, and answers where the claim is fresh.
async fn send(store: &Store, request: KeyedRequest, now: Timestamp) -> Claim {
    let send = store.write(move |tx| {
        Box::pin(async move {
            let claim = claim(tx, &request, now).await?;
            if claim == Claim::Fresh {
                execute(tx, "UPDATE sequences SET value = value + 1").await?;
                save(tx, &request, &answer()).await?;
            }
            Ok::<_, StoreError>(claim)
        })
    });
    send.await.unwrap()
}

/// What is known without a claim.
async fn look(store: &Store, request: KeyedRequest, now: Timestamp) -> Claim {
    let look = store.read(move |connection| Box::pin(async move { known(connection, &request, now).await }));
    look.await.unwrap()
}

pub(super) async fn a_look_claims_nothing(backend: Backend) {
    let store = backend.open().await;
    for _ in 0..2 {
        assert_eq!(look(&store, request("a", 1, 1), start()).await, Claim::Fresh);
    }
    assert_eq!(send(&store, request("a", 1, 1), start()).await, Claim::Fresh);
    let last = start().plus(KEPT).minus(Duration::from_millis(1));
    assert_eq!(look(&store, request("a", 1, 1), last).await, Claim::Replay(answer()));
    assert_eq!(look(&store, request("a", 1, 2), last).await, Claim::Conflict);
    assert_eq!(look(&store, request("b", 1, 1), last).await, Claim::Fresh, "another caller");
    assert_eq!(look(&store, request("a", 1, 1), start().plus(KEPT)).await, Claim::Fresh);
}

pub(super) async fn an_answer_is_replayed(backend: Backend) {
    let store = backend.open().await;
    assert_eq!(send(&store, request("a", 1, 1), start()).await, Claim::Fresh);
    let last = start().plus(KEPT).minus(Duration::from_millis(1));
    assert_eq!(send(&store, request("a", 1, 1), last).await, Claim::Replay(answer()));
    assert_eq!(send(&store, request("a", 2, 1), start()).await, Claim::Fresh, "another key");
    assert_eq!(send(&store, request("b", 1, 1), start()).await, Claim::Fresh, "another caller");
}

pub(super) async fn another_request_conflicts(backend: Backend) {
    let store = backend.open().await;
    assert_eq!(send(&store, request("a", 1, 1), start()).await, Claim::Fresh);
    assert_eq!(send(&store, request("a", 1, 2), start()).await, Claim::Conflict);
    assert_eq!(send(&store, request("a", 1, 1), start()).await, Claim::Replay(answer()));
}

pub(super) async fn one_of_64_claims(backend: Backend) {
    let store = backend.open().await;
    put(&store, "deeds", 0).await;
    let claims = join_all((0..64).map(|_| send(&store, request("a", 1, 1), start()))).await;
    assert_eq!(claims.iter().filter(|claim| **claim == Claim::Fresh).count(), 1);
    assert_eq!(claims.iter().filter(|claim| **claim == Claim::Replay(answer())).count(), 63);
    assert_eq!(run(&store, "DELETE FROM sequences WHERE value = 1").await.unwrap(), 1);
}

pub(super) async fn a_key_expires(backend: Backend) {
    let store = backend.open().await;
    assert_eq!(send(&store, request("a", 1, 1), start()).await, Claim::Fresh);
    let later = start().plus(KEPT);
    assert_eq!(send(&store, request("a", 1, 2), later).await, Claim::Fresh);
    assert_eq!(send(&store, request("a", 1, 2), later).await, Claim::Replay(answer()));
}
