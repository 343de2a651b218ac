import Countersign
import CountersignTesting
import Foundation
import Testing

/// The fakes do as their scripts say, without a server.
@Suite(.timeLimit(.minutes(1))) struct FakeTests {
    private let mia = UserProfile(
        id: UserID(rawValue: "usr_1"), tenant: TenantID(rawValue: "ten_1"), email: "mia@example.com", name: "Mia",
        roles: ["member"])
    private let enrolment = Enrolment(
        id: EnrolmentID(rawValue: "enr_1"), server: URL(string: "https://auth.invalid")!, application: "Acme",
        account: "mia@example.com", enrolledAt: Date(timeIntervalSince1970: 0), verifiesUser: false)

    private func request(_ id: String) -> ApprovalRequest {
        ApprovalRequest(
            id: ChallengeID(rawValue: id),
            enrolment: enrolment.id,
            context: RequestContext(
                application: "Acme", purpose: .login, account: "mia@example.com", address: "192.0.2.1",
                place: "Berlin, Germany", latitude: 52.5, longitude: 13.4,
                device: RequestDevice(name: "Laptop", os: "Plan 9", app: "Acme 4", known: true),
                requestedAt: Date(timeIntervalSince1970: 0)),
            issuedAt: Date(timeIntervalSince1970: 0),
            expiresAt: Date(timeIntervalSince1970: 60))
    }

    @Test func aLoginGoesWhereItsScriptSays() async throws {
        let session = FakeSession(profile: mia)
        let login = FakeLogin(.factorRequired(methods: [], recommended: .totp, expiresAt: .distantFuture))
        let refusal = CountersignError.refused(Refusal(.wrongCode, detail: "No.", attemptsLeft: 4))
        login.steps = [.failure(refusal), .success(.done(SignedIn(session: session, user: mia)))]
        let client = FakeClient()
        client.logins = [.success(login)]

        let begun: any LoginProtocol = try await client.logIn(email: "mia@example.com", password: "secret")
        let error = try await failure { try await begun.submit("000000", for: .totp).signedIn?.user }
        #expect(error == refusal)
        guard case .factorRequired = begun.state else { throw Missing(what: "the former state") }
        #expect(try await begun.submit("123456", for: .totp).signedIn?.user == mia)
        #expect(client.calls == [.logIn(email: "mia@example.com")])
        #expect(login.taken.last == .submit(code: "123456", method: .totp, trustingDevice: false))
    }

    @Test func whatIsNotScriptedIsNoticed() async throws {
        await #expect(throws: NotScripted(call: "logIn")) {
            try await FakeClient().logIn(email: "mia@example.com", password: "secret")
        }
        await #expect(throws: NotScripted.self) { try await FakeLogin(.expired).send() }
    }

    @Test func aRequestIsAnsweredByTheTest() async throws {
        let login = FakeLogin(.pending(number: "42", expiresAt: .distantFuture))
        let cancelled = Task { try await login.waitForAnswer() }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        async let state = login.waitForAnswer()
        login.answer(.denied(.notMe))
        guard case .denied(.notMe) = try await state, case .denied = login.state else {
            throw Missing(what: "the denial")
        }
    }

    /// How it ends otherwise is tested beside the real one.
    @Test func aSessionThatTheServerEndsTellsWhyAndIsNoLongerFound() async throws {
        let session = FakeSession(profile: mia)
        let client = FakeClient()
        client.resumableSession = session
        #expect(try await client.resumeSession(of: mia.email)?.profile() == mia)
        let before = session.ended
        session.end(.evicted)
        session.end(.expired)
        for stream in [before, session.ended] {
            var ends: [SessionEnded] = []
            for await end in stream { ends.append(end) }
            #expect(ends == [SessionEnded(reason: .evicted)])
        }
        let error = try await failure { try await session.profile() }
        #expect(error == .sessionEnded(.evicted))
        #expect(try await client.resumeSession(of: mia.email)?.id == nil)
    }

    @Test func theNumberIsNotPrinted() {
        let state = LoginState.pending(number: "4711", expiresAt: Date(timeIntervalSince1970: 0))
        var dumped = ""
        dump(state, to: &dumped)
        for text in ["\(state)", "\([state])", String(reflecting: state), dumped] {
            #expect(text.contains("pending") && !text.contains("4711"), "\(text)")
        }
    }

    @Test func requestsAreDeliveredAndAnswersSeen() async throws {
        let authenticator = FakeAuthenticator(enrolments: [enrolment])
        let (first, second) = (request("cha_1"), request("cha_2"))
        authenticator.deliver(.connection(.live), to: enrolment.id)
        authenticator.deliver(first)
        authenticator.deliver(second)
        #expect(try await authenticator.pendingRequests(for: enrolment.id).requests.map(\.id) == [first.id, second.id])

        authenticator.failures = [CountersignError.offline(reason: "no network")]
        var seen: [ChallengeID] = []
        for try await case .arrived(let request) in authenticator.inbox(for: enrolment.id) {
            seen.append(request.id)
            if request.id == first.id {
                let error = try await failure { try await authenticator.approve(request, number: "42") }
                #expect(error == .offline(reason: "no network"))
                try await authenticator.approve(request, number: "42")
            } else {
                try await authenticator.deny(request, because: .mistake)
                try await authenticator.remove(enrolment.id)
            }
        }
        #expect(seen == [first.id, second.id])
        #expect(authenticator.answers == [.approved(first.id, number: "42"), .denied(second.id, .mistake)])
        #expect(try await authenticator.enrolments() == [])
    }

    @Test func aRequestIsAnsweredOnce() async throws {
        let authenticator = FakeAuthenticator(enrolments: [enrolment])
        let (first, second) = (request("cha_1"), request("cha_2"))
        authenticator.deliver(first)
        authenticator.deliver(second)
        try await authenticator.approve(first, number: "42")
        authenticator.deliver(.closed(second.id, .expired), to: enrolment.id)
        #expect(try await failure { try await authenticator.deny(first, because: .notMe) } == .requestClosed(.approved))
        #expect(try await failure { try await authenticator.approve(second, number: "42") } == .requestClosed(.expired))
        #expect(authenticator.answers == [.approved(first.id, number: "42")])
        #expect(try await authenticator.pendingRequests(for: enrolment.id).requests.map(\.id) == [])
    }

    @Test func aCancelledLoopTakesNoEvent() async throws {
        let authenticator = FakeAuthenticator(enrolments: [enrolment])
        let inbox = authenticator.inbox(for: enrolment.id)
        let reading = Task {
            var taken = 0
            for try await _ in inbox { taken += 1 }
            return taken
        }
        reading.cancel()
        #expect(try await reading.value == 0)
        authenticator.deliver(request("cha_1"))
        var events = inbox.makeAsyncIterator()
        guard case .arrived(let told) = try await events.next() else { throw Missing(what: "the request") }
        #expect(told.id == ChallengeID(rawValue: "cha_1"))
    }

    @Test func aNotificationGivesThePendingRequestThatItNames() async throws {
        let authenticator = FakeAuthenticator(enrolments: [enrolment])
        authenticator.deliver(request("cha_1"))
        let payload = Data(#"{"countersign_challenge": "cha_1"}"#.utf8)
        #expect(try await authenticator.pushed(Data(#"{"countersign_challenge": "cha_2"}"#.utf8))?.id == nil)
        let told = try #require(try await authenticator.pushed(payload))
        #expect(told.id == ChallengeID(rawValue: "cha_1"))
        try await authenticator.approve(told, number: "42")
        #expect(try await authenticator.pushed(payload)?.id == nil)
    }

    @Test func historyIsWhatTheTestSays() async throws {
        let authenticator = FakeAuthenticator(enrolments: [enrolment])
        let entry = HistoryEntry(
            enrolment: enrolment.id, id: ChallengeID(rawValue: "cha_1"), application: "Acme",
            account: "mia@example.com", purpose: .login, address: "192.0.2.1", place: nil, device: "Laptop", os: "Plan 9",
            app: "Acme 4", known: true, requestedAt: Date(timeIntervalSince1970: 0), endedAt: nil, outcome: .open)
        authenticator.past = [entry]
        #expect(try await authenticator.history() == [entry])
        #expect(try await authenticator.history(of: enrolment.id) == [entry])
        #expect(try await authenticator.history(of: EnrolmentID(rawValue: "enr_2")) == [])
    }

    @Test func trustIsWhatTheTestSays() async throws {
        let client = FakeClient()
        client.trusting = ["mia@example.com"]
        #expect(try await client.isTrusted(for: "mia@example.com"))
        try await client.forgetTrust(for: "mia@example.com")
        #expect(try await !client.isTrusted(for: "mia@example.com"))
        #expect(client.calls.contains(.forgetTrust(email: "mia@example.com")))
    }

    @Test func storageHoldsCallersToTheContract() throws {
        let storage = MemoryStorage()
        for value in ["two\nlines", "ümlaut", String(repeating: "x", count: 2_049)] {
            #expect(throws: StorageError.self) { try storage.setValue(value, for: "a") }
        }
        storage.failWrite(2)
        try storage.setValue("1", for: "a")
        #expect(throws: StorageError.broken(reason: "the test said so")) { try storage.setValue("2", for: "a") }
        #expect(try storage.value(for: "a") == "1")
        try storage.setValue("3", for: "a")
        try storage.removeValue(for: "a")
        #expect(storage.entries.isEmpty)
        storage.setLocked(true)
        #expect(throws: StorageError.locked(reason: "the test said so")) { try storage.value(for: "a") }
    }

    @Test func aMadeUpRequestIsNotAnsweredByARealAuthenticator() async throws {
        let authenticator = Authenticator(ports: try Ports(app: app, storage: MemoryStorage()))
        let error = try await failure { try await authenticator.approve(request("cha_1"), number: "42") }
        guard case .invalidInput(field: "request", _, _) = error else { throw error }
    }
}
