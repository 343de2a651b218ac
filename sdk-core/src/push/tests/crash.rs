//! The app ends at every write; the next start has to find a way.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use countersign_protocol::ProblemCode;

use super::{Bench, Server, WatchedSigner, enroll};
use crate::{
    Error,
    ports::{Ports, SecureStorage, StorageError},
    push::Authenticator,
    testing::MemoryStorage,
};

/// Storage of an app that ends after so many writes: from then on, nothing works.
struct EndingStorage {
    inner: MemoryStorage,
    writes_left: AtomicUsize,
}

impl EndingStorage {
    fn ended(&self) -> bool {
        self.writes_left.load(Ordering::SeqCst) == 0
    }

    fn write(&self) -> Result<(), StorageError> {
        let one_less = |left: usize| left.checked_sub(1);
        let left = self.writes_left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less);
        left.map(|_| ()).map_err(|_| StorageError::Broken { reason: "the app has ended".to_owned() })
    }
}

impl SecureStorage for EndingStorage {
    fn get(&self, name: &str) -> Result<Option<String>, StorageError> {
        if self.ended() {
            return Err(StorageError::Broken { reason: "the app has ended".to_owned() });
        }
        self.inner.get(name)
    }

    fn set(&self, name: &str, value: &str) -> Result<(), StorageError> {
        self.write()?;
        self.inner.set(name, value)
    }

    fn remove(&self, name: &str) -> Result<(), StorageError> {
        self.write()?;
        self.inner.remove(name)
    }
}

/// An app on the bench's device that ends after `writes` writes.
fn ending_app(bench: &Bench, writes: usize) -> (Authenticator, Arc<EndingStorage>) {
    let storage =
        Arc::new(EndingStorage { inner: bench.storage.clone(), writes_left: AtomicUsize::new(writes) });
    let signer = Arc::new(WatchedSigner::new(storage.clone()));
    let ports = Ports { storage: storage.clone(), signer, ..bench.ports.clone() };
    (Authenticator::new(ports), storage)
}

#[tokio::test]
async fn an_enrolment_that_was_cut_short_is_finished_or_never_was() {
    for writes in 0.. {
        assert!(writes < 50, "it never gets through");
        let bench = Bench::new();
        let (app, storage) = ending_app(&bench, writes);
        let first = enroll(&app, &bench.server).await;
        if !storage.ended() {
            assert!(first.is_ok());
            break;
        }
        let registered = bench.server.state().enrolment.is_some();
        let resumed = bench.authenticator.resume().await.unwrap();
        let enrolled = bench.authenticator.enrolments().await.unwrap();
        if registered {
            assert_eq!(enrolled.len(), 1, "after {writes} writes");
            assert!(resumed.iter().all(Result::is_ok));
        } else if resumed.is_empty() {
            assert_eq!(bench.storage.entries().len(), 0, "after {writes} writes");
            bench.enroll().await.unwrap();
        }
        assert_eq!(bench.pending().await.len(), 0);
        assert_eq!(bench.storage.entries().len(), 5, "index, record, key set and two keys");
    }
}

#[tokio::test]
async fn a_refused_enrolment_that_was_cut_short_leaves_nothing() {
    for writes in 0.. {
        assert!(writes < 50, "it never gets through");
        let bench = Bench::new();
        bench.server.state().refusal = Some(ProblemCode::InvalidTicket);
        let (app, storage) = ending_app(&bench, writes);
        enroll(&app, &bench.server).await.unwrap_err();
        let through = !storage.ended();
        if !through {
            bench.authenticator.resume().await.unwrap();
        }
        assert_eq!(bench.storage.entries().len(), 0, "after {writes} writes");
        if through {
            break;
        }
    }
}

#[tokio::test]
async fn a_removal_that_was_cut_short_is_finished() {
    for writes in 0.. {
        assert!(writes < 50, "it never gets through");
        let bench = Bench::enrolled().await;
        let (app, storage) = ending_app(&bench, writes);
        let first = app.remove(Server::enrolment_id()).await;
        if !storage.ended() {
            assert!(first.is_ok());
            break;
        }
        assert_eq!(bench.authenticator.resume().await.unwrap().len(), 0);
        if !bench.authenticator.enrolments().await.unwrap().is_empty() {
            bench.authenticator.remove(Server::enrolment_id()).await.unwrap();
        }
        assert_eq!(bench.storage.entries().len(), 0, "after {writes} writes");
    }
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_and_enrols_once() {
    let mut bench = Bench::new();
    bench.server.state().lost_answers = ("/mfa/push/register", 4);
    let error = bench.enroll().await.unwrap_err();
    assert!(matches!(error, Error::Interrupted { .. }));
    assert_eq!(bench.authenticator.enrolments().await.unwrap(), []);

    bench.restart();
    let enrolment = bench.enroll().await.unwrap();
    assert_eq!(bench.authenticator.enrolments().await.unwrap(), [enrolment]);
    assert_eq!(bench.verifier.prompts().len(), 1, "the kept registration is sent, not a new one made");
}

#[tokio::test]
async fn one_damaged_record_does_not_stand_in_the_way_of_others() {
    let bench = Bench::enrolled().await;
    bench.storage.set("push.enrolments", &format!("damaged {}", index(&bench))).unwrap();
    for (damage, newer) in [("1.!", false), ("1.e30", false), ("x", false), ("2.e30", true)] {
        bench.storage.set("push.damaged", damage).unwrap();
        let outcomes = bench.authenticator.resume().await.unwrap();
        let [Err(Error::Damaged { reason })] = &outcomes[..] else { panic!("{outcomes:?}") };
        assert_eq!(reason.contains("update the app"), newer);
        assert!(matches!(bench.authenticator.enrolments().await, Err(Error::Damaged { .. })));
        assert_eq!(bench.pending().await.len(), 0, "the other one works");
        assert_eq!(bench.storage.get("push.damaged").unwrap().as_deref(), Some(damage), "untouched");
    }
}

#[tokio::test]
async fn a_damaged_key_set_is_not_believed() {
    let bench = Bench::enrolled().await;
    let entry = format!("push.{}.keys", index(&bench));
    let signed = bench.storage.get(&entry).unwrap().unwrap();
    bench.storage.set(&entry, &signed.replace('.', ".A")).unwrap();
    let listing = bench.authenticator.pending(Server::enrolment_id()).await;
    assert!(matches!(listing, Err(Error::Damaged { .. })));
}

fn index(bench: &Bench) -> String {
    bench.storage.get("push.enrolments").unwrap().unwrap()
}
