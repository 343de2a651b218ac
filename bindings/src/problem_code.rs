//! What the server's refusals say, as the protocol has it.

use countersign::protocol::{ProblemCode, problem::FieldProblem};

/// What went wrong, as the server names it.
#[uniffi::remote(Enum)]
pub enum ProblemCode {
    /// The request does not have the form that the route asks for; `fields` tells where.
    InvalidRequest,
    /// Address or password is wrong, or the account is locked, pending or unknown: not told apart.
    InvalidCredentials,
    /// The route needs a caller and there is none.
    Unauthenticated,
    /// The DPoP proof is missing or does not fit the request. Make a new one.
    InvalidDpopProof,
    /// The proof needs the nonce of the `DPoP-Nonce` header. Make a new one with it and send again.
    UseDpopNonce,
    /// The access, refresh or login token is unknown, expired or another key's.
    InvalidToken,
    /// The session is over; `reason` tells why. Sign in again.
    SessionEnded,
    /// The caller is known but may not do this.
    Forbidden,
    /// The code is wrong, too old or used already; `attempts_left` tells how often one may try again.
    WrongCode,
    /// The limit is reached. Wait `retry_after` seconds.
    TooManyRequests,
    /// The account is locked for `retry_after` seconds after too many wrong attempts.
    AccountLocked,
    /// The login is not there, or is another caller's.
    LoginNotFound,
    /// The login took longer than ten minutes. Begin again.
    LoginExpired,
    /// The login is finished, denied, or does not wait for this step.
    LoginState,
    /// The method is not enrolled or cannot be used now.
    MethodNotAvailable,
    /// The method is enabled already.
    MethodEnabled,
    /// Push is locked for the account because somebody reported a sign-in. An administrator unlocks it.
    PushLocked,
    /// The ticket is unknown, expired or used. Make a new one.
    InvalidTicket,
    /// The enrolment is not there: it was removed, or the key is not enrolled.
    EnrolmentNotFound,
    /// The challenge is not there, or is another device's.
    ChallengeNotFound,
    /// The request was answered, replaced or ran out of time; `state` tells which.
    ChallengeClosed,
    /// The number is not the one shown at sign-in. The request is closed.
    WrongNumber,
    /// A signature does not verify, or signs something else than what was asked.
    InvalidSignature,
    /// The link was used, has expired, or is not whole.
    InvalidLink,
    /// The key was used with another request. Use a new key for a new request.
    IdempotencyConflict,
    /// There is nothing at this address.
    NotFound,
    /// The address does not take this method; `Allow` lists those it takes.
    MethodNotAllowed,
    /// The body is larger than 64 KiB.
    PayloadTooLarge,
    /// The body is not JSON.
    UnsupportedMediaType,
    /// The request took too long to arrive or to answer. Send it again.
    Timeout,
    /// The store or a peer cannot be reached; nothing was changed. Try again in `retry_after` seconds.
    Unavailable,
    /// A defect of the server. The correlation id finds it in the log.
    Internal,
    /// A code that this version does not know. Treated as a refusal.
    Unknown,
}

/// One field that the server refused.
#[uniffi::remote(Record)]
pub struct FieldProblem {
    /// Path of the field in the request, such as `admin_email`.
    pub field: String,
    /// What is wrong and what to send instead.
    pub problem: String,
}
