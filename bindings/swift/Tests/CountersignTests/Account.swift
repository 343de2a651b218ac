import Countersign
import CountersignTesting
import Foundation
import Testing

let app = AppIdentity(id: "com.example.tests", name: "Acme", version: "4.2", deviceName: "Mia's laptop")
let password = "correct horse battery"

/// A user whose address is proven, on the laptop that signed up.
final class Account: Sendable {
    let stub: Stub
    let email = "mia@example.com"
    let ports: Ports
    let client: Client
    private let generator = Locked<TOTPEntry?>(nil)

    init() async throws {
        stub = try Server.shared.get().realm()
        ports = try Ports(app: app, storage: MemoryStorage())
        client = try Client(server: stub.url, ports: ports)
        try await client.signUp(company: "Acme", email: email, name: "Mia Meyer", password: password)
        try await client.activate(token: try await stub.activationToken(for: email))
    }

    /// An account with a code generator.
    static func withTOTP() async throws -> Account {
        let account = try await Account()
        let session = try await account.session()
        let setup = try await session.startTOTP(label: "My codes")
        let entry = try TOTPEntry(link: setup.link)
        account.generator.withLock { $0 = entry }
        try await session.confirmTOTP(
            setup.method, code: try entry.codes(at: try account.client.serverTime).current)
        return account
    }

    /// Address and password.
    func logIn() async throws -> any LoginProtocol {
        try await client.logIn(email: email, password: password)
    }

    /// Signs in with all that is needed.
    func session() async throws -> any SessionProtocol {
        let login = try await logIn()
        if case .factorRequired = login.state {
            try await login.submit(try await nextCode(), for: .totp)
        }
        return try #require(login.state.signedIn).session
    }

    /// The code of a step that was not used yet.
    func nextCode() async throws -> String {
        try await stub.advance(seconds: 30)
        let entry = try #require(generator.withLock { $0 })
        return try entry.codes(at: try client.serverTime).next
    }

    /// An authenticator of the account.
    func phone(ports: Ports? = nil, by session: (any SessionProtocol)? = nil) async throws -> (Authenticator, Enrolment) {
        let authenticator = Authenticator(ports: try ports ?? Ports(app: app, storage: MemoryStorage()))
        let owner: any SessionProtocol
        if let session { owner = session } else { owner = try await self.session() }
        let ticket = try await owner.createEnrolmentTicket()
        return (authenticator, try await authenticator.enroll(with: ticket.link, named: "Mia's phone"))
    }

    /// A login on another device, which waits for an answer.
    func pushLogin(ports: Ports? = nil) async throws -> any LoginProtocol {
        let elsewhere = try Client(
            server: stub.url, ports: try ports ?? Ports(app: app, storage: MemoryStorage()))
        let login = try await elsewhere.logIn(email: email, password: password)
        try await login.requestPush()
        _ = try #require(login.state.number)
        return login
    }
}

/// The next request, past what is told of the connection.
func nextRequest(_ inbox: inout Inbox.AsyncIterator) async throws -> ApprovalRequest {
    while let event = try await inbox.next() {
        if case .arrived(let request) = event { return request }
    }
    throw Missing(what: "a request: the inbox is closed")
}

/// The error that a call throws.
func failure<Value: Sendable>(
    isolation: isolated (any Actor)? = #isolation, _ call: () async throws -> Value
) async throws -> CountersignError {
    do {
        _ = try await call()
    } catch let error as CountersignError {
        return error
    }
    throw Missing(what: "an error: the call went well")
}

/// The refusal that a call throws.
func refusal<Value: Sendable>(
    isolation: isolated (any Actor)? = #isolation, _ call: () async throws -> Value
) async throws -> Refusal {
    let error = try await failure(call)
    guard case .refused(let refusal) = error else { throw error }
    return refusal
}
