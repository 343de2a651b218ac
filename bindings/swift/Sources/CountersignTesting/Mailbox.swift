import Countersign
import Foundation

/// Values that wait to be read. A reader that is cancelled takes none, and the next one reads on.
final class Mailbox<Element: Sendable>: Sendable {
    private struct State: Sendable {
        var values: [Element] = []
        var readers: [(id: UUID, continuation: CheckedContinuation<Element?, Never>)] = []
        var isFinished = false
    }

    private let state = Locked(State())

    func add(_ value: Element) {
        let reader = state.withLock { state -> CheckedContinuation<Element?, Never>? in
            if !state.readers.isEmpty { return state.readers.removeFirst().continuation }
            state.values.append(value)
            return nil
        }
        reader?.resume(returning: value)
    }

    /// Ends reading once all values are read.
    func finish() {
        let readers = state.withLock { state in
            state.isFinished = true
            defer { state.readers = [] }
            return state.readers
        }
        for reader in readers { reader.continuation.resume(returning: nil) }
    }

    /// The next value; `nil` when there will be none, or the task is cancelled.
    func next() async -> Element? {
        let id = UUID()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let now = state.withLock { state -> Element?? in
                    if Task.isCancelled { return .some(nil) }
                    if !state.values.isEmpty { return state.values.removeFirst() }
                    if state.isFinished { return .some(nil) }
                    state.readers.append((id, continuation))
                    return nil
                }
                if let now { continuation.resume(returning: now) }
            }
        } onCancel: {
            let reader = state.withLock { state in
                state.readers.firstIndex { $0.id == id }.map { state.readers.remove(at: $0) }
            }
            reader?.continuation.resume(returning: nil)
        }
    }
}
