import CountersignBindings
import Foundation

/// Approves and denies sign-ins for any number of accounts: ``Authenticator``, or a fake of it in tests.
public protocol AuthenticatorProtocol: Sendable {
    /// Enrols this device with the server that the link names.
    ///
    /// The user is verified where the device can. If the answer is lost, call it again with the same link, or
    /// `resume()`: the device is enrolled once.
    ///
    /// - Parameters:
    ///   - link: `countersign://enroll?…`, as scanned or pasted.
    ///   - name: What the user calls the device.
    ///   - kind: What kind of device it is.
    /// - Throws: ``CountersignError/refused(_:)`` for a ticket that is no longer good, and
    ///   ``CountersignError/notAuthentic(reason:)`` if the server is not the one that made the link.
    func enroll(with link: String, named name: String, as kind: DeviceKind) async throws -> Enrolment

    /// Finishes what a crash or a lost connection left half-done, and clears away what cannot be finished.
    ///
    /// What failed and is retryable is still there to be resumed.
    @discardableResult
    func resume() async throws -> [Result<Enrolment, CountersignError>]

    /// Every enrolment that the server has confirmed, oldest first.
    func enrolments() async throws -> [Enrolment]

    /// Removes an enrolment on the server and here.
    func remove(_ enrolment: EnrolmentID) async throws

    /// What waits for an answer now. Asks nobody to verify themselves.
    func pendingRequests(for enrolment: EnrolmentID) async throws -> PendingRequests

    /// The request that a notification of APNs or FCM told of; `nil` where it does not wait any more.
    ///
    /// Works in the short time that a system gives to a notification, and asks nobody to verify themselves. An open
    /// inbox of the enrolment tells of the request as well, once. The same notification gives the same request again:
    /// name what is shown by its `id`.
    ///
    /// - Parameter payload: The notification's data as JSON, with whatever else it carries.
    /// - Throws: ``CountersignError/invalidInput(field:problem:fix:)`` for what is no such notification (`payload`) or of
    ///   an enrolment that is not on this device (`enrolment_id`), and ``CountersignError/notAuthentic(reason:)`` for a
    ///   request that is not believed.
    func pushed(_ payload: Data) async throws -> ApprovalRequest?

    /// What was asked of one enrolment, or with `nil` of all of them, newest first: the last requests of each that
    /// this device has seen, with how they ended. At most 200 of each are told; where their texts are very long, fewer,
    /// but not under 40.
    func history(of enrolment: EnrolmentID?) async throws -> [HistoryEntry]

    /// All that happens to an enrolment's requests, as it happens. Nothing is opened before it is iterated.
    func inbox(for enrolment: EnrolmentID) -> Inbox

    /// Approves a request with the number that the user typed from the sign-in page. The user is verified as far as the
    /// request asks.
    ///
    /// May be called again after a retryable error: the same answer counts once.
    ///
    /// - Throws: ``CountersignError/notVerified(reason:cancelledByUser:)``, ``CountersignError/requestClosed(_:)``, and
    ///   ``CountersignError/refused(_:)`` with the code `wrongNumber`, which closes the request.
    func approve(_ request: ApprovalRequest, number: String) async throws

    /// Denies a request. `notMe` locks approvals for the account and raises an alert. Nobody has to verify themselves
    /// for it.
    func deny(_ request: ApprovalRequest, because reason: DenyReason) async throws
}

extension AuthenticatorProtocol {
    /// Enrols this device, as the kind that it is, with the server that the link names.
    public func enroll(with link: String, named name: String) async throws -> Enrolment {
        try await enroll(with: link, named: name, as: .current)
    }

    /// Enrols this device with the server that a link names which the system opened the app with.
    public func enroll(with link: URL, named name: String) async throws -> Enrolment {
        try await enroll(with: link.absoluteString, named: name, as: .current)
    }

    /// What was asked of all enrolments, newest first.
    public func history() async throws -> [HistoryEntry] {
        try await history(of: nil)
    }
}

extension DeviceKind {
    /// What this device is.
    public static var current: DeviceKind {
        #if os(iOS) || os(visionOS) || os(watchOS)
            .mobile
        #else
            .desktop
        #endif
    }
}

/// What waits for an answer on one enrolment.
public struct PendingRequests: Sendable {
    /// Requests that were verified, oldest first.
    public let requests: [ApprovalRequest]
    /// Why others were not believed. They are never shown.
    public let refused: [CountersignError]

    /// A listing, as a fake gives it.
    public init(requests: [ApprovalRequest], refused: [CountersignError] = []) {
        self.requests = requests
        self.refused = refused
    }
}

/// Approves and denies sign-ins for any number of accounts on any number of servers.
///
/// There should be one for one storage at a time. Call ``resume()`` when the app starts.
public final class Authenticator: AuthenticatorProtocol {
    private let native: CountersignBindings.Authenticator

    /// The authenticator whose enrolments are kept behind these ports. Nothing is read or sent yet.
    public init(ports: Ports) {
        native = CountersignBindings.Authenticator(ports: ports.native)
    }

    public func enroll(with link: String, named name: String, as kind: DeviceKind) async throws -> Enrolment {
        try await calling { try await native.enroll(uri: link, name: name, kind: kind) }
    }

    @discardableResult
    public func resume() async throws -> [Result<Enrolment, CountersignError>] {
        try await calling { try await native.resume() }.map { outcome in
            switch outcome {
            case .enrolled(let enrolment): .success(enrolment)
            case .failed(let error): .failure(CountersignError(error))
            }
        }
    }

    public func enrolments() async throws -> [Enrolment] {
        try await calling { try await native.enrolments() }
    }

    public func remove(_ enrolment: EnrolmentID) async throws {
        try await calling { try await native.remove(id: enrolment) }
    }

    public func pendingRequests(for enrolment: EnrolmentID) async throws -> PendingRequests {
        let listing = try await calling { try await native.pending(id: enrolment) }
        return PendingRequests(
            requests: listing.requests.map(ApprovalRequest.init),
            refused: listing.refused.map(CountersignError.init)
        )
    }

    public func pushed(_ payload: Data) async throws -> ApprovalRequest? {
        try await calling { try await native.pushed(payload: payload) }.map(ApprovalRequest.init)
    }

    public func history(of enrolment: EnrolmentID?) async throws -> [HistoryEntry] {
        try await calling { try await native.history(of: enrolment) }
    }

    public func inbox(for enrolment: EnrolmentID) -> Inbox {
        Inbox { [native] in
            let inbox = try await calling { try await native.inbox(id: enrolment) }
            return Inbox.Source(next: { try await Self.next(of: inbox) }, close: { inbox.close() })
        }
    }

    public func approve(_ request: ApprovalRequest, number: String) async throws {
        let checked = try request.checked()
        try await calling { try await native.approve(request: checked, number: number) }
    }

    public func deny(_ request: ApprovalRequest, because reason: DenyReason) async throws {
        let checked = try request.checked()
        try await calling { try await native.deny(request: checked, reason: reason) }
    }

    private static func next(of inbox: PushInbox) async throws -> InboxEvent? {
        do {
            return switch try await calling({ try await inbox.next() }) {
            case .arrived(let request): .arrived(ApprovalRequest(request))
            case .closed(let challengeId, let state): .closed(challengeId, state)
            case .connection(let state): .connection(state)
            case nil: nil
            }
        } catch let error as CountersignError {
            switch error {
            // What was not believed does not end the inbox.
            case .notAuthentic, .unexpectedAnswer: return .refused(error)
            default: throw error
            }
        }
    }
}
