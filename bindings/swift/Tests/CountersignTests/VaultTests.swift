import Countersign
import CountersignTesting
import Foundation
import Testing

/// The vault: codes come back, each key opens it, and nothing else does.
@Suite(.timeLimit(.minutes(3))) struct VaultTests {
    private let folder = Folder()
    private let passphrase = "correct horse battery staple"
    private let cheap = PassphraseCost(memoryKib: 8, passes: 1, lanes: 1)
    private var file: URL { folder.url.appendingPathComponent("codes.vault") }

    @Test func codesComeBackAfterLockingAndReopening() async throws {
        let ports = try ports()
        let vault = try await create(ports)
        let added = try await vault.add(acme())
        var locked = try await vault.lock()
        guard case .invalidTransition = try await failure({ try await vault.codes().map(\.id) }) else {
            throw Missing(what: "the error of a locked vault")
        }

        try await locked.unlock(with: passphrase).lock().close()
        locked = try await Vault.open(file, ports: ports)
        #expect(locked.ways == [.passphrase])
        let code = try #require(try await locked.unlock(with: passphrase).codes().first)
        #expect(code.id == added.id)
        #expect(code.created == added.created)
        #expect(try code.entry.codes(at: .now).current == acme().codes(at: .now).current)
        guard case .invalidTransition = try await failure({ _ = try await locked.unlock(with: passphrase) }) else {
            throw Missing(what: "the error of a vault that was unlocked")
        }
    }

    @Test func codesAreInTheOrderInWhichTheyAreShown() async throws {
        let vault = try await create(try ports())
        var first = try await vault.add(acme("first"))
        var second = try await vault.add(acme("second"))
        let third = try await vault.add(acme("third"))
        first.position = 2
        second.position = 1
        second.isHidden = true
        try await vault.save([first, second, third])
        #expect(try await names(vault) == ["third", "second", "first"])

        first.isPinned = true
        first.entry = try acme("renamed")
        try await vault.save(first)
        #expect(try await names(vault) == ["renamed", "third", "second"])
        let codes = try await vault.codes()
        #expect(codes.map(\.isPinned) == [true, false, false])
        #expect(codes.map(\.isHidden) == [false, false, true])
        #expect(codes.map(\.position) == [2, 0, 1])
        #expect(try await vault.code(second.id)?.entry.issuer == "second")
        let error = try await failure { try await vault.code(CodeID(rawValue: "not an id"))?.id }
        guard case .invalidInput(field: "item_id", _, _) = error else { throw error }
    }

    @Test func whatWasThrownAwayCanBeBroughtBackUntilItIsPurged() async throws {
        let vault = try await create(try ports())
        let code = try await vault.add(acme())
        #expect(try await vault.trash(code.id))
        #expect(try await !vault.trash(code.id))
        #expect(try await vault.code(code.id)?.id == nil)
        let trashed = try await vault.trashedCodes()
        #expect(trashed.map(\.code.id) == [code.id])
        #expect(trashed.allSatisfy { $0.since >= code.created })
        #expect(try await vault.restore(code.id))
        #expect(try await names(vault) == ["Acme"])

        try await vault.trash(code.id)
        #expect(try await vault.purge(olderThan: .seconds(30 * 86_400)) == 0)
        #expect(try await vault.purge(olderThan: .zero) == 1)
        #expect(try await !vault.restore(code.id))
    }

    @Test func eachKeyOpensTheVaultAndTheLastOneStays() async throws {
        let ports = try ports()
        var vault = try await Vault.createWithSecureStorage(at: file, ports: ports)
        let code = try RecoveryCode.random(with: ports)
        #expect(code.groups.map(\.count) == Array(repeating: 4, count: 8))
        try await vault.setRecoveryCode(code)
        let stored = try #require(try await vault.slots().first { $0.kind == .secureStorage })
        let last = try await failure { try await vault.removeSlot(stored.id) }
        guard case .invalidInput(field: "slot", _, _) = last else { throw last }
        try await vault.setPassphrase(passphrase, cost: cheap)

        let typed = try RecoveryCode(typed: code.groups.joined(separator: " ").lowercased())
        var locked = try await vault.lock()
        #expect(locked.ways == [.passphrase, .secureStorage, .recoveryCode])
        locked = try await locked.unlock(with: typed).lock()
        locked = try await locked.unlockWithSecureStorage().lock()
        vault = try await locked.unlock(with: passphrase)
        #expect(try await vault.removeSlot(stored.id))
        #expect(try await !vault.removeSlot(stored.id))
        #expect(try await vault.slots().map(\.kind) == [.passphrase, .recoveryCode])
    }

    @Test func aWrongKeySaysWhatToDoAndLeavesTheVaultToBeTriedAgain() async throws {
        let storage = MemoryStorage()
        let ports = try Ports(app: app, storage: storage)
        let vault = try await create(ports)
        try await vault.useSecureStorage()
        try await vault.setRecoveryCode(.random(with: ports))
        let locked = try await vault.lock()

        #expect(try await failure { _ = try await locked.unlock(with: "another passphrase") } == .wrongPassphrase)
        let wrong = try await failure { _ = try await locked.unlock(with: .random(with: ports)) }
        guard case .invalidInput(field: "recovery_code", _, _) = wrong else { throw wrong }
        storage.setLocked(true)
        let shut = try await failure { _ = try await locked.unlockWithSecureStorage() }
        guard case .locked = shut else { throw shut }
        storage.setLocked(false)
        for name in storage.entries.keys { try storage.removeValue(for: name) }
        let lost = try await failure { _ = try await locked.unlockWithSecureStorage() }
        #expect(lost.localizedDescription.contains("add the key again"))
        #expect(lost.userAction == .unlock)
        #expect(try await names(locked.unlock(with: passphrase)) == [])
    }

    static let slips = [
        ("0000-0000", "has fewer than 32 letters"),
        (String(repeating: "0000 ", count: 8), "has a letter that is not the one on paper"),
        (String(repeating: "UUUU ", count: 8), "has a letter that recovery codes do not have"),
    ]

    @Test(arguments: slips)
    func aSlipInARecoveryCodeIsNamed(typed: String, wrong: String) async throws {
        let error = try await failure { try RecoveryCode(typed: typed) }
        guard case .invalidInput(field: "recovery_code", problem: wrong, _) = error else { throw error }
    }

    @Test func aRecoveryCodeIsNotPrinted() throws {
        let code = try RecoveryCode.random(with: try ports())
        var dumped = ""
        dump(code, to: &dumped)
        let printed = "\(code) \(String(reflecting: code)) \(dumped)"
        #expect(code.groups.allSatisfy { !printed.contains($0) }, "\(printed)")
    }

    @Test func filesThatAreNoVaultAreLeftAlone() async throws {
        let ports = try ports()
        let missing = try await failure { _ = try await Vault.open(file, ports: ports) }
        guard case .invalidInput(field: "path", _, _) = missing else { throw missing }
        let letter = Data("Dear grandmother".utf8)
        try letter.write(to: file)
        let damaged = try await failure { _ = try await Vault.open(file, ports: ports) }
        guard case .damaged = damaged else { throw damaged }
        let occupied = try await failure { _ = try await create(ports) }
        guard case .invalidInput(field: "path", _, _) = occupied else { throw occupied }
        #expect(try Data(contentsOf: file) == letter)
    }

    @Test func aVaultIsOpenOnce() async throws {
        let ports = try ports()
        let vault = try await create(ports)
        let error = try await failure { _ = try await Vault.open(file, ports: ports) }
        guard case .device(let reason) = error else { throw error }
        #expect(reason.contains("open elsewhere"))
        try await vault.lock().close()
        try await Vault.open(file, ports: ports).close()
    }

    @Test func anOlderCopyIsTakenWhenTheUserSaysSo() async throws {
        let ports = try ports()
        try await create(ports).lock().close()
        let copy = try Data(contentsOf: file)
        let newer = try await Vault.open(file, ports: ports).unlock(with: passphrase)
        try await newer.add(acme())
        try await newer.lock().close()
        try copy.write(to: file)

        let locked = try await Vault.open(file, ports: ports)
        let error = try await failure { _ = try await locked.unlock(with: passphrase) }
        guard case .damaged = error else { throw error }
        try await locked.acceptOlderCopy()
        #expect(try await names(locked.unlock(with: passphrase)) == [])
    }

    @Test func aDeviceWithoutAKeyringKeepsItsSecretsBesideTheVault() async throws {
        let account = try await Account()
        let sealed = folder.url.appendingPathComponent("storage.sealed")
        var vault = try await create(try Ports(app: app, storage: NoStorage()))
        let storage = try await vault.fileStorage(at: sealed)
        let client = try Client(server: account.stub.url, ports: Ports(app: app, storage: storage))
        #expect(try await client.logIn(email: account.email, password: password).state.signedIn != nil)
        #expect(throws: StorageError.self) { try storage.setValue("two\nlines", for: "name") }

        vault = try await vault.lock().unlock(with: passphrase)
        let again = try await vault.fileStorage(at: sealed)
        let restarted = try Client(server: account.stub.url, ports: Ports(app: app, storage: again))
        #expect(try await restarted.resumeSession(of: account.email)?.profile().name == "Mia Meyer")

        var changed = try Data(contentsOf: sealed)
        changed[changed.endIndex - 1] ^= 1
        try changed.write(to: sealed)
        let error = try await failure { _ = try await vault.fileStorage(at: sealed) }
        guard case .damaged = error else { throw error }
        #expect(try Data(contentsOf: sealed) == changed)
    }

    @Test func whatIsSaidOfTheKeyringIsTrue() async throws {
        switch await Keyring.status(for: app) {
        case .ready, .locked:
            _ = try Ports(app: app)
        case .absent(let reason):
            #expect(!reason.isEmpty)
            let error = try await failure { try Ports(app: app) }
            guard case .device = error else { throw error }
        }
    }

    private func ports() throws -> Ports { try Ports(app: app, storage: MemoryStorage()) }

    private func create(_ ports: Ports) async throws -> Vault {
        try await Vault.create(at: file, passphrase: passphrase, ports: ports, cost: cheap)
    }

    private func acme(_ name: String = "Acme") throws -> TOTPEntry {
        try TOTPEntry(issuer: name, account: "mia@example.com", secret: "JBSWY3DPEHPK3PXP")
    }

    private func names(_ vault: Vault) async throws -> [String?] {
        try await vault.codes().map(\.entry.issuer)
    }
}

/// A folder that is there as long as its test.
private final class Folder: Sendable {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)

    init() {
        try? FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }
}
