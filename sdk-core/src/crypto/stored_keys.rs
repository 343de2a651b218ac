//! Named P-256 private keys in secure storage, each parsed once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use countersign_protocol::jose::Jwk;
use p256::{
    SecretKey,
    elliptic_curve::sec1::ToSec1Point as _,
    pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _},
};
use zeroize::Zeroizing;

use crate::{
    lock::locked,
    ports::{Random, RandomError, SecureStorage, SignerError, StorageError},
};

/// The keys of one signer. `K` is what the signer parses a private key into.
///
/// Stored form: PKCS#8 in base64url, 184 characters, under `key.<name>`.
pub(super) struct StoredKeys<K> {
    storage: Arc<dyn SecureStorage>,
    random: Arc<dyn Random>,
    /// Signing with a key that was used before takes only the read side of this.
    parsed: RwLock<HashMap<String, Arc<Parsed<K>>>>,
    /// Held around every access to the storage: no two keys are made under one name, and a key that is just being
    /// deleted is not parsed back in.
    storage_access: Mutex<()>,
}

/// A key, ready for use.
pub(super) struct Parsed<K> {
    pub(super) key: K,
    pub(super) public: Jwk,
}

impl<K> StoredKeys<K>
where
    K: for<'a> TryFrom<&'a SecretKey, Error = SignerError>,
{
    pub(super) fn new(storage: Arc<dyn SecureStorage>, random: Arc<dyn Random>) -> Self {
        Self { storage, random, parsed: RwLock::default(), storage_access: Mutex::default() }
    }

    /// Makes a key under a name that is not in use.
    pub(super) fn create(&self, name: &str) -> Result<Jwk, SignerError> {
        self.insert(name, &random_key(self.random.as_ref())?)
    }

    /// Stores a key under a name that is not in use.
    pub(super) fn insert(&self, name: &str, secret: &SecretKey) -> Result<Jwk, SignerError> {
        let parsed = parse(secret)?;
        let _access = self.access();
        if self.storage.get(&entry(name))?.map(Zeroizing::new).is_some() {
            return Err(SignerError::Exists);
        }
        let pkcs8 = secret.to_pkcs8_der().map_err(|_| broken("the new key has no PKCS#8 form"))?;
        let text = Zeroizing::new(URL_SAFE_NO_PAD.encode(pkcs8.as_bytes()));
        self.storage.set(&entry(name), &text)?;
        Ok(self.remember(name, parsed).public.clone())
    }

    /// The key, or `None` if there is none of that name.
    pub(super) fn get(&self, name: &str) -> Result<Option<Arc<Parsed<K>>>, SignerError> {
        if let Some(parsed) = self.parsed.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Ok(Some(Arc::clone(parsed)));
        }
        let _access = self.access();
        let Some(text) = self.storage.get(&entry(name))?.map(Zeroizing::new) else {
            return Ok(None);
        };
        let damaged = || broken("a stored key is damaged; remove it and enrol this device again");
        let pkcs8 = URL_SAFE_NO_PAD.decode(text.as_bytes()).map(Zeroizing::new).map_err(|_| damaged())?;
        let secret = SecretKey::from_pkcs8_der(&pkcs8).map_err(|_| damaged())?;
        Ok(Some(self.remember(name, parse(&secret)?)))
    }

    /// Removes the key, in storage and in memory.
    pub(super) fn delete(&self, name: &str) -> Result<(), SignerError> {
        let _access = self.access();
        self.storage.remove(&entry(name))?;
        self.parsed.write().unwrap_or_else(PoisonError::into_inner).remove(name);
        Ok(())
    }

    fn remember(&self, name: &str, parsed: Parsed<K>) -> Arc<Parsed<K>> {
        let parsed = Arc::new(parsed);
        let mut all = self.parsed.write().unwrap_or_else(PoisonError::into_inner);
        all.insert(name.to_owned(), Arc::clone(&parsed));
        parsed
    }

    fn access(&self) -> MutexGuard<'_, ()> {
        locked(&self.storage_access)
    }
}

fn entry(name: &str) -> String {
    format!("key.{name}")
}

fn parse<K>(secret: &SecretKey) -> Result<Parsed<K>, SignerError>
where
    K: for<'a> TryFrom<&'a SecretKey, Error = SignerError>,
{
    let point = secret.public_key().to_sec1_point(false);
    let public = Jwk::from_sec1(point.as_bytes()).map_err(|error| broken(error.problem))?;
    Ok(Parsed { key: K::try_from(secret)?, public })
}

/// A key from 256 random bits. One draw in 2³² is not below the order of the curve, so a second draw is rare and a
/// fifth means that the randomness is none.
fn random_key(random: &dyn Random) -> Result<SecretKey, SignerError> {
    for _ in 0..4 {
        let bytes = Zeroizing::new(random.bytes::<32>().map_err(|error| no_randomness(&error))?);
        if let Ok(secret) = SecretKey::from_slice(bytes.as_slice()) {
            return Ok(secret);
        }
    }
    Err(no_randomness(&RandomError))
}

fn no_randomness(error: &RandomError) -> SignerError {
    SignerError::Broken { reason: error.to_string() }
}

pub(super) fn broken(reason: &str) -> SignerError {
    SignerError::Broken { reason: reason.to_owned() }
}

impl From<StorageError> for SignerError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Locked { reason } => Self::Locked { reason },
            StorageError::Unsupported { .. } | StorageError::Damaged { .. } | StorageError::Broken { .. } => {
                Self::Broken { reason: error.to_string() }
            }
        }
    }
}

#[cfg(test)]
mod tests;
