import CountersignBindings
import Foundation

/// A signed-in user on this device: that of a login, or a fake of it in tests.
///
/// It refreshes itself, and outlives the app: ``ClientProtocol/resumeSession(of:)`` finds it.
public protocol SessionProtocol: Sendable {
    /// The session's id, as the server lists it.
    var id: SessionID { get }

    /// One element when the session is over, and none before: `for await end in session.ended { … }`.
    ///
    /// Each access is a stream of its own. Cancelling the task, or leaving the loop, stops waiting.
    var ended: AsyncStream<SessionEnded> { get }

    /// Who is signed in.
    func profile() async throws -> UserProfile

    /// The user's enrolled factors, oldest first.
    func methods() async throws -> [MethodOffer]

    /// Begins to enrol a code generator. Show the QR code; the factor counts only after `confirmTOTP`.
    func startTOTP(label: String?) async throws -> TOTPSetup

    /// Enables the code generator by its first code.
    ///
    /// - Throws: ``CountersignError/refused(_:)`` with the code `wrongCode`: ask for the next code.
    func confirmTOTP(_ method: MethodID, code: String) async throws

    /// A ticket for one authenticator. Show its QR code, or hand its link to the authenticator on this device.
    func createEnrolmentTicket() async throws -> EnrolmentTicket

    /// The user's authenticators, oldest first.
    func enrolledDevices() async throws -> [EnrolledDevice]

    /// Takes an authenticator off the account, wherever it is.
    func removeEnrolledDevice(_ id: EnrolmentID) async throws

    /// Replaces the access token now. There is no need to: each call does so when it must.
    func refresh() async throws

    /// Signs out: the server ends the session, and this device forgets it.
    ///
    /// - Throws: ``CountersignError/offline(reason:)`` or ``CountersignError/interrupted(reason:)`` when the server cannot
    ///   be told. Try again, or `forget()` it here.
    func logOut() async throws

    /// Removes the session from this device alone. On the server it lives until it expires or is revoked.
    func forget() async throws
}

/// That a session is over, and why.
public struct SessionEnded: Hashable, Sendable {
    /// The reason, where the server told one.
    public let reason: SessionEnd?

    /// The end of a session, as a fake gives it.
    public init(reason: SessionEnd?) {
        self.reason = reason
    }
}

/// The secret to put into a code generator, given once.
public struct TOTPSetup: Redacted, Sendable {
    /// The factor, not yet enabled.
    public let method: MethodID
    /// `otpauth://totp/…` with all parameters.
    public let link: String
    /// The secret alone, Base32 without padding, for typing.
    public let secret: String
    /// The link as a QR code, an SVG document.
    public let qrSVG: String

    /// A secret, as a fake gives it.
    public init(method: MethodID, link: String, secret: String, qrSVG: String) {
        self.method = method
        self.link = link
        self.secret = secret
        self.qrSVG = qrSVG
    }
}

/// One enrolment of one authenticator, good for ten minutes.
public struct EnrolmentTicket: Redacted, Sendable {
    /// `countersign://enroll?…`, for an authenticator.
    public let link: String
    /// The link as a QR code, an SVG document.
    public let qrSVG: String
    /// End of the ticket.
    public let expiresAt: Date

    /// A ticket, as a fake gives it.
    public init(link: String, qrSVG: String, expiresAt: Date) {
        self.link = link
        self.qrSVG = qrSVG
        self.expiresAt = expiresAt
    }
}

/// A session on a server.
final class Session: SessionProtocol {
    private let native: CountersignBindings.Session

    init(_ native: CountersignBindings.Session) {
        self.native = native
    }

    var id: SessionID { native.id() }

    var ended: AsyncStream<SessionEnded> {
        AsyncStream { continuation in
            let cancellation = Cancellation()
            let waiting = Task { [native] in
                let reason = await native.ended(cancellation: cancellation)
                if !Task.isCancelled {
                    continuation.yield(SessionEnded(reason: reason))
                }
                continuation.finish()
            }
            continuation.onTermination = { _ in
                waiting.cancel()
                cancellation.cancel()
            }
        }
    }

    func profile() async throws -> UserProfile {
        try await calling { try await native.profile() }
    }

    func methods() async throws -> [MethodOffer] {
        try await calling { try await native.methods() }
    }

    func startTOTP(label: String?) async throws -> TOTPSetup {
        let setup = try await calling { try await native.startTotp(label: label) }
        return TOTPSetup(
            method: setup.methodId(), link: setup.otpauthUri(), secret: setup.secret(), qrSVG: setup.qrSvg())
    }

    func confirmTOTP(_ method: MethodID, code: String) async throws {
        try await calling { try await native.confirmTotp(methodId: method, code: code) }
    }

    func createEnrolmentTicket() async throws -> EnrolmentTicket {
        let ticket = try await calling { try await native.createEnrolmentTicket() }
        return EnrolmentTicket(link: ticket.uri(), qrSVG: ticket.qrSvg(), expiresAt: ticket.expiresAt())
    }

    func enrolledDevices() async throws -> [EnrolledDevice] {
        try await calling { try await native.enrolledDevices() }
    }

    func removeEnrolledDevice(_ id: EnrolmentID) async throws {
        try await calling { try await native.removeEnrolledDevice(id: id) }
    }

    func refresh() async throws {
        try await calling { try await native.refresh() }
    }

    func logOut() async throws {
        try await calling { try await native.logout() }
    }

    func forget() async throws {
        try await calling { try await native.forget() }
    }
}
