import CountersignBindings

/// Where log lines go. They never hold secrets. Called from any thread; return at once.
public protocol LogSink: Sendable {
    /// Takes one line. `target` names the part of the SDK that it comes from.
    func log(_ line: String, level: LogLevel, target: String)
}

/// The app's log as the core's port.
final class LogAdapter: CountersignBindings.LogSink {
    private let sink: any LogSink

    init(_ sink: any LogSink) {
        self.sink = sink
    }

    func log(level: LogLevel, target: String, line: String) throws {
        sink.log(line, level: level, target: target)
    }
}
