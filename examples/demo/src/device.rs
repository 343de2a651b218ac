use std::sync::Arc;

use countersign::{
    client::{Client, ServerConfig},
    ports::{
        DeviceSignals, Http, Ports, SecureStorage, SoftwareSigner, SystemClock, SystemRandom, TracingSink,
        UserVerifier,
    },
    protocol::fields::{DisplayName, ServerUrl},
    testing::MemoryStorage,
};

use crate::error::DemoError;

/// A device with an app on it that embeds the SDK.
///
/// An app gives the SDK one of each port: here the real clock, randomness, network and signer. Two things are not
/// those of a real app. Secrets are kept in memory, where an app has the keyring (`KeyringStorage`), so that nothing
/// is left behind on your machine. And the signals are made up, where an app has `SystemSignals`, because all the
/// devices of the demo are one machine.
pub(crate) struct Device {
    ports: Ports,
    storage: MemoryStorage,
}

impl Device {
    pub(crate) fn new(
        http: &Arc<dyn Http>,
        signals: impl DeviceSignals + 'static,
        verifier: impl UserVerifier + 'static,
    ) -> Self {
        Self::assemble(MemoryStorage::default(), http.clone(), Arc::new(signals), Arc::new(verifier))
    }

    /// The SDK's view of one server from here.
    pub(crate) fn client(
        &self,
        server: &ServerUrl,
        name: &DisplayName,
        app: &str,
    ) -> Result<Client, DemoError> {
        let config = ServerConfig::new(server.clone()).app(app.parse()?).device_name(name.clone());
        Ok(Client::new(config, self.ports()))
    }

    pub(crate) fn ports(&self) -> Ports {
        self.ports.clone()
    }

    /// The entry of the device's storage whose name begins like this, such as `session.`.
    pub(crate) fn stored(&self, prefix: &str) -> Option<String> {
        self.storage.entries().into_iter().find_map(|(name, value)| name.starts_with(prefix).then_some(value))
    }

    /// All that the device keeps, keys included, as somebody has it who could copy its storage.
    pub(crate) fn copy(&self) -> Result<Self, DemoError> {
        let storage = MemoryStorage::default();
        for (name, value) in self.storage.entries() {
            storage.set(&name, &value).map_err(countersign::Error::from)?;
        }
        let Ports { http, signals, verifier, .. } = self.ports();
        Ok(Self::assemble(storage, http, signals, verifier))
    }

    fn assemble(
        storage: MemoryStorage,
        http: Arc<dyn Http>,
        signals: Arc<dyn DeviceSignals>,
        verifier: Arc<dyn UserVerifier>,
    ) -> Self {
        let random = Arc::new(SystemRandom::default());
        let kept = Arc::new(storage.clone());
        let ports = Ports {
            clock: Arc::new(SystemClock::new()),
            random: random.clone(),
            http,
            storage: kept.clone(),
            signer: Arc::new(SoftwareSigner::new(kept, random)),
            verifier,
            signals,
            log: Arc::new(TracingSink),
        };
        Self { ports, storage }
    }
}
