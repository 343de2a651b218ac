import CountersignBindings
import Foundation

/// A code as it lies in a ``Vault``. Change it, and hand it to ``Vault/save(_:)-(CodeItem)``.
public struct CodeItem: Identifiable, Sendable {
    /// Names it in its vault.
    public let id: CodeID
    /// When it was added.
    public let created: Date
    /// Its names, and the generator.
    public var entry: TOTPEntry
    /// Its place in the list, from 0. Where two are the same, the older one stands first.
    public var position: Int
    /// Whether the user wants it before all others.
    public var isPinned: Bool
    /// Whether its code is shown only when asked for.
    public var isHidden: Bool

    private let native: CountersignBindings.CodeItem

    init(_ native: CountersignBindings.CodeItem) {
        self.native = native
        id = native.id()
        created = native.created()
        entry = TOTPEntry(native.entry())
        position = Int(native.position())
        isPinned = native.pinned()
        isHidden = native.hidden()
    }

    /// As the core stores it.
    var changed: CountersignBindings.CodeItem {
        native
            .withEntry(entry: entry.native)
            .withPosition(position: UInt32(clamping: position))
            .withPinned(pinned: isPinned)
            .withHidden(hidden: isHidden)
    }
}

/// A code in the trash.
public struct TrashedCode: Sendable {
    /// The code as it was.
    public let code: CodeItem
    /// When it was put there.
    public let since: Date
}
