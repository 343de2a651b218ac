import Countersign

/// Secure storage in memory. It holds callers to the contract: single-line ASCII of at most 2,048 bytes.
public final class MemoryStorage: SecureStorage {
    private struct State {
        var entries: [String: String] = [:]
        var isLocked = false
        /// Writes until one fails.
        var writesLeft: Int?
    }

    private let state = Locked(State())

    /// An empty storage.
    public init() {}

    /// All entries, by name.
    public var entries: [String: String] { state.withLock { $0.entries } }

    /// Locks or unlocks: a locked storage throws `StorageError.locked` for every call.
    public func setLocked(_ isLocked: Bool) {
        state.withLock { $0.isLocked = isLocked }
    }

    /// The `nth` write from now fails, 1 being the next; those after it work again.
    public func failWrite(_ nth: Int) {
        state.withLock { $0.writesLeft = nth }
    }

    public func value(for name: String) throws -> String? {
        try unlocked { $0.entries[name] }
    }

    public func setValue(_ value: String, for name: String) throws {
        try unlocked { state in
            guard value.utf8.count <= 2_048, value.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else {
                throw StorageError.broken(reason: "\(name) is not single-line ASCII of at most 2,048 bytes")
            }
            if let left = state.writesLeft {
                state.writesLeft = left > 1 ? left - 1 : nil
                if left <= 1 { throw StorageError.broken(reason: "the test said so") }
            }
            state.entries[name] = value
        }
    }

    public func removeValue(for name: String) throws {
        try unlocked { $0.entries[name] = nil }
    }

    private func unlocked<Value>(_ body: (inout State) throws -> Value) throws -> Value {
        try state.withLock { state in
            if state.isLocked { throw StorageError.locked(reason: "the test said so") }
            return try body(&state)
        }
    }
}

/// A user who answers every prompt in the same way.
public final class FixedVerifier: UserVerifier {
    private let answer: Result<VerificationMethod, VerifierError>
    private let shown = Locked<[VerificationPrompt]>([])

    /// A user who is always verified in this way.
    public init(_ method: VerificationMethod) {
        answer = .success(method)
    }

    /// A user who never is. `unavailable` is a device that verifies nobody.
    public init(failing error: VerifierError) {
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
public final class MemoryLog: LogSink {
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
