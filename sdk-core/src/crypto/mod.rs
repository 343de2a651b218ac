//! The only place that touches cryptographic primitives.
//!
//! | module | what | standard |
//! |---|---|---|
//! | [`digest`] | SHA-256, HMAC | FIPS 180-4, RFC 2104 |
//! | [`keys`] | P-256 public keys: check, verify, thumbprint | RFC 7518, RFC 7638 |
//! | [`software_signer`] | [`DeviceSigner`](crate::ports::DeviceSigner) on ring, keys in secure storage | RFC 7518 section 3.4 |
//! | [`rfc6979`] | the same with reproducible signatures | RFC 6979 |
//! | [`jws`] | signed messages | RFC 7515 |
//! | [`dpop`] | proofs that a request comes from the holder of a key | RFC 9449 |
//! | [`seal`] | encryption at rest | NIST SP 800-38D (AES-256-GCM) |
//! | [`kdf`] | keys from keys and from passphrases | RFC 5869, RFC 9106 |
//!
//! Keys, time and randomness come in through ports. The one exception is said where it is made: ring takes the
//! nonces of its signatures from the operating system and from nowhere else.

pub mod digest;
pub mod dpop;
mod error;
pub mod jws;
pub mod kdf;
pub mod keys;
pub mod rfc6979;
pub mod seal;
pub mod software_signer;
mod stored_keys;

pub use error::CryptoError;
pub use keys::{PublicKey, thumbprint};
pub use rfc6979::DeterministicSigner;
pub use software_signer::SoftwareSigner;
