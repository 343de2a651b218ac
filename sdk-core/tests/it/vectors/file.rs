//! The form of a vector file. `protocol/vectors/README.md` describes it for people.

use countersign::protocol::{claims::Header, jose::Jwk};
use serde::{Deserialize, Serialize};

/// One signed message, with everything it was made from and with spoiled variants.
#[derive(Serialize, Deserialize)]
pub(super) struct Vector<C> {
    pub(super) description: String,
    pub(super) typ: String,
    /// Whether the message carries `ver` and names it in `crit`.
    pub(super) versioned: bool,
    /// The public key to verify with.
    pub(super) key: Jwk,
    /// Its private half, `d` of RFC 7518 section 6.2.2. For tests only.
    pub(super) private_key: String,
    /// RFC 7638.
    pub(super) thumbprint: String,
    pub(super) header: Header,
    pub(super) claims: C,
    pub(super) signing_input: String,
    /// SHA-256 of the signing input, base64url.
    pub(super) signing_input_hash: String,
    pub(super) jws: String,
    pub(super) hashes: Vec<Hash>,
    pub(super) invalid: Vec<Invalid>,
}

/// A hash that stands in the message: `value` is the SHA-256 of the text `of`, base64url, and stands at the path `at`.
#[derive(Serialize, Deserialize)]
pub(super) struct Hash {
    pub(super) at: String,
    pub(super) of: String,
    pub(super) value: String,
}

/// A message that must be refused.
#[derive(Serialize, Deserialize)]
pub(super) struct Invalid {
    pub(super) reason: Reason,
    pub(super) jws: String,
}

/// Why. But for the first group, all variants have a good signature by the right key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reason {
    AlteredSignature,
    AlteredPayload,
    AlteredHeader,
    OtherKey,
    DerSignature,
    AlgNone,
    AlgHs256,

    OtherTyp,
    NoTyp,
    UnknownCrit,
    NoVersion,
    VersionNotCritical,
    OtherVersion,
    DuplicateHeaderMember,
    DuplicateClaim,
    MissingClaim,
    UnknownValue,
    Padded,
    StrayBits,
    TwoParts,
}
