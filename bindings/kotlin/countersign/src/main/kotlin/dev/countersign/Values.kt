package dev.countersign

// Plain values are the generated ones, which are what one would write by hand. What has behaviour, or would leak the
// border's own types, is written in the other files.

/** The app that embeds the SDK: its reverse domain name, its name and version, and what people call the device. */
public typealias App = dev.countersign.ffi.App

/** How the SDK's own network reaches servers and whom it believes. */
public typealias Network = dev.countersign.ffi.Network

/** The sign-up was taken; a mail to the masked address says how to go on. */
public typealias SignUpAccepted = dev.countersign.ffi.SignUpAccepted

/** Who is signed in. */
public typealias UserProfile = dev.countersign.ffi.UserProfile

/** One enrolled factor. */
public typealias MethodOffer = dev.countersign.ffi.MethodOffer

/** Kinds of factors. */
public typealias MethodKind = dev.countersign.ffi.MethodKind

/** Something to tell the user after signing in. */
public typealias Notice = dev.countersign.ffi.Notice

/** Why a session has ended. */
public typealias SessionEnd = dev.countersign.ffi.SessionEnd

/** An account on a server whose requests this device may answer. */
public typealias Enrolment = dev.countersign.ffi.Enrolment

/** One request of the past, or one that waits. */
public typealias HistoryEntry = dev.countersign.ffi.HistoryEntry

/** How a request ended, as far as this device knows. */
public typealias Outcome = dev.countersign.ffi.Outcome

/** One enrolled authenticator of the user. */
public typealias EnrolledDevice = dev.countersign.ffi.EnrolledDevice

/** What kind of device an authenticator runs on. */
public typealias DeviceKind = dev.countersign.ffi.DeviceKind

/** What a request shows, all of it under the server's signature. Show all of it. */
public typealias RequestContext = dev.countersign.ffi.RequestContext

/** The device that signs in, as it describes itself. */
public typealias RequestDevice = dev.countersign.ffi.RequestDevice

/** What an approval is for. */
public typealias Purpose = dev.countersign.ffi.Purpose

/** Whether approving needs the user to be verified on the device. */
public typealias UserVerification = dev.countersign.ffi.UserVerification

/** Why a request was denied. */
public typealias DenyReason = dev.countersign.ffi.DenyReason

/** How a request for approval stands. */
public typealias ChallengeState = dev.countersign.ffi.ChallengeState

/** How an inbox learns of new requests. */
public typealias ConnectionState = dev.countersign.ffi.ConnectionState

/** What went wrong, as the server names it. */
public typealias ProblemCode = dev.countersign.ffi.ProblemCode

/** One field that the server refused, and what to send instead. */
public typealias FieldProblem = dev.countersign.ffi.FieldProblem

/** What to offer the user after an error. */
public typealias UserAction = dev.countersign.ffi.UserAction

/** The hash of a generator of one-time codes. */
public typealias Algorithm = dev.countersign.ffi.Algorithm

/** What a key is for, so that hardware can guard it accordingly. */
public typealias KeyUse = dev.countersign.ffi.KeyUse

/** What the person is told when they are to be verified. */
public typealias VerifyPrompt = dev.countersign.ffi.VerifyPrompt

/** How the person was verified. */
public typealias Verification = dev.countersign.ffi.Verification

/** One thing that is known of the device; only salted hashes of it leave the SDK. */
public typealias Signal = dev.countersign.ffi.Signal

/** How much a log line matters. */
public typealias LogLevel = dev.countersign.ffi.Level
