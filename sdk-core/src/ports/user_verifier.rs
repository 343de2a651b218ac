/// The person in front of the device, asked by biometric or PIN. The prompt says what is being approved.
pub trait UserVerifier: Send + Sync {
    /// Whether the device can verify its user now.
    fn available(&self) -> bool;

    /// Asks and waits for the person.
    ///
    /// # Errors
    /// [`VerifierError`] whenever the person was not verified; nothing may be signed then.
    fn verify(&self, prompt: VerifyPrompt) -> Result<Verification, VerifierError>;
}

/// What the person is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyPrompt {
    /// One line, such as "Approve signing in to Acme".
    pub title: String,
    /// Account and place, such as "mia@example.com from Berlin".
    pub detail: String,
}

/// How the person was verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// Finger, face or the like.
    Biometric,
    /// PIN, pattern or passphrase of the device.
    DeviceCredential,
}

/// The person was not verified.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifierError {
    /// The device cannot verify anybody. Set up a screen lock.
    #[error("this device cannot verify its user; set up a screen lock first")]
    Unavailable,
    /// The person closed the prompt.
    #[error("verification was cancelled")]
    Cancelled,
    /// Somebody else's finger, or a wrong PIN.
    #[error("verification did not succeed: {reason}")]
    Rejected {
        /// What the system said.
        reason: String,
    },
}

/// A device that cannot verify anybody.
#[derive(Debug, Default)]
pub struct NoVerifier;

impl UserVerifier for NoVerifier {
    fn available(&self) -> bool {
        false
    }

    fn verify(&self, _prompt: VerifyPrompt) -> Result<Verification, VerifierError> {
        Err(VerifierError::Unavailable)
    }
}
