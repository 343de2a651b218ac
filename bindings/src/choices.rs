//! Plain choices, as the core and the protocol have them. A variant that is added there does not compile here until
//! it is named, so the two cannot drift apart.

use countersign::{
    UserAction,
    otp::Algorithm,
    ports::{KeyUse, Level, Verification},
    protocol::{
        account::SessionEnd,
        login::{MethodKind, Notice},
        push::{ChallengeState, DenyReason, DeviceKind, Purpose, UserVerification},
    },
    push::{ConnectionState, Outcome},
};

/// What the app should offer its user.
#[uniffi::remote(Enum)]
pub enum UserAction {
    /// Correct the input.
    CorrectInput,
    /// Try the same again, at once or after the time that the error names.
    TryAgain,
    /// Sign in again.
    SignIn,
    /// Choose another method or begin the login again.
    StartOver,
    /// Unlock the device or the vault.
    Unlock,
    /// Enrol this device again.
    Enrol,
    /// Nothing the user can do: tell an administrator or the developer, with the correlation id.
    ContactSupport,
}

/// Why a session has ended.
#[uniffi::remote(Enum)]
pub enum SessionEnd {
    /// The user signed out.
    LoggedOut,
    /// Its time was over.
    Expired,
    /// A retired refresh token was used again: somebody holds a copy.
    TokenReused,
    /// The account was locked or disabled.
    AccountClosed,
    /// The user signed in once more than a user may have sessions, and this was the oldest.
    Evicted,
}

/// Kinds of factors.
#[uniffi::remote(Enum)]
pub enum MethodKind {
    /// A time-based code, RFC 6238.
    Totp,
    /// Approval on an enrolled device.
    Push,
}

/// Something to tell the user after signing in.
#[uniffi::remote(Enum)]
pub enum Notice {
    /// No second factor is enrolled yet.
    MfaSetupRecommended,
    /// The device was not seen before.
    NewDevice,
}

/// How a request for approval stands.
#[uniffi::remote(Enum)]
pub enum ChallengeState {
    /// Waits for an answer.
    Open,
    /// Approved.
    Approved,
    /// Denied.
    Denied,
    /// Closed by a wrong number; there is no second try.
    WrongNumber,
    /// Replaced by a newer request or another method.
    Superseded,
    /// Not answered in time.
    Expired,
}

/// Why a request was denied.
#[uniffi::remote(Enum)]
pub enum DenyReason {
    /// Somebody else is signing in. Locks push for the account and raises an alert.
    NotMe,
    /// Asked for by mistake.
    Mistake,
    /// Anything else.
    Other,
}

/// What kind of device an authenticator runs on.
#[uniffi::remote(Enum)]
pub enum DeviceKind {
    /// A phone or tablet.
    Mobile,
    /// A laptop or desktop.
    Desktop,
    /// No screen, such as a test device.
    Headless,
}

/// What an approval is for.
#[uniffi::remote(Enum)]
pub enum Purpose {
    /// Signing in.
    Login,
}

/// Whether approving needs the user to be verified (biometric or PIN) on the device.
#[uniffi::remote(Enum)]
pub enum UserVerification {
    /// Not asked for.
    Discouraged,
    /// Where the device can.
    Preferred,
    /// Only an answer signed by the verification key counts.
    Required,
}

/// How a request ended, as far as this device knows.
#[uniffi::remote(Enum)]
pub enum Outcome {
    /// It waits for an answer.
    Open,
    /// It closed while this device was not looking: answered elsewhere, replaced, or out of time.
    Closed,
    /// Nobody answered in time.
    Expired,
    /// Replaced by a newer request or another method.
    Superseded,
    /// Another device answered.
    AnsweredElsewhere,
    /// Approved here.
    Approved,
    /// Denied here, as a mistake or without a reason.
    Denied,
    /// Denied here, and reported.
    NotMe,
    /// Approved here with another number than the one shown, which closed it.
    WrongNumber,
}

/// How an inbox learns of new requests.
#[uniffi::remote(Enum)]
pub enum ConnectionState {
    /// The server tells at once.
    Live,
    /// The server is asked every few seconds.
    Polling,
    /// The server does not answer; it is tried again and again, at most a minute apart.
    Offline,
}

/// How the person was verified.
#[uniffi::remote(Enum)]
pub enum Verification {
    /// Finger, face or the like.
    Biometric,
    /// PIN, pattern or passphrase of the device.
    DeviceCredential,
}

/// What a key is for, so that hardware can guard it accordingly.
#[uniffi::remote(Enum)]
pub enum KeyUse {
    /// Proves that this device is there. Usable while the app is locked.
    Possession,
    /// Proves that its user was verified. Used only after the user was verified.
    Verification,
}

/// How much a log line matters.
#[uniffi::remote(Enum)]
pub enum Level {
    /// For whoever debugs the SDK.
    Debug,
    /// Something happened as it should.
    Notice,
    /// Something happened that should not; the SDK went on.
    Warning,
}

/// The hash of a generator of one-time codes.
#[uniffi::remote(Enum)]
pub enum Algorithm {
    /// SHA-1, which most sites use.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}
