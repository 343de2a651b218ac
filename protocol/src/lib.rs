//! The wire contract of Countersign.
//!
//! Everything that crosses the network between a client and a server has its type here: ids and other
//! newtypes ([`ids`], [`fields`]), requests and answers ([`account`], [`login`], [`totp`], [`push`]), problems
//! (RFC 9457, [`problem`]) and the claims of every signed message ([`claims`]).
//!
//! The crate has no I/O, no clock, no randomness and no cryptography: a client and a server that share it
//! still check each other with independent implementations. `docs/protocol.md` tells the flows in prose;
//! `protocol/vectors/*.json` hold one example of every signed message for other languages.
//!
//! Two rules hold throughout. Values are parsed once, at the edge, into newtypes whose errors name the field and
//! the fix ([`fields::InvalidField`]). An enum value that is not known is an error, never a default: a newer
//! server cannot make an older client approve what it does not understand.

pub mod account;
pub mod claims;
pub mod coordinates;
pub mod device;
pub mod enroll_uri;
pub mod fields;
pub mod ids;
pub mod jose;
pub mod login;
pub mod problem;
pub mod push;
pub mod secret;
pub mod timestamp;
pub mod totp;

pub use fields::InvalidField;
pub use problem::{Problem, ProblemCode};
pub use secret::Secret;
pub use timestamp::Timestamp;

/// Names of the HTTP headers that the protocol uses beside the standard ones.
pub mod headers {
    /// A DPoP proof, RFC 9449 section 4.
    pub const DPOP: &str = "dpop";
    /// A server-chosen nonce for the next proof, RFC 9449 section 8.
    pub const DPOP_NONCE: &str = "dpop-nonce";
    /// Names one consuming request, so that a retry gets the same answer for ten minutes.
    pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
    /// Ties log lines, problems and journal entries of one request together.
    pub const CORRELATION_ID: &str = "x-correlation-id";
    /// A trust token, sent with `POST /auth/login`.
    pub const TRUST_TOKEN: &str = "x-trust-token";
    /// The bearer of a waiting login for clients that cannot prove a key (browsers).
    pub const LOGIN_TOKEN: &str = "x-login-token";
    /// The server's time in milliseconds since the epoch, on every answer.
    pub const SERVER_TIME: &str = "x-server-time";
    /// Chooses a realm where the base URL cannot.
    pub const STUB_REALM: &str = "x-stub-realm";
    /// The address that a test request is to come from. Read only by a server whose control plane is on.
    pub const STUB_CLIENT_IP: &str = "x-stub-client-ip";
}
