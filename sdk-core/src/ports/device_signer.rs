use countersign_protocol::jose::Jwk;

/// P-256 keys that may live in hardware, by name. A key never leaves the signer.
pub trait DeviceSigner: Send + Sync {
    /// Makes a key under a name that is not in use, and returns its public half. It is durable when this returns.
    ///
    /// # Errors
    /// [`SignerError::Exists`] if the name is in use.
    fn create(&self, name: &str, usage: KeyUse) -> Result<Jwk, SignerError>;

    /// The public half of a key, or `None` if there is no key of that name.
    ///
    /// # Errors
    /// [`SignerError`] where that cannot be told.
    fn public_key(&self, name: &str) -> Result<Option<Jwk>, SignerError>;

    /// ES256 over the message: 64 bytes, `r` then `s` (RFC 7518 section 3.4).
    ///
    /// # Errors
    /// [`SignerError::Missing`] if there is no such key.
    fn sign(&self, name: &str, message: &[u8]) -> Result<[u8; 64], SignerError>;

    /// Removes a key; none being there is no error.
    ///
    /// # Errors
    /// [`SignerError`]; the key is then still there.
    fn delete(&self, name: &str) -> Result<(), SignerError>;
}

/// What a key is for, so that hardware can guard it accordingly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUse {
    /// Proves that this device is there. Usable while the app is locked.
    Possession,
    /// Proves that its user was verified. Used only after [`super::UserVerifier::verify`].
    Verification,
}

/// The signer could not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignerError {
    /// The name is in use.
    #[error("there is a key of that name already")]
    Exists,
    /// There is no key of that name: the device was reset or restored. Enrol again.
    #[error("the key is no longer on this device; enrol it again")]
    Missing,
    /// The signer's storage is there but locked. Ask the user to unlock it, then try again.
    #[error("the key store is locked: {reason}")]
    Locked {
        /// What the system said.
        reason: String,
    },
    /// The signer's storage did not do it.
    #[error("the key store did not answer as it should: {reason}")]
    Broken {
        /// What the system said.
        reason: String,
    },
}
