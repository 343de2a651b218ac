import Countersign
import CountersignTesting
import Foundation
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// The app's half of the ports, written in Swift.
@Suite(.timeLimit(.minutes(3))) struct PortTests {
    @Test func whatIsStoredOutlivesTheAuthenticator() async throws {
        let account = try await Account.withTOTP()
        let storage = Table()
        let (_, enrolment) = try await account.phone(ports: Ports(app: app, storage: storage))
        #expect(!storage.entries.withLock { $0.isEmpty })

        let restarted = Authenticator(ports: try Ports(app: app, storage: storage))
        #expect(try await restarted.enrolments() == [enrolment])
        let login = try await account.pushLogin()
        let request = try #require(try await restarted.pendingRequests(for: enrolment.id).requests.first)
        try await restarted.approve(request, number: try #require(login.state.number))
        #expect(try await login.waitForAnswer().signedIn != nil)
    }

    @Test func aStorageThatFailsSaysWhy() async throws {
        struct Defect: Error {}
        let locked = Authenticator(ports: try Ports(app: app, storage: Broken(error: StorageError.locked(reason: "no finger yet"))))
        let error = try await failure { try await locked.enrolments() }
        guard case .locked(let reason) = error else { throw error }
        #expect(reason.contains("no finger yet"))
        #expect(error.userAction == .unlock)

        let defective = Authenticator(ports: try Ports(app: app, storage: Broken(error: Defect())))
        guard case .device(let why) = try await failure({ try await defective.enrolments() }) else {
            throw Missing(what: "an error of the device")
        }
        #expect(why.contains("Defect"))
    }

    static let refusals: [(VerifierError, Bool)] = [(.cancelled, true), (.rejected(reason: "another finger"), false)]

    @Test(arguments: refusals)
    func thePersonIsAskedAndNothingIsSignedWithoutThem(refusal: VerifierError, byUser: Bool) async throws {
        let account = try await Account.withTOTP()
        let finger = Finger()
        let (phone, enrolment) = try await account.phone(
            ports: Ports(app: app, storage: MemoryStorage(), verifier: finger))
        #expect(enrolment.verifiesUser)
        #expect(finger.prompts.withLock { $0.count } == 1)

        let login = try await account.pushLogin()
        let number = try #require(login.state.number)
        let request = try #require(try await phone.pendingRequests(for: enrolment.id).requests.first)
        finger.refusal.withLock { $0 = refusal }
        let error = try await failure { try await phone.approve(request, number: number) }
        guard case .notVerified(_, cancelledByUser: byUser) = error else { throw error }
        let prompt = try #require(finger.prompts.withLock { $0.last })
        #expect(prompt.title == "Approve signing in to Acme")
        #expect(prompt.detail == "\(account.email) from 127.0.0.1")

        finger.refusal.withLock { $0 = nil }
        try await phone.approve(request, number: number)
        #expect(try await login.waitForAnswer().signedIn != nil)
    }

    @Test func aSignatureOfTheWrongFormIsNotSent() async throws {
        struct Short: DeviceSigner {
            let point = Data(
                base64Encoded: "BGsX0fLhLEJH+Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT+NC4v4af5uO5+tKfA+eFivOM1drMV7Oy7ZAaDe/UfU=")!
            func createKey(named name: String, for use: KeyUse) throws -> Data { point }
            func publicKey(named name: String) throws -> Data? { nil }
            func signature(for message: Data, withKeyNamed name: String) throws -> Data { Data("short".utf8) }
            func deleteKey(named name: String) throws {}
        }
        let account = try await Account()
        let ports = try Ports(app: app, storage: MemoryStorage(), signer: Short())
        let error = try await failure { try await account.phone(ports: ports) }
        guard case .device(let reason) = error else { throw error }
        #expect(reason.contains("64 bytes"))
    }

    static let enclave: [(String, Int, SignerError)] = [
        ("CryptoTokenKit", -3, .missing), ("CryptoTokenKit", -9, .locked(reason: "no")),
        ("CryptoTokenKit", -2, .broken(reason: "no")), ("NSOSStatusErrorDomain", -25300, .missing),
        ("NSOSStatusErrorDomain", -25308, .locked(reason: "no")), ("NSOSStatusErrorDomain", -50, .broken(reason: "no")),
        ("com.apple.LocalAuthentication", -5, .missing), ("com.apple.LocalAuthentication", -8, .locked(reason: "no")),
        ("com.apple.LocalAuthentication", -6, .broken(reason: "no")), ("elsewhere", -3, .broken(reason: "no")),
    ]

    @Test(arguments: enclave)
    func lostKeysOfTheEnclaveAndALockedDeviceAreToldApart(domain: String, code: Int, told: SignerError) {
        #expect(SignerError(domain: domain, code: code, reason: "no") == told)
    }

    @Test func aStorageThatIsDamagedSaysSo() async throws {
        let storage = Broken(error: StorageError.damaged(reason: "half a key"))
        let authenticator = Authenticator(ports: try Ports(app: app, storage: storage))
        let error = try await failure { try await authenticator.enrolments() }
        guard case .damaged(let reason) = error else { throw error }
        #expect(reason.contains("half a key"))
    }

    @Test func signalsDescribeTheDevice() async throws {
        struct Known: DeviceSignals {
            func collect() -> [DeviceSignal] {
                [DeviceSignal(name: "os_family", value: "Plan 9"), DeviceSignal(name: "os_version", value: "4")]
            }
        }
        let account = try await Account.withTOTP()
        let (phone, enrolment) = try await account.phone()
        _ = try await account.pushLogin(ports: Ports(app: app, storage: MemoryStorage(), signals: Known()))
        let request = try #require(try await phone.pendingRequests(for: enrolment.id).requests.first)
        #expect(request.context.device.os == "Plan 9 4")
    }

    @Test func theLogHoldsNoSecret() async throws {
        let account = try await Account()
        let (log, storage) = (MemoryLog(), MemoryStorage())
        let ports = try Ports(app: app, storage: storage, log: log)
        _ = try await Client(server: account.stub.url, ports: ports).logIn(email: account.email, password: password)
        let text = log.lines.map(\.text).joined(separator: "\n")
        #expect(text.contains("/auth/login"))
        #expect(!text.contains(password))
        #expect(storage.entries.values.allSatisfy { !text.contains($0) })
    }

    @Test func anAnswerIsPrintedWithoutWhatItHolds() {
        let header = HTTPHeader(name: "dpop-nonce", value: "secret")
        let answer = HTTPResponse(status: 200, headers: [header], body: Data("secret".utf8))
        var dumped = ""
        dump(answer, to: &dumped)
        dump(header, to: &dumped)
        let printed = "\(answer) \([header]) \(String(reflecting: answer)) \(dumped)"
        #expect(printed.contains("200") && printed.contains("dpop-nonce"))
        #expect(!printed.contains("secret"))
    }

    @Test func theNetworkMayBeTheSystemsOwnAndBeLost() async throws {
        let account = try await Account.withTOTP()
        let network = SystemNetwork()
        let storage = MemoryStorage()
        let phone = Authenticator(ports: try Ports(app: app, storage: storage, transport: network))
        let session = try await account.session()
        let ticket = try await session.createEnrolmentTicket()

        network.loses.withLock { $0 = "/mfa/push/register" }
        let error = try await failure { try await phone.enroll(with: ticket.link, named: "Mia's phone") }
        guard case .interrupted = error else { throw error }
        #expect(error.isRetryable)
        #expect(try await phone.enrolments() == [])

        network.loses.withLock { $0 = nil }
        guard case .success(let enrolment) = try await phone.resume().first else { throw Missing(what: "the rest") }
        #expect(try await phone.enrolments() == [enrolment])
        #expect(try await session.enrolledDevices().count == 1)

        var inbox = phone.inbox(for: enrolment.id).makeAsyncIterator()
        guard case .connection(.polling) = try await inbox.next() else { throw Missing(what: "polling: no streams") }
    }

    @Test func theFakesStandInForTheHost() async throws {
        let account = try await Account.withTOTP()
        let (storage, user) = (MemoryStorage(), FixedVerifier(.deviceCredential))
        let (phone, enrolment) = try await account.phone(ports: Ports(app: app, storage: storage, verifier: user))
        #expect(enrolment.verifiesUser)
        storage.setLocked(true)
        guard case .locked = try await failure({ try await phone.enrolments() }) else { throw Missing(what: "the lock") }
        storage.setLocked(false)
        #expect(try await phone.enrolments() == [enrolment])
        #expect(user.prompts.count == 1)

        let nobody = FixedVerifier(failing: .unavailable)
        let other = try await account.phone(ports: Ports(app: app, storage: MemoryStorage(), verifier: nobody))
        #expect(!other.1.verifiesUser)
        #expect(nobody.prompts.isEmpty)

        let full = MemoryStorage()
        full.failWrite(1)
        let error = try await failure { try await account.phone(ports: Ports(app: app, storage: full)) }
        guard case .device = error else { throw error }
    }
}

/// Secure storage that is none.
final class Table: SecureStorage {
    let entries = Locked<[String: String]>([:])

    func value(for name: String) -> String? { entries.withLock { $0[name] } }
    func setValue(_ value: String, for name: String) { entries.withLock { $0[name] = value } }
    func removeValue(for name: String) { entries.withLock { $0[name] = nil } }
}

struct Broken: SecureStorage {
    let error: any Error

    func value(for name: String) throws -> String? { throw error }
    func setValue(_ value: String, for name: String) throws { throw error }
    func removeValue(for name: String) throws { throw error }
}

/// A prompt that is answered after a while, as those of operating systems are.
final class Finger: UserVerifier {
    let prompts = Locked<[VerificationPrompt]>([])
    let refusal = Locked<VerifierError?>(nil)
    let isAvailable = true

    func verify(_ prompt: VerificationPrompt) async throws -> VerificationMethod {
        prompts.withLock { $0.append(prompt) }
        await Task.yield()
        if let refusal = refusal.withLock({ $0 }) { throw refusal }
        return .biometric
    }
}

/// The network of Foundation, which may lose the answers of one path.
final class SystemNetwork: HTTPTransport {
    let loses = Locked<String?>(nil)

    func send(_ request: HTTPRequest) throws -> HTTPResponse {
        var asked = URLRequest(url: request.url, timeoutInterval: request.timeout)
        asked.httpMethod = request.method
        asked.httpBody = request.body
        for header in request.headers { asked.setValue(header.value, forHTTPHeaderField: header.name) }
        let (arrived, result) = (DispatchSemaphore(value: 0), Locked<Answer?>(nil))
        fetch(asked) { answer in
            result.withLock { $0 = answer }
            arrived.signal()
        }
        arrived.wait()
        guard case .success(let (body, response)) = result.withLock({ $0 }) else {
            throw HTTPTransportError.unreachable(reason: "no answer")
        }
        if let lost = loses.withLock({ $0 }), request.url.path.hasSuffix(lost) {
            throw HTTPTransportError.interrupted(reason: "the answer was lost")
        }
        let headers = response.allHeaderFields.map { HTTPHeader(name: "\($0.key)", value: "\($0.value)") }
        return HTTPResponse(status: UInt16(response.statusCode), headers: headers, body: body)
    }
}
