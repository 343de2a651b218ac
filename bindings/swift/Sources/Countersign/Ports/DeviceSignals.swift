import CountersignBindings

/// What is known of the device. Raw values stay inside the SDK; only salted hashes of them leave it.
///
/// Called from threads that may block.
public protocol DeviceSignals: Sendable {
    /// All signals that can be read now. A signal that cannot be read is left out.
    func collect() throws -> [DeviceSignal]
}

/// One signal. The names with a meaning: `os_family`, `os_version`, `architecture`, `model`, `machine_id`,
/// `processor_class`, `memory_class`, `locale`, `time_zone`, `app_id`, `app_version`.
public typealias DeviceSignal = CountersignBindings.Signal

/// The app's signals as the core's port.
final class SignalsAdapter: CountersignBindings.DeviceSignals {
    private let signals: any DeviceSignals

    init(_ signals: any DeviceSignals) {
        self.signals = signals
    }

    func collect() throws -> [DeviceSignal] {
        do {
            return try signals.collect()
        } catch {
            throw HostError.Failed(reason: "\(error)")
        }
    }
}
