/// What an inbox gives.
public enum InboxEvent: Sendable {
    /// A new request: show it. Each comes once.
    case arrived(ApprovalRequest)
    /// A request that was shown is closed: take it away. The state is missing if it was answered elsewhere or replaced
    /// while there was no connection.
    case closed(ChallengeID, ChallengeState?)
    /// How new requests are learned of has changed. Being offline is told here; it is no error.
    case connection(ConnectionState)
    /// The server sent something that was not believed. It is not shown.
    case refused(CountersignError)
}

/// The requests of one enrolment as they come and go.
///
/// ```swift
/// for try await event in authenticator.inbox(for: enrolment.id) { … }
/// ```
///
/// The connection is opened by the first `next()`, and closed when the loop is left, when the task is cancelled and when
/// the enrolment is removed. A cancelled loop ends without an error.
public struct Inbox: AsyncSequence, Sendable {
    public typealias Element = InboxEvent

    /// An open inbox.
    package struct Source: Sendable {
        let next: @Sendable () async throws -> InboxEvent?
        let close: @Sendable () -> Void

        package init(
            next: @escaping @Sendable () async throws -> InboxEvent?,
            close: @escaping @Sendable () -> Void
        ) {
            self.next = next
            self.close = close
        }
    }

    private let open: @Sendable () async throws -> Source

    /// An inbox that is opened like this.
    package init(open: @escaping @Sendable () async throws -> Source) {
        self.open = open
    }

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(open: open)
    }

    /// One connection.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private let open: @Sendable () async throws -> Source
        private var connection: Connection?

        init(open: @escaping @Sendable () async throws -> Source) {
            self.open = open
        }

        /// Waits for what happens next; `nil` once the inbox is closed, its task cancelled, or its enrolment removed.
        public mutating func next() async throws -> InboxEvent? {
            if Task.isCancelled { return nil }
            let connection: Connection
            if let already = self.connection {
                connection = already
            } else {
                connection = Connection(source: try await open())
                self.connection = connection
            }
            return try await withTaskCancellationHandler {
                try await connection.source.next()
            } onCancel: {
                connection.source.close()
            }
        }
    }

    /// Closes the source when nobody iterates any more.
    private final class Connection: Sendable {
        let source: Source

        init(source: Source) {
            self.source = source
        }

        deinit {
            source.close()
        }
    }
}
