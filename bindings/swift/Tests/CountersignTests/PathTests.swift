import Countersign
import CountersignTesting
import Foundation
import Testing

/// From sign-up to a denied request, on the running server.
@Suite(.timeLimit(.minutes(3))) struct PathTests {
    @Test func theWholePath() async throws {
        let account = try await Account.withTOTP()
        let login = try await account.logIn()
        guard case .factorRequired(let methods, let recommended, _) = login.state else { throw Missing(what: "a factor") }
        #expect(methods.map(\.kind) == [.totp])
        #expect(recommended == .totp)
        let done = try await login.submit(try await account.nextCode(), for: .totp, trustingDevice: true)
        #expect(done.signedIn?.methods == ["pwd", "otp"])
        let trusted = try #require(try await account.logIn().state.signedIn)
        #expect(trusted.methods == ["pwd", "trusted_device"])
        #expect(trusted.user.email == account.email)

        let (phone, enrolment) = try await account.phone(by: try #require(done.signedIn).session)
        #expect(enrolment.application == "Acme")
        #expect(enrolment.account == account.email)
        #expect(enrolment.server == account.stub.url)
        #expect(try await trusted.session.enrolledDevices().map(\.id) == [enrolment.id])

        var inbox = phone.inbox(for: enrolment.id).makeAsyncIterator()
        let waiting = try await account.pushLogin()
        let request = try await nextRequest(&inbox)
        #expect(request.context.account == account.email)
        #expect(request.context.address == "127.0.0.1")
        #expect(request.context.device.app == "Acme 4.2")
        let number = try #require(waiting.state.number)
        #expect(number.count == request.numberDigits)
        async let answer = waiting.waitForAnswer()
        try await phone.approve(request, number: number)
        let approved = try #require(try await answer.signedIn)
        #expect(approved.methods == ["pwd", "push"])
        #expect(try await approved.session.profile().name == "Mia Meyer")

        let another = try await account.pushLogin()
        try await phone.deny(try await nextRequest(&inbox), because: .notMe)
        guard case .denied(.notMe) = try await another.waitForAnswer() else { throw Missing(what: "the denial") }
    }

    @Test func trustIsKnownAndForgotten() async throws {
        let account = try await Account.withTOTP()
        let login = try await account.logIn()
        #expect(try await !account.client.isTrusted(for: account.email))
        try await login.submit(try await account.nextCode(), for: .totp, trustingDevice: true)
        #expect(try await account.client.isTrusted(for: account.email))
        #expect(try await account.logIn().state.signedIn != nil)

        try await account.client.forgetTrust(for: account.email)
        #expect(try await !account.client.isTrusted(for: account.email))
        guard case .factorRequired = try await account.logIn().state else { throw Missing(what: "a factor") }
    }

    @Test func aLoginSurvivesARestart() async throws {
        let account = try await Account.withTOTP()
        let login = try await account.logIn()
        try await login.prepare(try await account.nextCode(), for: .totp)
        let saved = try await login.save()

        let restarted = try await Client(server: account.stub.url, ports: account.ports).restoreLogin(from: saved)
        guard case .unanswered = restarted.state else { throw Missing(what: "what is to be sent") }
        let done = try #require(try await restarted.send().signedIn)
        let again = try #require(try await login.send().signedIn)
        #expect(done.session.id == again.session.id, "the two calls are one")

        let found = try await Client(server: account.stub.url, ports: account.ports)
            .resumeSession(of: account.email)
        #expect(try await found?.profile().email == account.email)
        let error = try await failure { try await account.client.restoreLogin(from: saved.dropLast()) }
        guard case .damaged = error else { throw error }
    }

    @Test func aStepThatIsNotPossibleChangesNothing() async throws {
        let account = try await Account.withTOTP()
        let login = try await account.logIn()
        let error = try await failure { try await login.waitForAnswer() }
        guard case .invalidTransition(_, step: "wait") = error else { throw error }
        guard case .factorRequired = login.state else { throw Missing(what: "the former state") }
        guard case .cancelled = try await login.cancel() else { throw Missing(what: "the cancelled state") }
        let late = try await failure { try await login.submit("123456", for: .totp) }
        #expect(late == .invalidTransition(state: "the login was cancelled", step: "submit_code"))
    }

    @Test func anotherStepEndsWaiting() async throws {
        let account = try await Account.withTOTP()
        _ = try await account.phone()
        let login = try await account.pushLogin()
        let waiting = Task { try await login.waitForAnswer() }
        await Task.yield()
        guard case .factorRequired = try await login.useOtherMethod() else { throw Missing(what: "the choice") }
        switch await waiting.result {
        // It depends on which of the two came first.
        case .failure(CountersignError.cancelled), .failure(CountersignError.invalidTransition): break
        case let other: Issue.record("\(other)")
        }
        #expect(try await login.submit(try await account.nextCode(), for: .totp).signedIn != nil)
    }

    @Test func waitingMayBeCancelledAndTakenUpAgain() async throws {
        let account = try await Account.withTOTP()
        let (phone, enrolment) = try await account.phone()
        let login = try await account.pushLogin()
        for _ in 0..<20 {
            let waiting = Task { try await login.waitForAnswer() }
            await Task.yield()
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
        }
        let request = try #require(try await phone.pendingRequests(for: enrolment.id).requests.first)
        try await phone.approve(request, number: try #require(login.state.number))
        #expect(try await login.waitForAnswer().signedIn != nil)
    }

    @Test func aStepIsFinishedEvenIfItsTaskIsCancelled() async throws {
        let account = try await Account.withTOTP()
        let login = try await account.logIn()
        let code = try await account.nextCode()
        let step = Task { try await login.submit(code, for: .totp) }
        step.cancel()
        #expect(try await step.value.signedIn != nil)
    }

    @Test func aWrongNumberClosesTheRequest() async throws {
        let account = try await Account.withTOTP()
        let (phone, enrolment) = try await account.phone()
        let login = try await account.pushLogin()
        let request = try #require(try await phone.pendingRequests(for: enrolment.id).requests.first)
        let right = try #require(login.state.number)
        let wrong = right.map { $0 == "9" ? "0" : "9" }.joined()
        let refused = try await refusal { try await phone.approve(request, number: wrong) }
        #expect(refused.code == .wrongNumber)
        let error = try await failure { try await phone.approve(request, number: right) }
        guard case .requestClosed = error else { throw error }
        guard case .factorRequired = try await login.waitForAnswer() else { throw Missing(what: "the choice") }
    }

    @Test func waitingEndsWhenTheTimeIsOver() async throws {
        let account = try await Account.withTOTP()
        _ = try await account.phone()
        let login = try await account.pushLogin()
        async let answer = login.waitForAnswer()
        try await account.stub.advance(seconds: 601)
        guard case .expired = try await answer else { throw Missing(what: "the end of the login") }
    }
}
