import CountersignBindings
import Foundation

/// An unlocked vault: a file of one-time codes, each sealed. Nobody else can open the file meanwhile.
///
/// Each change is durable when its call returns, and made whole or not at all. ``lock()`` wipes the key from memory, and
/// so does letting go of the vault; after it every call throws ``CountersignError/invalidTransition(state:step:)``.
public final class Vault: Sendable {
    private let native: CountersignBindings.Vault

    init(_ native: CountersignBindings.Vault) {
        self.native = native
    }

    /// Creates a vault under a passphrase in a new file. Deriving its key takes about a second by design.
    ///
    /// - Parameter cost: For tests that cannot wait.
    /// - Throws: ``CountersignError/invalidInput(field:problem:fix:)`` for `path` if there is a file already, which is not
    ///   touched.
    public static func create(
        at file: URL, passphrase: String, ports: Ports, cost: PassphraseCost? = nil
    ) async throws -> Vault {
        Vault(
            try await calling {
                try await CountersignBindings.Vault.create(
                    path: file.path, passphrase: passphrase, ports: ports.native, cost: cost)
            })
    }

    /// Creates a vault in a new file under a random key that the ``SecureStorage`` of these ports keeps. It is lost with
    /// that: give it a recovery code or a passphrase too.
    ///
    /// - Throws: What `create` throws, and ``CountersignError/locked(reason:)`` or ``CountersignError/device(reason:)``
    ///   when the storage does not take the key: offer a passphrase.
    public static func createWithSecureStorage(at file: URL, ports: Ports) async throws -> Vault {
        Vault(
            try await calling {
                try await CountersignBindings.Vault.createWithSecureStorage(path: file.path, ports: ports.native)
            })
    }

    /// Opens the file of a vault, which is not changed by it.
    ///
    /// - Throws: ``CountersignError/invalidInput(field:problem:fix:)`` for `path` if there is no vault,
    ///   ``CountersignError/damaged(reason:)`` if it is none or a newer one, and ``CountersignError/device(reason:)`` while
    ///   it is open elsewhere.
    public static func open(_ file: URL, ports: Ports) async throws -> LockedVault {
        LockedVault(
            try await calling {
                try await CountersignBindings.LockedVault.open(path: file.path, ports: ports.native)
            })
    }

    /// Wipes the key from memory and keeps the file. Calls that are under way are finished first.
    public func lock() async throws -> LockedVault {
        LockedVault(try await calling { try await native.lock() })
    }

    /// What opens the vault, at most one key of each kind.
    public func slots() async throws -> [KeySlot] {
        try await calling { try await native.slots() }
    }

    /// Gives the vault a passphrase, in place of a former one.
    public func setPassphrase(_ passphrase: String, cost: PassphraseCost? = nil) async throws {
        try await calling { try await native.setPassphrase(passphrase: passphrase, cost: cost) }
    }

    /// Lets a new random key open the vault, which the ``SecureStorage`` keeps, in place of a former one.
    ///
    /// - Throws: ``CountersignError/locked(reason:)`` or ``CountersignError/device(reason:)`` when the storage does not
    ///   take the key; the vault has not changed then.
    public func useSecureStorage() async throws {
        try await calling { try await native.useSecureStorage() }
    }

    /// Lets a recovery code open the vault, in place of a former one. Show the code first, and call this once the user
    /// has it on paper.
    public func setRecoveryCode(_ code: RecoveryCode) async throws {
        try await calling { try await native.setRecoveryCode(code: code.native) }
    }

    /// Lets a key open the vault no longer.
    ///
    /// - Returns: Whether there was such a slot.
    /// - Throws: ``CountersignError/invalidInput(field:problem:fix:)`` for `slot` if no passphrase and no key in secure
    ///   storage would be left.
    @discardableResult
    public func removeSlot(_ id: SlotID) async throws -> Bool {
        try await calling { try await native.removeSlot(id: id) }
    }

    /// Puts a new code into the vault.
    @discardableResult
    public func add(_ entry: TOTPEntry) async throws -> CodeItem {
        CodeItem(try await calling { try await native.addCode(entry: entry.native) })
    }

    /// Stores a changed code in place of the one of the same id.
    public func save(_ code: CodeItem) async throws {
        try await save([code])
    }

    /// Stores several changed codes, all or none, such as after the user has put them into another order.
    public func save(_ codes: [CodeItem]) async throws {
        try await calling { try await native.saveCodes(codes: codes.map(\.changed)) }
    }

    /// The code of this id, if there is one and it does not lie in the trash.
    public func code(_ id: CodeID) async throws -> CodeItem? {
        try await calling { try await native.code(id: id) }.map(CodeItem.init)
    }

    /// All codes in the order in which they are shown: pinned ones first, then by position, then by age.
    public func codes() async throws -> [CodeItem] {
        try await calling { try await native.codes() }.map(CodeItem.init)
    }

    /// Puts a code into the trash.
    ///
    /// - Returns: Whether there was one outside of it.
    @discardableResult
    public func trash(_ id: CodeID) async throws -> Bool {
        try await calling { try await native.trash(id: id) }
    }

    /// Brings a code back from the trash.
    ///
    /// - Returns: Whether it was there.
    @discardableResult
    public func restore(_ id: CodeID) async throws -> Bool {
        try await calling { try await native.restore(id: id) }
    }

    /// The codes in the trash, the latest first.
    public func trashedCodes() async throws -> [TrashedCode] {
        try await calling { try await native.trashedCodes() }
            .map { TrashedCode(code: CodeItem($0.code), since: $0.since) }
    }

    /// Removes for good what has been in the trash for so long. Thirty days is what people expect.
    ///
    /// - Returns: How many codes.
    @discardableResult
    public func purge(olderThan age: Duration) async throws -> Int {
        let seconds = TimeInterval(max(0, age.components.seconds))
        return Int(clamping: try await calling { try await native.purgeOlderThan(age: seconds) })
    }

    /// Secure storage in a sealed file, whose key is kept in the vault: for ``Ports`` on a device without a keyring. It
    /// can be used after the vault was locked.
    ///
    /// - Throws: ``CountersignError/damaged(reason:)`` if the file does not belong to this vault or was changed. It is not
    ///   touched.
    public func fileStorage(at file: URL) async throws -> FileStorage {
        FileStorage(try await calling { try await native.fileStorage(path: file.path) })
    }
}

/// A vault whose key is not in memory. It holds its file, so that nobody else changes it meanwhile.
///
/// A wrong key leaves it as it is, to be tried again. Unlocking and closing spend it.
public final class LockedVault: Sendable {
    private let native: CountersignBindings.LockedVault

    init(_ native: CountersignBindings.LockedVault) {
        self.native = native
    }

    /// What opens it: what to offer the user.
    public var ways: [KeySlotKind] { native.ways() }

    /// Unlocks by passphrase.
    ///
    /// - Throws: ``CountersignError/wrongPassphrase``, ``CountersignError/invalidInput(field:problem:fix:)`` where the
    ///   vault has no passphrase, and ``CountersignError/damaged(reason:)`` if the vault was changed or is an older copy.
    public func unlock(with passphrase: String) async throws -> Vault {
        Vault(try await calling { try await native.unlock(passphrase: passphrase) })
    }

    /// Unlocks by a recovery code.
    ///
    /// - Throws: ``CountersignError/invalidInput(field:problem:fix:)`` for `recovery_code` if it is not that of this vault.
    public func unlock(with code: RecoveryCode) async throws -> Vault {
        Vault(try await calling { try await native.unlockWithRecoveryCode(code: code.native) })
    }

    /// Unlocks by the key in secure storage.
    ///
    /// - Throws: ``CountersignError/locked(reason:)`` when the storage is locked or has lost the key; its description says
    ///   what to do.
    public func unlockWithSecureStorage() async throws -> Vault {
        Vault(try await calling { try await native.unlockWithSecureStorage() })
    }

    /// Takes the next unlocking as the newest state, even of a copy that is older than what this device has seen. For
    /// use when the user has restored a backup and said so.
    public func acceptOlderCopy() async throws {
        try await calling { try await native.acceptOlderCopy() }
    }

    /// Gives the file free.
    public func close() async throws {
        try await calling { try await native.close() }
    }
}
