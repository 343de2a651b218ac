import Countersign
import CountersignTesting
import Foundation
import Testing

/// How a session ends: the real one, and the fake that stands in for it in the tests of apps.
@Suite(.timeLimit(.minutes(3))) struct SessionTests {
    enum Kind: CaseIterable, Sendable {
        case real, fake
    }

    enum End: CaseIterable, Sendable {
        case loggedOut, forgotten

        func happen(to session: any SessionProtocol) async throws {
            switch self {
            case .loggedOut: try await session.logOut()
            case .forgotten: try await session.forget()
            }
        }
    }

    @Test(arguments: Kind.allCases, End.allCases)
    func itEndsOnceAndTellsWhy(kind: Kind, end: End) async throws {
        let device = try await signIn(kind)
        let session = device.session
        let before = session.ended
        try await end.happen(to: session)
        for stream in [before, session.ended] {
            #expect(await all(of: stream) == [SessionEnded(reason: .loggedOut)])
        }
        #expect(try await failure { try await session.profile() } == .sessionEnded(.loggedOut))
        #expect(try await device.client.resumeSession(of: "mia@example.com") == nil)

        // Both may be done again.
        try await session.logOut()
        try await session.forget()
        #expect(await all(of: session.ended) == [SessionEnded(reason: .loggedOut)])
    }

    @Test(arguments: Kind.allCases)
    func withoutAServerItCannotBeLoggedOutButForgotten(kind: Kind) async throws {
        let device = try await signIn(kind)
        device.goOffline()
        guard case .offline = try await failure({ try await device.session.logOut() }) else {
            throw Missing(what: "the error of a device without a network")
        }
        #expect(try await device.client.resumeSession(of: "mia@example.com") != nil)
        try await device.session.forget()
        #expect(await all(of: device.session.ended) == [SessionEnded(reason: .loggedOut)])
        #expect(try await device.client.resumeSession(of: "mia@example.com") == nil)
    }

    @Test(arguments: Kind.allCases)
    func waitingForTheEndStopsWithItsTask(kind: Kind) async throws {
        let session = try await signIn(kind).session
        let waiting = Task { await all(of: session.ended) }
        waiting.cancel()
        #expect(await waiting.value == [])
        #expect(try await session.profile().name == "Mia Meyer")
    }

    private struct Device {
        let client: any ClientProtocol
        let session: any SessionProtocol
        let goOffline: @Sendable () -> Void
    }

    private func signIn(_ kind: Kind) async throws -> Device {
        switch kind {
        case .real:
            let tunnel = Tunnel()
            let ports = try Ports(app: app, storage: MemoryStorage(), transport: tunnel)
            let account = try await Account()
            let client = try Client(server: account.stub.url, ports: ports)
            let login = try await client.logIn(email: account.email, password: password)
            let session = try #require(login.state.signedIn).session
            return Device(client: client, session: session) { tunnel.isEntered.withLock { $0 = true } }
        case .fake:
            let profile = UserProfile(
                id: UserID(rawValue: "usr_1"), tenant: TenantID(rawValue: "ten_1"), email: "mia@example.com",
                name: "Mia Meyer", roles: ["member"])
            let (client, session) = (FakeClient(), FakeSession(profile: profile))
            client.resumableSession = session
            return Device(client: client, session: session) {
                session.failure = CountersignError.offline(reason: "a tunnel")
            }
        }
    }
}

private func all(of ended: AsyncStream<SessionEnded>) async -> [SessionEnded] {
    var ends: [SessionEnded] = []
    for await end in ended { ends.append(end) }
    return ends
}

/// The network of Foundation, until the device is in a tunnel.
private final class Tunnel: HTTPTransport {
    let isEntered = Locked(false)
    private let network = SystemNetwork()

    func send(_ request: HTTPRequest) throws -> HTTPResponse {
        if isEntered.withLock({ $0 }) { throw HTTPTransportError.unreachable(reason: "a tunnel") }
        return try network.send(request)
    }
}
