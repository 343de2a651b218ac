import CountersignBindings
import Foundation

/// A request for approval whose signature was checked under the keys that the enrolment pinned.
public struct ApprovalRequest: Identifiable, Sendable {
    /// Names the request.
    public let id: ChallengeID
    /// The enrolment that is asked.
    public let enrolment: EnrolmentID
    /// Who asks, for whom, from where, on which device, when and what for. Show all of it.
    public let context: RequestContext
    /// How many digits the number has that sign-in shows, 2 to 6. Let it be typed, not picked.
    public let numberDigits: Int
    /// Whether approving asks the user for finger, face or PIN.
    public let userVerification: UserVerification
    /// When it was made, by the server's clock.
    public let issuedAt: Date
    /// To be answered before this moment of the server's clock.
    public let expiresAt: Date

    /// What the core checked. A request that is not from there can be shown, but not answered.
    let native: CountersignBindings.Request?

    /// A request for previews and for fakes. No server made it, so that no ``Authenticator`` answers it.
    public init(
        id: ChallengeID,
        enrolment: EnrolmentID,
        context: RequestContext,
        numberDigits: Int = 2,
        userVerification: UserVerification = .preferred,
        issuedAt: Date,
        expiresAt: Date
    ) {
        self.id = id
        self.enrolment = enrolment
        self.context = context
        self.numberDigits = numberDigits
        self.userVerification = userVerification
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
        native = nil
    }

    init(_ native: CountersignBindings.Request) {
        id = native.challengeId()
        enrolment = native.enrolmentId()
        context = native.context()
        numberDigits = Int(native.numberDigits())
        userVerification = native.userVerification()
        issuedAt = native.issuedAt()
        expiresAt = native.expiresAt()
        self.native = native
    }

    /// What the core answers.
    func checked() throws -> CountersignBindings.Request {
        guard let native else {
            throw CountersignError.invalidInput(
                field: "request",
                problem: "was not received by an authenticator",
                fix: "answer a request of its inbox"
            )
        }
        return native
    }
}
