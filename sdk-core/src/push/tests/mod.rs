#![allow(clippy::unwrap_used)]

mod asking;
mod crash;
mod enrolment;
mod history;
mod inbox;
mod leaving;
mod notifications;
mod requests;
mod responses;
mod server;
mod streams;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use countersign_protocol::{claims::typ, jose::Jwk, push::DeviceKind};

use self::server::{Server, typ_of};
use super::{Authenticator, Enrolment, Request};
use crate::{
    Error,
    crypto::SoftwareSigner,
    ports::{DeviceSigner, KeyUse, Ports, SecureStorage, SignerError},
    testing::{self, FixedClock, FixedVerifier, MemoryStorage, SeededRandom},
};

/// A device, a server, and what is between them.
struct Bench {
    server: Arc<Server>,
    clock: Arc<FixedClock>,
    storage: MemoryStorage,
    signer: Arc<WatchedSigner>,
    verifier: Arc<FixedVerifier>,
    ports: Ports,
    authenticator: Authenticator,
}

impl Bench {
    /// A device with nothing on it.
    fn new() -> Self {
        let clock = Arc::new(FixedClock::skipping());
        let server = Arc::new(Server::new(clock.clone()));
        let storage = MemoryStorage::default();
        let signer = Arc::new(WatchedSigner::new(Arc::new(storage.clone())));
        let verifier = Arc::new(FixedVerifier::default());
        let ports = Ports {
            clock: clock.clone(),
            http: server.clone(),
            storage: Arc::new(storage.clone()),
            signer: signer.clone(),
            verifier: verifier.clone(),
            ..testing::ports()
        };
        let authenticator = Authenticator::new(ports.clone());
        Self { server, clock, storage, signer, verifier, ports, authenticator }
    }

    /// A device that is enrolled.
    async fn enrolled() -> Self {
        let bench = Self::new();
        bench.enroll().await.unwrap();
        bench.signer.forget();
        bench
    }

    async fn enroll(&self) -> Result<Enrolment, Error> {
        enroll(&self.authenticator, &self.server).await
    }

    /// The same device after the app was started again.
    fn restart(&mut self) {
        self.authenticator = Authenticator::new(self.ports.clone());
    }

    /// Everything that waits, all of it believed.
    async fn pending(&self) -> Vec<Request> {
        let listing = self.authenticator.pending(Server::enrolment_id()).await.unwrap();
        assert_eq!(listing.refused, []);
        listing.requests
    }

    /// One request, fetched.
    async fn asked(&self) -> Request {
        self.server.ask(1);
        self.pending().await.remove(0)
    }

    /// What is left of the device when its key store was reset.
    fn lose_key(&self) {
        let entries = self.storage.entries();
        let key = entries
            .keys()
            .find_map(|name| name.strip_prefix("key.").filter(|key| key.ends_with("possession")));
        self.signer.delete(key.unwrap()).unwrap();
    }

    /// What is kept, but for what was asked.
    fn kept(&self) -> BTreeMap<String, String> {
        self.storage.entries().into_iter().filter(|(name, _)| !name.contains(".history.")).collect()
    }

    /// The names of the keys that signed answers.
    fn answers_signed(&self) -> Vec<String> {
        self.signer.signed(typ::RESPONSE)
    }
}

async fn enroll(authenticator: &Authenticator, server: &Server) -> Result<Enrolment, Error> {
    let uri = server.uri().parse().unwrap();
    authenticator.enroll(&uri, "Mia's phone".parse().unwrap(), DeviceKind::Mobile).await
}

/// What happens before a key is deleted.
type AtDeleting = Box<dyn Fn() -> Result<(), SignerError> + Send>;

/// The real signer, under watch.
struct WatchedSigner {
    inner: SoftwareSigner,
    signed: Mutex<Vec<(String, String)>>,
    at_deleting: Mutex<Option<AtDeleting>>,
}

impl WatchedSigner {
    fn new(storage: Arc<dyn SecureStorage>) -> Self {
        let inner = SoftwareSigner::new(storage, Arc::new(SeededRandom::new(2)));
        Self { inner, signed: Mutex::default(), at_deleting: Mutex::default() }
    }

    fn at_deleting(&self, before: impl Fn() -> Result<(), SignerError> + Send + 'static) {
        *self.at_deleting.lock().unwrap() = Some(Box::new(before));
    }

    /// Whether no key can be deleted.
    fn stick(&self, stuck: bool) {
        let reason = || "the test said so".to_owned();
        self.at_deleting(move || if stuck { Err(SignerError::Broken { reason: reason() }) } else { Ok(()) });
    }

    /// The keys that signed messages of this type, in order.
    fn signed(&self, typ: &str) -> Vec<String> {
        let signed = self.signed.lock().unwrap();
        signed.iter().filter(|(signed, _)| signed == typ).map(|(_, key)| key.clone()).collect()
    }

    fn forget(&self) {
        self.signed.lock().unwrap().clear();
    }
}

impl DeviceSigner for WatchedSigner {
    fn create(&self, name: &str, usage: KeyUse) -> Result<Jwk, SignerError> {
        self.inner.create(name, usage)
    }

    fn public_key(&self, name: &str) -> Result<Option<Jwk>, SignerError> {
        self.inner.public_key(name)
    }

    fn sign(&self, name: &str, message: &[u8]) -> Result<[u8; 64], SignerError> {
        self.signed.lock().unwrap().push((typ_of(message), name.to_owned()));
        self.inner.sign(name, message)
    }

    fn delete(&self, name: &str) -> Result<(), SignerError> {
        if let Some(before) = &*self.at_deleting.lock().unwrap() {
            before()?;
        }
        self.inner.delete(name)
    }
}
