#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use tokio::sync::Barrier;

use super::*;
use crate::{store::Database, testing};

fn seal_key(byte: u8) -> SealKey {
    SealKey::new(&Secret::new([byte; 32])).unwrap()
}

async fn load(store: &Store) -> Result<Keys, Fault> {
    Keys::load(store, Random::system(), Secret::new([7; 32]), Timestamp::from_seconds(1_700_000_000)).await
}

#[test]
fn what_is_sealed_opens_with_its_key_at_its_place_alone() {
    let random = Random::system();
    let sealed = seal_key(1).seal(&random, "a/1", b"plain").unwrap();
    assert_eq!(seal_key(1).open("a/1", &sealed).unwrap().expose(), b"plain");
    assert!(seal_key(1).open("a/2", &sealed).is_err());
    assert!(seal_key(2).open("a/1", &sealed).is_err());
    assert_eq!(sealed[0], FIRST);
    let of_another_key = [&[FIRST + 1], &sealed[1..]].concat();
    assert!(seal_key(1).open("a/1", &of_another_key).is_err());
    assert!(seal_key(1).open("a/1", &[]).is_err());
}

#[tokio::test]
async fn a_stored_key_is_bound_to_its_row() {
    let store = Store::open(&Database::Memory { name: "keys".to_owned() }).await.unwrap();
    load(&store).await.unwrap();
    let rename = store.write(|tx| {
        Box::pin(async move {
            let rename = "UPDATE signing_keys SET kid = 'seal-2' WHERE kid = 'seal-1'";
            sqlx::query(rename).execute(tx.connection()).await.map_err(crate::store::StoreError::from)
        })
    });
    rename.await.unwrap();
    assert!(matches!(load(&store).await, Err(Fault::Crypto(_))));
}

/// Both transactions have looked for the keys and found none before either is committed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_start_together_agree() {
    let Some(database) = testing::postgres().unwrap() else { return };
    let (here, there) = (Store::open(&database).await.unwrap(), Store::open(&database).await.unwrap());
    let random = Random::system();
    let master = || SealKey::new(&Secret::new([7; 32])).unwrap();
    let now = Timestamp::from_seconds(1_700_000_000);
    let looked = Arc::new(Barrier::new(2));
    let one = |store: Store, random: Random, looked: Arc<Barrier>| async move {
        store
            .write(move |tx| -> BoxFuture<'_, Result<Vec<u8>, Fault>> {
                Box::pin(async move {
                    assert!(signing_keys::newest(tx, "pepper").await?.is_none());
                    looked.wait().await;
                    let loader = Loader { random: &random, master: master(), now };
                    let key = loader.symmetric_key(tx, Purpose::Pepper).await?;
                    Ok(key.expose().to_vec())
                })
            })
            .await
    };
    let (first, second) = tokio::join!(
        one(here.clone(), random.clone(), looked.clone()),
        one(there.clone(), random.clone(), looked),
    );
    assert_eq!(first.unwrap(), second.unwrap());
    let (first, second) = tokio::join!(load(&here), load(&there));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!(first.token_hash("x", "y"), second.token_hash("x", "y"));
}
