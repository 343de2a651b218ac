//! What an inbox makes of its enrolment's removal, while that is under way.

use std::sync::{Arc, Condvar, Mutex};

use countersign_protocol::jose::Jwk;
use tokio::sync::Notify;

use super::{
    Bench, WatchedSigner,
    inbox::{Seen, next},
    server::Server,
};
use crate::{
    ports::{DeviceSigner, KeyUse, Ports, SignerError},
    push::{Authenticator, ConnectionState},
};

#[tokio::test]
async fn an_inbox_that_asks_while_its_enrolment_is_erased_tells_of_no_error() {
    let bench = Bench::enrolled().await;
    let signer = Arc::new(SlowSigner::of(bench.signer.clone()));
    let app = Authenticator::new(Ports { signer: signer.clone(), ..bench.ports.clone() });
    let inbox = app.inbox(Server::enrolment_id()).await.unwrap();
    assert_eq!(next(&inbox).await, Seen::Connection(ConnectionState::Polling));
    let (removed, end) = tokio::join!(app.remove(Server::enrolment_id()), async {
        signer.erasing.notified().await;
        let end = inbox.next().await;
        signer.missed(ENOUGH);
        end
    });
    assert!(end.unwrap().is_none());
    removed.unwrap();
}

/// More often than one listing needs the key.
const ENOUGH: usize = 20;

/// Stands still after a key was removed, until that was missed often enough.
struct SlowSigner {
    inner: Arc<WatchedSigner>,
    erasing: Notify,
    missed: Mutex<usize>,
    changed: Condvar,
}

impl SlowSigner {
    fn of(inner: Arc<WatchedSigner>) -> Self {
        Self { inner, erasing: Notify::new(), missed: Mutex::default(), changed: Condvar::new() }
    }

    fn missed(&self, times: usize) {
        *self.missed.lock().unwrap() += times;
        self.changed.notify_all();
    }
}

impl DeviceSigner for SlowSigner {
    fn create(&self, name: &str, usage: KeyUse) -> Result<Jwk, SignerError> {
        self.inner.create(name, usage)
    }

    fn public_key(&self, name: &str) -> Result<Option<Jwk>, SignerError> {
        let key = self.inner.public_key(name)?;
        if key.is_none() {
            self.missed(1);
        }
        Ok(key)
    }

    fn sign(&self, name: &str, message: &[u8]) -> Result<[u8; 64], SignerError> {
        self.inner.sign(name, message).inspect_err(|_| self.missed(1))
    }

    fn delete(&self, name: &str) -> Result<(), SignerError> {
        self.inner.delete(name)?;
        self.erasing.notify_one();
        let missed = self.missed.lock().unwrap();
        drop(self.changed.wait_while(missed, |missed| *missed < ENOUGH).unwrap());
        Ok(())
    }
}
