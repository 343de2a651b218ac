//! What the SDK needs from the world, one trait a file. Everything random, timed, stored, sent or asked of a
//! person goes through one of these, so that a host can supply its own and a test can fix it.
//!
//! All traits are synchronous but [`Http`]: a host in another language implements them as plain functions. The SDK
//! calls those that may block ([`SecureStorage`], [`UserVerifier`], [`DeviceSigner`], [`DeviceSignals`]) from a
//! blocking thread, by [`blocking`].

mod clock;
mod device_signals;
mod device_signer;
mod file_storage;
mod files;
mod http;
mod log_sink;
mod random;
mod secure_storage;
mod user_verifier;

use std::sync::Arc;

pub use crate::crypto::SoftwareSigner;
pub use crate::device::SystemSignals;
pub use clock::{Clock, SystemClock};
pub use device_signals::{DeviceSignals, Signal};
pub use device_signer::{DeviceSigner, KeyUse, SignerError};
pub use file_storage::FileStorage;
pub use files::{Files, FilesError, OsFiles};
pub use http::{Http, HttpError, HttpRequest, HttpResponse, HttpStream, Method};
pub use log_sink::{Level, LogSink, TracingSink};
pub use random::{Random, RandomError, SystemRandom};
#[cfg(feature = "keyring")]
pub use secure_storage::KeyringStorage;
pub use secure_storage::{KeyringStatus, NoStorage, SecureStorage, StorageError};
pub(crate) use secure_storage::{LONGEST_VALUE, check_value};
pub use user_verifier::{NoVerifier, UserVerifier, Verification, VerifierError, VerifyPrompt};

/// One of each port, shared by all parts of an SDK instance. Cheap to clone.
#[derive(Clone)]
pub struct Ports {
    /// Wall and monotonic time, and waiting.
    pub clock: Arc<dyn Clock>,
    /// Unpredictable bytes.
    pub random: Arc<dyn Random>,
    /// The network.
    pub http: Arc<dyn Http>,
    /// Small secrets, kept by the operating system.
    pub storage: Arc<dyn SecureStorage>,
    /// P-256 keys that may live in hardware.
    pub signer: Arc<dyn DeviceSigner>,
    /// The person in front of the device.
    pub verifier: Arc<dyn UserVerifier>,
    /// What is known of the device.
    pub signals: Arc<dyn DeviceSignals>,
    /// Where log lines go.
    pub log: Arc<dyn LogSink>,
}

#[cfg(all(feature = "client", feature = "keyring"))]
impl Ports {
    /// What the operating system gives, for the app of this id (its reverse domain name) and version: its keyring, keys
    /// in software, the platform's trust and proxy, and nobody to verify the user. Replace what the app knows better:
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use countersign::{Error, ports::{NoVerifier, Ports}};
    /// # fn ports() -> Result<Ports, Error> {
    /// let verifier = Arc::new(NoVerifier); // the app's own prompt for finger, face or PIN
    /// let ports = Ports { verifier, ..Ports::system("com.acme.app", "4.2")? };
    /// # Ok(ports)
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`crate::Error::Device`] where the system has no keyring: offer a passphrase instead, openly.
    pub fn system(app_id: &str, app_version: &str) -> Result<Self, crate::Error> {
        let random = Arc::new(SystemRandom::default());
        let storage = Arc::new(KeyringStorage::new(app_id)?);
        Ok(Self {
            clock: Arc::new(SystemClock::new()),
            random: random.clone(),
            http: Arc::new(crate::client::ReqwestHttp::new(crate::client::HttpConfig::default())?),
            storage: storage.clone(),
            signer: Arc::new(SoftwareSigner::new(storage, random)),
            verifier: Arc::new(NoVerifier),
            signals: Arc::new(SystemSignals::new(app_id, app_version)),
            log: Arc::new(TracingSink),
        })
    }
}

/// Runs a port call that may block on a thread where that is fine.
///
/// # Errors
/// `interrupted` when the runtime shuts down before the call has finished.
pub async fn blocking<T, E>(
    interrupted: fn() -> E,
    call: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: Send + 'static,
{
    tokio::task::spawn_blocking(call).await.unwrap_or_else(|_| Err(interrupted()))
}
