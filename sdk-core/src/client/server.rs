use std::sync::Arc;

use countersign_protocol::{
    Timestamp,
    device::DeviceDescription,
    fields::{Email, ServerUrl},
};

use super::{LOG_TARGET, ServerConfig, session::Places, transport::Transport};
use crate::{
    Error,
    device::DeviceIdentity,
    ports::{Level, Ports, blocking},
    trust::TrustStore,
};

/// One server, seen from this device. Cheap to clone; clones share what they learn of the server.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    config: ServerConfig,
    transport: Transport,
    trust: TrustStore,
    sessions: Places,
}

impl Client {
    /// The configured server. Nothing is sent yet.
    pub fn new(config: ServerConfig, ports: Ports) -> Self {
        let transport = Transport::new(&config, ports.clone());
        let trust = TrustStore::new(ports, config.url().clone());
        Self(Arc::new(Inner { config, transport, trust, sessions: Places::default() }))
    }

    /// The server at this address, with the defaults of [`ServerConfig::new`]. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] when the address is not one of a server.
    pub fn connect(url: &str, ports: Ports) -> Result<Self, Error> {
        Ok(Self::new(ServerConfig::new(url.parse()?), ports))
    }

    /// The address of the server.
    pub fn server(&self) -> &ServerUrl {
        self.0.config.url()
    }

    /// The server's time, as its answers told it; before the first answer, the device's own.
    ///
    /// # Errors
    /// [`Error::UnexpectedAnswer`] when the clocks are more than ten minutes apart: nothing that depends on time,
    /// such as a code, can be right then.
    pub fn server_now(&self) -> Result<Timestamp, Error> {
        self.0.transport.server_now()
    }

    /// Whether this device holds a token by which the server signs this user in without a second factor, as far as can be
    /// told here. Nothing is sent.
    ///
    /// # Errors
    /// Those of secure storage; [`Error::UnexpectedAnswer`] as [`Client::server_now`].
    pub async fn is_trusted(&self, user: &Email) -> Result<bool, Error> {
        Ok(self.trust().get(user, self.server_now()?).await?.is_some())
    }

    /// Forgets this user's trust token: the next login on this device takes a second factor. Nothing is sent; the
    /// server lists the device until the trust expires or is revoked there.
    ///
    /// # Errors
    /// Those of secure storage; the token is still there then.
    pub async fn forget_trust(&self, user: &Email) -> Result<(), Error> {
        Ok(self.trust().drop(user).await?)
    }

    pub(super) fn transport(&self) -> &Transport {
        &self.0.transport
    }

    pub(super) fn trust(&self) -> &TrustStore {
        &self.0.trust
    }

    pub(super) fn sessions(&self) -> &Places {
        &self.0.sessions
    }

    pub(super) fn ports(&self) -> &Ports {
        self.0.transport.ports()
    }

    /// The key by which the server knows this device, made at first use.
    pub(super) async fn device(&self) -> Result<DeviceIdentity, Error> {
        Ok(DeviceIdentity::for_server(self.server(), self.ports()).await?)
    }

    /// This device as people recognise it.
    pub(super) async fn describe_device(&self) -> Result<DeviceDescription, Error> {
        let client = self.clone();
        let describe = move || Ok(client.0.config.describe(&*client.ports().signals)?);
        blocking(|| Error::Cancelled, describe).await
    }

    pub(super) fn log(&self, level: Level, line: &str) {
        self.ports().log.log(level, LOG_TARGET, line);
    }
}
