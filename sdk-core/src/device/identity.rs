use countersign_protocol::{fields::ServerUrl, jose::Jwk};

use super::DeviceError;
use crate::{
    crypto::{digest::sha256_base64url, thumbprint},
    ports::{DeviceSigner, KeyUse, Ports, SignerError, blocking},
};

/// The key by which a server knows this device again. There is one a server, so that two servers cannot tell that
/// they see one device; sessions, waiting logins and trust tokens are bound to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceIdentity {
    /// The key's name in [`DeviceSigner`].
    pub key: String,
    /// Its public half.
    pub jwk: Jwk,
}

impl DeviceIdentity {
    /// The device's key for this server, made at the first call.
    ///
    /// # Errors
    /// [`DeviceError::Signer`] where the key store does not answer, [`DeviceError::ShutDown`].
    pub async fn for_server(server: &ServerUrl, ports: &Ports) -> Result<Self, DeviceError> {
        let (key, signer) = (Self::key_name(server), ports.signer.clone());
        blocking(
            || DeviceError::ShutDown,
            move || {
                let jwk = public_key(signer.as_ref(), &key)?;
                Ok(Self { key, jwk })
            },
        )
        .await
    }

    /// The RFC 7638 thumbprint of the key: the `jkt` that tokens are bound to.
    pub fn thumbprint(&self) -> String {
        thumbprint(&self.jwk)
    }

    /// `device.` and the [`server_tag`].
    pub(crate) fn key_name(server: &ServerUrl) -> String {
        format!("device.{}", server_tag(server))
    }
}

/// A server in the names of keys and storage entries: the first 16 characters of base64url(SHA-256(its URL)).
pub(crate) fn server_tag(server: &ServerUrl) -> String {
    let mut tag = sha256_base64url(server.as_str().as_bytes());
    tag.truncate(16);
    tag
}

fn public_key(signer: &dyn DeviceSigner, key: &str) -> Result<Jwk, SignerError> {
    if let Some(jwk) = signer.public_key(key)? {
        return Ok(jwk);
    }
    match signer.create(key, KeyUse::Possession) {
        // Another task was quicker.
        Err(SignerError::Exists) => signer.public_key(key)?.ok_or(SignerError::Missing),
        made => made,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use super::*;
    use crate::{
        ports::SoftwareSigner,
        testing::{self, MemoryStorage, SeededRandom},
    };

    fn server(url: &str) -> ServerUrl {
        url.parse().unwrap()
    }

    #[tokio::test]
    async fn the_key_is_made_once_and_outlives_a_restart() {
        let storage = Arc::new(MemoryStorage::default());
        let started = || {
            let signer = SoftwareSigner::new(storage.clone(), Arc::new(SeededRandom::new(1)));
            Ports { signer: Arc::new(signer), ..testing::ports() }
        };
        let acme = server("https://acme.example");
        let first = DeviceIdentity::for_server(&acme, &started()).await.unwrap();
        let again = DeviceIdentity::for_server(&acme, &started()).await.unwrap();
        assert_eq!(first, again);
        assert_eq!(first.key, "device.yo4NzxuFB-TFCT9O");
        assert_eq!(first.thumbprint().len(), 43);
    }

    #[tokio::test]
    async fn each_server_sees_another_key() {
        let ports = testing::ports();
        let acme = DeviceIdentity::for_server(&server("https://acme.example"), &ports).await.unwrap();
        let realm = DeviceIdentity::for_server(&server("https://acme.example/r/qa"), &ports).await.unwrap();
        assert_ne!(acme.key, realm.key);
        assert_ne!(acme.jwk, realm.jwk);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn tasks_that_ask_at_once_get_one_key() {
        let (ports, acme) = (testing::ports(), server("https://acme.example"));
        let asked = (0..16).map(|_| DeviceIdentity::for_server(&acme, &ports));
        let keys = futures_util::future::try_join_all(asked).await.unwrap();
        assert!(keys.iter().all(|key| *key == keys[0]));
    }

    #[tokio::test]
    async fn a_locked_key_store_is_told_as_such() {
        let storage = Arc::new(MemoryStorage::default());
        storage.set_locked(true);
        let signer = SoftwareSigner::new(storage.clone(), Arc::new(SeededRandom::new(1)));
        let ports = Ports { signer: Arc::new(signer), ..testing::ports() };
        let error = DeviceIdentity::for_server(&server("https://acme.example"), &ports).await.unwrap_err();
        assert!(matches!(crate::Error::from(error), crate::Error::Locked { .. }));
        assert!(storage.entries().is_empty());
    }
}
