use std::sync::{Arc, Mutex};

use countersign_protocol::{
    Secret, Timestamp,
    fields::{Email, ServerUrl},
    login::TrustGrant,
};

use super::{
    TrustError,
    record::{Record, UserTag},
};
use crate::{
    crypto::thumbprint,
    device::{DeviceIdentity, server_tag},
    lock::locked,
    ports::{Level, Ports, StorageError, blocking},
};

/// The most users of one device whose tokens for one server are kept. More would not fit into every keyring.
pub const MOST_USERS: usize = 10;

const LOG_TARGET: &str = "countersign::trust";

/// The trust tokens that one server has given to this device. A clone is the same store.
#[derive(Clone)]
pub struct TrustStore(Arc<Inner>);

impl TrustStore {
    /// The tokens of this server.
    pub fn new(ports: Ports, server: ServerUrl) -> Self {
        let entry = format!("trust.{}", server_tag(&server));
        let key = DeviceIdentity::key_name(&server);
        Self(Arc::new(Inner { ports, server, entry, key, changing: Mutex::new(()) }))
    }

    /// The user's token, if there is one that can be used at `server_now` under the present device key. Tokens that
    /// cannot are dropped.
    ///
    /// # Errors
    /// [`TrustError`] where that cannot be told; nothing is dropped then.
    pub async fn get(&self, user: &Email, server_now: Timestamp) -> Result<Option<TrustGrant>, TrustError> {
        let user = self.0.tag(user);
        self.run(move |inner| inner.get(&user, server_now)).await
    }

    /// Keeps a token in the place of the user's earlier one, bound to the present device key.
    ///
    /// # Errors
    /// [`TrustError`]; the earlier token is still there, and the server takes it once more.
    pub async fn keep(&self, user: &Email, grant: &TrustGrant) -> Result<(), TrustError> {
        let (user, grant) = (self.0.tag(user), grant.clone());
        self.run(move |inner| inner.keep(user, grant)).await
    }

    /// Forgets the user's token; none being there is no error.
    ///
    /// # Errors
    /// [`TrustError`]; the token is still there.
    pub async fn drop(&self, user: &Email) -> Result<(), TrustError> {
        let user = self.0.tag(user);
        self.run(move |inner| inner.drop(&user)).await
    }

    /// Forgets the tokens of all users, as after signing out everywhere.
    ///
    /// # Errors
    /// [`TrustError`]; all tokens are still there.
    pub async fn drop_all(&self) -> Result<(), TrustError> {
        self.run(|inner| Ok(inner.ports.storage.remove(&inner.entry)?)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, TrustError> + Send + 'static,
    ) -> Result<T, TrustError> {
        let inner = self.0.clone();
        blocking(
            || TrustError::ShutDown,
            move || {
                let _changing = locked(&inner.changing);
                work(&inner)
            },
        )
        .await
    }
}

struct Inner {
    ports: Ports,
    server: ServerUrl,
    /// Name in secure storage.
    entry: String,
    /// Name of the device key.
    key: String,
    /// Held from reading the entry to writing it.
    changing: Mutex<()>,
}

impl Inner {
    fn tag(&self, user: &Email) -> UserTag {
        UserTag::new(&self.server, user)
    }

    fn get(&self, user: &UserTag, now: Timestamp) -> Result<Option<TrustGrant>, TrustError> {
        let Some(mut record) = self.usable(self.device_key()?)? else { return Ok(None) };
        if record.remove_expired(now) {
            self.tidy(&record);
        }
        Ok(record.grant(user).cloned())
    }

    fn keep(&self, user: UserTag, grant: TrustGrant) -> Result<(), TrustError> {
        let key = self.device_key()?.ok_or(TrustError::NoDeviceKey)?;
        let mut record = self.usable(Some(key.clone()))?.unwrap_or_else(|| Record::new(key));
        if record.keep(user, grant, MOST_USERS) > 0 {
            self.log(
                Level::Notice,
                "another user's trust token gave way; that user proves a factor next time",
            );
        }
        self.write(&record)
    }

    fn drop(&self, user: &UserTag) -> Result<(), TrustError> {
        let Some(mut record) = self.usable(self.device_key()?)? else { return Ok(()) };
        if record.remove(user) { self.write(&record) } else { Ok(()) }
    }

    /// The thumbprint of the present device key, if there is a key.
    fn device_key(&self) -> Result<Option<String>, TrustError> {
        Ok(self.ports.signer.public_key(&self.key)?.map(|jwk| thumbprint(&jwk)))
    }

    /// The entry, if it can be read and was kept under this key; otherwise it is dropped.
    fn usable(&self, key: Option<String>) -> Result<Option<Record>, TrustError> {
        let Some(text) = self.ports.storage.get(&self.entry)?.map(Secret::new) else { return Ok(None) };
        let reason = match Record::read(&text) {
            None => "the trust tokens of a server were damaged, and dropped",
            Some(record) if key.is_some_and(|key| record.is_of(&key)) => return Ok(Some(record)),
            Some(_) => "the device key of a server has changed; its trust tokens were dropped",
        };
        self.log(Level::Warning, reason);
        self.ports.storage.remove(&self.entry)?;
        Ok(None)
    }

    fn write(&self, record: &Record) -> Result<(), TrustError> {
        if record.is_empty() {
            return Ok(self.ports.storage.remove(&self.entry)?);
        }
        let text = record.write().map_err(|error| StorageError::Broken { reason: error.to_string() })?;
        // EXPOSE: secure storage is where tokens live.
        Ok(self.ports.storage.set(&self.entry, text.expose())?)
    }

    /// Writes what could as well be written next time.
    fn tidy(&self, record: &Record) {
        if let Err(error) = self.write(record) {
            self.log(Level::Warning, &format!("expired trust tokens could not be dropped: {error}"));
        }
    }

    fn log(&self, level: Level, line: &str) {
        self.ports.log.log(level, LOG_TARGET, line);
    }
}

#[cfg(test)]
mod tests;
