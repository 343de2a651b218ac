//! What the SDK needs from the host: one trait a file, and [`Ports`], which gathers them.

mod device_signals;
mod device_signer;
mod device_storage;
mod http;
mod log_sink;
#[cfg(feature = "client")]
mod network;
mod secure_storage;
mod user_verifier;

use std::sync::Arc;

#[cfg(not(feature = "client"))]
use countersign::protocol::InvalidField;
use countersign::{
    ports::{self, NoVerifier, SoftwareSigner, SystemClock, SystemRandom, SystemSignals, TracingSink},
    protocol::fields::DisplayName,
};
use uniffi::UnexpectedUniFFICallbackError;

#[cfg(feature = "client")]
pub use self::network::Network;
pub use self::{
    device_signals::DeviceSignals,
    device_signer::{DeviceSigner, SignerError},
    device_storage::{FileStorage, KeyringStatus, NoStorage, probe_keyring},
    http::{Http, HttpError, HttpHeader, HttpRequest, HttpResponse},
    log_sink::LogSink,
    secure_storage::{SecureStorage, StorageError},
    user_verifier::{UserVerifier, VerificationCompletion, VerifierError, VerifyPrompt},
};
use self::{
    device_signals::HostSignals, device_signer::HostSigner, device_storage::keyring, http::HostHttp,
    log_sink::HostLog, secure_storage::HostStorage, user_verifier::HostVerifier,
};
use crate::CountersignError;

const LOG_TARGET: &str = "countersign::bindings";

/// The app that embeds the SDK.
#[derive(Debug, Clone, uniffi::Record)]
pub struct App {
    /// Its reverse domain name, such as `com.acme.app`. Names its entries in the system's keyring.
    pub id: String,
    /// Its name, such as "Acme". Shown to the user with the version, on the device that approves.
    pub name: String,
    /// Its version, such as "4.2".
    pub version: String,
    /// What the user calls the device; by default, its operating system.
    #[uniffi(default = None)]
    pub device_name: Option<DisplayName>,
}

/// What the app brings along. Whatever is left out is the operating system's, or the SDK's own.
#[derive(Clone, Default, uniffi::Record)]
pub struct HostPorts {
    /// Default: the keyring of the operating system.
    #[uniffi(default = None)]
    pub storage: Option<Arc<dyn SecureStorage>>,
    /// Default: keys in software, kept in the storage.
    #[uniffi(default = None)]
    pub signer: Option<Arc<dyn DeviceSigner>>,
    /// Default: a device that cannot verify its user.
    #[uniffi(default = None)]
    pub verifier: Option<Arc<dyn UserVerifier>>,
    /// Default: what the operating system tells.
    #[uniffi(default = None)]
    pub signals: Option<Arc<dyn DeviceSignals>>,
    /// Default: lines go to the `tracing` of Rust.
    #[uniffi(default = None)]
    pub log: Option<Arc<dyn LogSink>>,
    /// Default: HTTP/2 over rustls with the platform's trust; nothing in a build without the feature `client`.
    #[uniffi(default = None)]
    pub http: Option<Arc<dyn Http>>,
}

/// The host did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum HostError {
    /// It failed.
    #[error("{reason}")]
    Failed {
        /// What went wrong.
        reason: String,
    },
}

impl From<UnexpectedUniFFICallbackError> for HostError {
    fn from(error: UnexpectedUniFFICallbackError) -> Self {
        Self::Failed { reason: error.reason }
    }
}

/// All that an instance of the SDK needs from the world. Make one, and make clients and the authenticator with it.
#[derive(uniffi::Object)]
pub struct Ports {
    pub(crate) core: ports::Ports,
    pub(crate) app: DisplayName,
    pub(crate) device_name: Option<DisplayName>,
}

#[cfg(feature = "client")]
#[uniffi::export]
impl Ports {
    /// The host's ports, and defaults for the rest. Clock and randomness are always the system's.
    ///
    /// Fails with `Device` where the system has no keyring and the host brings no storage: offer a passphrase
    /// instead, openly. Fails with `InvalidInput` for a pin without a backup.
    #[uniffi::constructor(default(host = None, network = None))]
    pub fn new(
        app: App,
        host: Option<HostPorts>,
        network: Option<Network>,
    ) -> Result<Self, CountersignError> {
        let host = host.unwrap_or_default();
        let http: Arc<dyn ports::Http> = match host.http.clone() {
            Some(host) => Arc::new(HostHttp(host)),
            None => Arc::new(network.unwrap_or_default().open()?),
        };
        Self::assemble(app, host, http)
    }
}

#[cfg(not(feature = "client"))]
#[uniffi::export]
impl Ports {
    /// The host's ports, and defaults for the rest. Clock and randomness are always the system's.
    ///
    /// Fails with `InvalidInput` without `http`, as this build has no network of its own. Fails with `Device` where
    /// the system has no keyring and the host brings no storage: offer a passphrase instead, openly.
    #[uniffi::constructor]
    pub fn new(app: App, host: HostPorts) -> Result<Self, CountersignError> {
        let missing = || InvalidField::new("http", "is missing", "bring the network of the host along");
        let http = HostHttp(host.http.clone().ok_or_else(missing)?);
        Self::assemble(app, host, Arc::new(http))
    }
}

impl Ports {
    fn assemble(app: App, host: HostPorts, http: Arc<dyn ports::Http>) -> Result<Self, CountersignError> {
        let HostPorts { storage, signer, verifier, signals, log, http: _ } = host;
        let random = Arc::new(SystemRandom::default());
        let log: Arc<dyn ports::LogSink> = match log {
            Some(host) => Arc::new(HostLog(host)),
            None => Arc::new(TracingSink),
        };
        let storage: Arc<dyn ports::SecureStorage> = match storage {
            Some(host) => Arc::new(HostStorage(host)),
            None => keyring::open(&app.id)?,
        };
        let core = ports::Ports {
            clock: Arc::new(SystemClock::new()),
            http,
            signer: match signer {
                Some(host) => Arc::new(HostSigner(host)),
                None => Arc::new(SoftwareSigner::new(storage.clone(), random.clone())),
            },
            verifier: match verifier {
                Some(host) => Arc::new(HostVerifier(host)),
                None => Arc::new(NoVerifier),
            },
            signals: match signals {
                Some(host) => Arc::new(HostSignals { host, log: log.clone() }),
                None => Arc::new(SystemSignals::new(&app.id, &app.version)),
            },
            random,
            storage,
            log,
        };
        let name = format!("{} {}", app.name, app.version).parse()?;
        Ok(Self { core, app: name, device_name: app.device_name })
    }
}
