import Countersign
import CountersignBindings

/// Secure storage in memory. It holds callers to the contract: single-line ASCII of at most 2,048 bytes.
public final class MemoryStorage: CoreStorage {
    private let native = CountersignBindings.MemoryStorage()
    package var core: any CountersignBindings.SecureStorage { native }

    /// An empty storage.
    public init() {}

    /// All entries, by name.
    public var entries: [String: String] { native.entries() }

    /// Locks or unlocks: a locked storage throws `StorageError.locked` for every call.
    public func setLocked(_ isLocked: Bool) {
        native.setLocked(locked: isLocked)
    }

    /// The `nth` write from now fails, 1 being the next; those after it work again.
    public func failWrite(_ nth: Int) {
        native.failSet(nth: UInt32(clamping: nth))
    }
}

/// A user who answers every prompt in the same way.
public final class FixedVerifier: Countersign.UserVerifier {
    private let answer: Result<VerificationMethod, Countersign.VerifierError>
    private let shown = Locked<[VerificationPrompt]>([])

    /// A user who is always verified in this way.
    public init(_ method: VerificationMethod) {
        answer = .success(method)
    }

    /// A user who never is. `unavailable` is a device that verifies nobody.
    public init(failing error: Countersign.VerifierError) {
        answer = .failure(error)
    }

    /// The prompts so far, oldest first.
    public var prompts: [VerificationPrompt] { shown.withLock { $0 } }

    public var isAvailable: Bool { answer != .failure(.unavailable) }

    public func verify(_ prompt: VerificationPrompt) async throws -> VerificationMethod {
        shown.withLock { $0.append(prompt) }
        return try answer.get()
    }
}

/// Keeps the log lines, for looking at what was said and that no secret was.
public final class MemoryLog: Countersign.LogSink {
    /// One line of the log.
    public struct Line: Hashable, Sendable {
        /// How much it matters.
        public let level: LogLevel
        /// The part of the SDK that it comes from.
        public let target: String
        /// What it says.
        public let text: String
    }

    private let kept = Locked<[Line]>([])

    /// An empty log.
    public init() {}

    /// The lines so far, oldest first.
    public var lines: [Line] { kept.withLock { $0 } }

    public func log(_ line: String, level: LogLevel, target: String) {
        kept.withLock { $0.append(Line(level: level, target: target, text: line)) }
    }
}
