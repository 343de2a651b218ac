import Countersign
import Foundation
import Testing

/// What notifications bring, and what is kept of requests.
@Suite(.timeLimit(.minutes(3))) struct HistoryTests {
    @Test func aNotificationGivesTheRequestThatItNames() async throws {
        let account = try await Account.withTOTP()
        let (phone, enrolment) = try await account.phone()
        let login = try await account.pushLogin()
        let waiting = try #require(try await phone.pendingRequests(for: enrolment.id).requests.first)
        let payload = notification(enrolment: enrolment.id.rawValue, challenge: waiting.id.rawValue)
        let request = try #require(try await phone.pushed(payload))
        #expect(request.id == waiting.id)
        try await phone.approve(request, number: try #require(login.state.number))
        #expect(try await phone.pushed(payload)?.id == nil)
    }

    @Test func aNotificationIsNotBelieved() async throws {
        let (phone, enrolment) = try await Account.withTOTP().phone()
        let foreign = notification(enrolment: "01J00000000000000000000000", challenge: enrolment.id.rawValue)
        for (payload, place) in [(Data(), "payload"), (Data("{}".utf8), "payload"), (foreign, "enrolment_id")] {
            let error = try await failure { try await phone.pushed(payload)?.id }
            guard case .invalidInput(field: place, _, _) = error else { throw error }
        }
    }

    @Test func historyTellsHowEachRequestEnded() async throws {
        let account = try await Account.withTOTP()
        let (phone, enrolment) = try await account.phone()
        #expect(try await phone.history() == [])
        let login = try await account.pushLogin()
        let first = try #require(try await phone.pendingRequests(for: enrolment.id).requests.first)
        try await phone.approve(first, number: try #require(login.state.number))
        try await account.stub.advance(seconds: 1)
        _ = try await account.pushLogin()
        let second = try #require(try await phone.pendingRequests(for: enrolment.id).requests.first)
        try await phone.deny(second, because: .mistake)
        let history = try await phone.history(of: enrolment.id)
        #expect(history.map(\.id) == [second.id, first.id])
        #expect(history.map(\.outcome) == [.denied, .approved])
    }

    /// As APNs delivers it.
    private func notification(enrolment: String, challenge: String) -> Data {
        Data(
            """
            {"aps": {"content-available": 1}, "countersign_enrolment": "\(enrolment)",
            "countersign_challenge": "\(challenge)"}
            """.utf8)
    }
}
