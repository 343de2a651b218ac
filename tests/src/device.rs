use std::sync::Arc;

use countersign::{
    client::{Client, ServerConfig},
    ports::{Clock, DeviceSignals, Http, Ports, SecureStorage, SoftwareSigner, SystemRandom},
    push::Authenticator,
    testing::{FixedSignals, FixedVerifier, MemoryLog, MemoryStorage},
};
use countersign_protocol::fields::{DisplayName, ServerUrl};

use crate::Realm;

/// A device with the SDK on it. Its user is always verified, until [`Device::verifier`] is told otherwise.
#[derive(Clone)]
pub struct Device {
    name: DisplayName,
    ports: Ports,
    storage: MemoryStorage,
    verifier: Arc<FixedVerifier>,
    log: Arc<MemoryLog>,
}

impl Device {
    /// A device in this realm's time and on its network.
    pub fn new(name: &str, realm: &Realm) -> Self {
        Self::behind(realm.http(), name, realm)
    }

    /// A device in this realm's time and on a network of its own.
    pub fn behind(http: Arc<dyn Http>, name: &str, realm: &Realm) -> Self {
        let signals = [("machine_id", name), ("model", name), ("os_family", "Debian"), ("os_version", "13")];
        Self::assemble(
            name,
            MemoryStorage::default(),
            realm.clock(),
            http,
            Arc::new(FixedSignals::new(&signals)),
        )
    }

    /// What it calls itself.
    pub fn name(&self) -> &DisplayName {
        &self.name
    }

    /// Its ports.
    pub fn ports(&self) -> Ports {
        self.ports.clone()
    }

    /// What it keeps.
    pub fn storage(&self) -> &MemoryStorage {
        &self.storage
    }

    /// Its user.
    pub fn verifier(&self) -> &FixedVerifier {
        &self.verifier
    }

    /// What the SDK logs on it.
    pub fn log(&self) -> &MemoryLog {
        &self.log
    }

    /// The SDK's view of one server from here. Each call is an app that has just been started.
    pub fn client(&self, server: &ServerUrl) -> Client {
        let app = "Acme 4.2".parse().unwrap();
        Client::new(ServerConfig::new(server.clone()).app(app).device_name(self.name.clone()), self.ports())
    }

    /// The authenticator on it. Each call is an app that has just been started.
    pub fn authenticator(&self) -> Authenticator {
        Authenticator::new(self.ports())
    }

    /// The same device on another network, as after going out of the house. It shares its storage.
    #[must_use]
    pub fn on_network(&self, http: Arc<dyn Http>) -> Self {
        Self { ports: Ports { http, ..self.ports() }, ..self.clone() }
    }

    /// Somebody who could copy all that it keeps, keys included.
    #[must_use]
    pub fn copy(&self) -> Self {
        let storage = MemoryStorage::default();
        for (name, value) in self.storage.entries() {
            storage.set(&name, &value).unwrap();
        }
        let Ports { clock, http, signals, .. } = self.ports();
        Self::assemble(self.name.as_str(), storage, clock, http, signals)
    }

    /// The one entry of its storage whose name begins like this, such as `session.`.
    pub fn stored(&self, prefix: &str) -> Option<String> {
        self.storage.entries().into_iter().find_map(|(name, value)| name.starts_with(prefix).then_some(value))
    }

    fn assemble(
        name: &str,
        storage: MemoryStorage,
        clock: Arc<dyn Clock>,
        http: Arc<dyn Http>,
        signals: Arc<dyn DeviceSignals>,
    ) -> Self {
        let (random, kept) = (Arc::new(SystemRandom::default()), Arc::new(storage.clone()));
        let (verifier, log) = (Arc::new(FixedVerifier::default()), Arc::new(MemoryLog::default()));
        let ports = Ports {
            clock,
            random: random.clone(),
            http,
            storage: kept.clone(),
            signer: Arc::new(SoftwareSigner::new(kept, random)),
            verifier: verifier.clone(),
            signals,
            log: log.clone(),
        };
        Self { name: name.parse().unwrap(), ports, storage, verifier, log }
    }
}
