// Plain data and choices, which are those of the core.

import CountersignBindings

/// Names a request for approval.
public typealias ChallengeID = CountersignBindings.ChallengeID
/// Names a code in a vault.
public typealias CodeID = CountersignBindings.CodeID
/// Names an enrolment.
public typealias EnrolmentID = CountersignBindings.EnrolmentID
/// Names an enrolled factor.
public typealias MethodID = CountersignBindings.MethodID
/// Names a session.
public typealias SessionID = CountersignBindings.SessionID
/// Names a key slot of a vault.
public typealias SlotID = CountersignBindings.SlotID
/// Names an organisation.
public typealias TenantID = CountersignBindings.TenantID
/// Names a user.
public typealias UserID = CountersignBindings.UserID

/// The app that embeds the SDK: its reverse domain name, its name and version, and what the user calls the device.
public typealias AppIdentity = CountersignBindings.App
/// How the SDK's own network reaches servers and whom it believes.
public typealias NetworkOptions = CountersignBindings.Network

/// An account on a server whose requests this device may answer.
public typealias Enrolment = CountersignBindings.Enrolment
/// One enrolled authenticator of the user.
public typealias EnrolledDevice = CountersignBindings.EnrolledDevice
/// One enrolled factor.
public typealias MethodOffer = CountersignBindings.MethodOffer
/// Who is signed in.
public typealias UserProfile = CountersignBindings.UserProfile
/// One request of the past, or one that waits.
public typealias HistoryEntry = CountersignBindings.HistoryEntry
/// What a request shows, all of it under the server's signature. Show all of it.
public typealias RequestContext = CountersignBindings.RequestContext
/// The device that signs in.
public typealias RequestDevice = CountersignBindings.RequestDevice

/// A way to open a vault: its id, and what it is.
public typealias KeySlot = CountersignBindings.Slot
/// What trying one passphrase costs (Argon2id, RFC 9106): memory in KiB, 8 for each lane to 1 GiB; 1 to 64 passes; 1 to
/// 16 lanes.
public typealias PassphraseCost = CountersignBindings.PassphraseCost

/// One field that the server refused: its path in the request, such as `admin_email`, and what is wrong with it.
public typealias FieldProblem = CountersignBindings.FieldProblem
/// How a request for approval stands.
public typealias ChallengeState = CountersignBindings.ChallengeState
/// How an inbox learns of new requests.
public typealias ConnectionState = CountersignBindings.ConnectionState
/// Why a request was denied. `notMe` locks approvals for the account and raises an alert.
public typealias DenyReason = CountersignBindings.DenyReason
/// What kind of device an authenticator runs on.
public typealias DeviceKind = CountersignBindings.DeviceKind
/// What kind of key opens a vault.
public typealias KeySlotKind = CountersignBindings.SlotKind
/// What a key is for, so that hardware can guard it accordingly.
public typealias KeyUse = CountersignBindings.KeyUse
/// Whether the keyring of the operating system can be used.
public typealias KeyringStatus = CountersignBindings.KeyringStatus
/// How much a log line matters.
public typealias LogLevel = CountersignBindings.Level
/// Kinds of factors.
public typealias MethodKind = CountersignBindings.MethodKind
/// Something to tell the user after signing in.
public typealias Notice = CountersignBindings.Notice
/// What went wrong, as the server names it.
public typealias ProblemCode = CountersignBindings.ProblemCode
/// How a request ended, or that it waits.
public typealias RequestOutcome = CountersignBindings.Outcome
/// What an approval is for.
public typealias RequestPurpose = CountersignBindings.Purpose
/// Why a session has ended.
public typealias SessionEnd = CountersignBindings.SessionEnd
/// The hash of a generator of one-time codes.
public typealias TOTPAlgorithm = CountersignBindings.Algorithm
/// Something odd about an `otpauth` link that was taken nevertheless.
public typealias TOTPWarning = CountersignBindings.OtpUriWarning
/// What the app should offer its user.
public typealias UserAction = CountersignBindings.UserAction
/// Whether approving needs the user to be verified on the device.
public typealias UserVerification = CountersignBindings.UserVerification
/// How the person was verified.
public typealias VerificationMethod = CountersignBindings.Verification

extension Enrolment: Identifiable {}
extension EnrolledDevice: Identifiable {}
extension HistoryEntry: Identifiable {}
extension KeySlot: Identifiable {}
extension MethodOffer: Identifiable {}
extension UserProfile: Identifiable {}
