import Countersign
import CountersignTesting
import Foundation
import Testing

/// Errors say what happened in fields, and what to do.
@Suite(.timeLimit(.minutes(3))) struct ErrorTests {
    @Test func aWrongCodeTellsHowManyAttemptsAreLeft() async throws {
        let account = try await Account.withTOTP()
        let login = try await account.logIn()
        let right = try await account.nextCode()
        let wrong = right.map { $0 == "9" ? "0" : "9" }.joined()
        let error = try await failure { try await login.submit(wrong, for: .totp) }
        guard case .refused(let refusal) = error else { throw error }
        #expect(refusal.code == .wrongCode)
        #expect(refusal.attemptsLeft == 4)
        #expect(refusal.retryAfter == nil)
        #expect(refusal.fields == [])
        #expect(refusal.correlationID?.isEmpty == false)
        #expect(error.userAction == .correctInput)
        #expect(!error.isRetryable)
        #expect(error.localizedDescription == refusal.detail)
        #expect("\(error)" == refusal.detail)
        guard case .factorRequired = login.state else { throw Missing(what: "the former state") }
        #expect(try await login.submit(right, for: .totp).signedIn != nil)
    }

    @Test func aWrongPasswordIsRefused() async throws {
        let account = try await Account()
        let refused = try await refusal {
            try await account.client.logIn(email: account.email, password: password + "!")
        }
        #expect(refused.code == .invalidCredentials)
        #expect(refused.attemptsLeft == nil)
    }

    @Test func aRefusalNamesTheFieldsThatItIsAbout() async throws {
        let client = try client(of: try Server.shared.get().realm().url.absoluteString)
        let error = try await failure {
            try await client.signUp(company: "Acme", email: "eva@example.com", name: "Eva", password: "Password123")
        }
        guard case .refused(let refusal) = error else { throw error }
        #expect(refusal.code == .invalidRequest)
        let problem = "is a common password; a few unrelated words work well"
        #expect(refusal.fields == [FieldProblem(field: "password", problem: problem)])
        #expect(error.userAction == .correctInput)
    }

    @Test func aTicketIsGoodOnce() async throws {
        let ticket = try await Account().session().createEnrolmentTicket()
        let (one, two) = (try phone(), try phone())
        _ = try await one.enroll(with: ticket.link, named: "One")
        let error = try await failure { try await two.enroll(with: ticket.link, named: "Two") }
        guard case .refused(let refusal) = error else { throw error }
        #expect(refusal.code == .invalidTicket)
        #expect(error.userAction == .enrol)
    }

    @Test func offlineIsToldApartAndMayBeTriedAgain() async throws {
        let client = try client(of: "http://127.0.0.1:1")
        let error = try await failure { try await client.logIn(email: "mia@example.com", password: password) }
        guard case .offline(let reason) = error else { throw error }
        #expect(!reason.isEmpty)
        #expect(error.isRetryable)
        #expect(error.userAction == .tryAgain)
    }

    @Test(arguments: try BadLink.all())
    func aBadLinkNamesTheFieldAndLeavesNothingBehind(_ bad: BadLink) async throws {
        let storage = MemoryStorage()
        let phone = Authenticator(ports: try Ports(app: app, storage: storage))
        let error = try await failure { try await phone.enroll(with: bad.uri, named: "My laptop") }
        guard case .invalidInput(let field, _, let fix) = error else { throw error }
        #expect(["uri", "server", "token"].contains(field))
        #expect(error.recoverySuggestion == fix)
        #expect(error.userAction == .correctInput)
        #expect(storage.entries.isEmpty)
    }

    @Test func aValueIsRefusedBeforeAnythingIsSent() async throws {
        let client = try client(of: "https://auth.invalid")
        let mia = "mia@example.com"
        let fields = [
            try await field { try await client.logIn(email: "mia", password: password) },
            try await field { try await client.logIn(email: mia, password: "short") },
            try await field { try await client.activate(token: "no token") },
            try await field { try await client.signUp(company: " ", email: mia, name: "Mia", password: password) },
        ]
        #expect(fields == ["email", "password", "token", "name"])
    }

    @Test func whatIsSetUpWrongIsRefused() async throws {
        let address = try await field { try client(of: "http://auth.example") }
        #expect(!address.isEmpty)
        let pin = "sha256/" + String(repeating: "A", count: 43) + "="
        let alone = NetworkOptions(pins: ["auth.example": [pin]])
        let pins = try await field { try Ports(app: app, storage: MemoryStorage(), network: alone) }
        #expect(pins == "pins")
    }

    /// Each error, whether to try again, what to offer, and what it says.
    static let judgements: [(CountersignError, Bool, UserAction, String)] = [
        (
            .invalidInput(field: "email", problem: "has no @", fix: "give the whole address"), false, .correctInput,
            "email: has no @; give the whole address"
        ),
        (.offline(reason: "it rained"), true, .tryAgain, "it rained"),
        (.interrupted(reason: "it rained"), true, .tryAgain, "it rained"),
        (.untrusted(reason: "it rained"), false, .contactSupport, "it rained"),
        (.refused(Refusal(.wrongCode, detail: "Not that one.", attemptsLeft: 1)), false, .correctInput, "Not that one."),
        (
            .refused(Refusal(.tooManyRequests, detail: "Slowly.", retryAfter: .seconds(3))), true, .tryAgain, "Slowly."
        ),
        (.refused(Refusal(.wrongNumber, detail: "Not that one.")), false, .startOver, "Not that one."),
        (.sessionEnded(.expired), false, .signIn, "sign in again"),
        (.sessionEnded(nil), false, .signIn, "sign in again"),
        (.unexpectedAnswer(reason: "it rained", correlationID: nil), false, .contactSupport, "it rained"),
        (.notAuthentic(reason: "it rained"), false, .contactSupport, "it rained"),
        (.requestClosed(.expired), false, .startOver, "closed"),
        (.invalidTransition(state: "the login is done", step: "send"), false, .startOver, "send"),
        (.locked(reason: "it rained"), false, .unlock, "it rained"),
        (.wrongPassphrase, false, .correctInput, "passphrase"),
        (.damaged(reason: "it rained"), false, .contactSupport, "it rained"),
        (.device(reason: "it rained"), false, .contactSupport, "it rained"),
        (.notVerified(reason: "it rained", cancelledByUser: true), false, .tryAgain, "it rained"),
        (.cancelled, false, .tryAgain, "cancelled"),
    ]

    @Test(arguments: judgements)
    func itIsJudgedAndDescribed(
        error: CountersignError, retryable: Bool, action: UserAction, says: String
    ) {
        #expect(error.isRetryable == retryable)
        #expect(error.userAction == action)
        #expect(error.localizedDescription.contains(says))
    }

    @Test func wrongCodesLeadToAPauseAndToALock() async throws {
        let account = try await Account.withTOTP()
        let login = try await account.logIn()
        let wrong = try await account.nextCode().map { $0 == "9" ? "0" : "9" }.joined()
        let told: [(left: Int, pause: Int?)] = [(4, nil), (3, nil), (2, 2), (1, 4)]
        for (left, pause) in told {
            let refused = try await refusal { try await login.submit(wrong, for: .totp) }
            #expect(refused.code == .wrongCode)
            #expect(refused.attemptsLeft == left)
            #expect(refused.retryAfter == pause.map { .seconds($0) })
            if let pause { try await account.stub.advance(seconds: pause) }
        }
        let last = try await refusal { try await login.submit(wrong, for: .totp) }
        #expect(last.attemptsLeft == 0)
        guard case .locked(let rest) = try await account.logIn().state else { throw Missing(what: "the lock") }
        #expect(rest > .seconds(600) && rest <= .seconds(900))
    }

    private func field<Value: Sendable>(_ call: () async throws -> Value) async throws -> String {
        let error = try await failure(call)
        guard case .invalidInput(let field, let problem, _) = error else { throw error }
        #expect(error.localizedDescription.contains(problem))
        return field
    }

    private func phone() throws -> Authenticator {
        Authenticator(ports: try Ports(app: app, storage: MemoryStorage()))
    }

    private func client(of address: String) throws -> Client {
        try Client(server: try #require(URL(string: address)), ports: Ports(app: app, storage: MemoryStorage()))
    }
}

/// A link of the shared vectors that is not to be taken.
struct BadLink: Decodable, Sendable, CustomTestStringConvertible {
    let uri: String
    let reason: String

    var testDescription: String { reason }

    static func all() throws -> [BadLink] {
        struct Links: Decodable { let bad: [BadLink] }
        guard let folder = ProcessInfo.processInfo.environment["COUNTERSIGN_VECTORS"] else {
            throw Missing(what: "COUNTERSIGN_VECTORS, the folder protocol/vectors")
        }
        let file = URL(fileURLWithPath: folder).appendingPathComponent("enroll-uri.json")
        return try JSONDecoder().decode(Links.self, from: Data(contentsOf: file)).bad
    }
}
