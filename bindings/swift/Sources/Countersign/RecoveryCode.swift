import CountersignBindings

/// A code to be printed and put away, which opens a ``Vault`` when nothing else does.
public struct RecoveryCode: Redacted, Sendable {
    let native: CountersignBindings.RecoveryCode

    /// A new random code.
    ///
    /// - Throws: ``CountersignError/device(reason:)`` where the system has no randomness.
    public static func random(with ports: Ports) throws -> RecoveryCode {
        RecoveryCode(native: try calling { try CountersignBindings.RecoveryCode.generate(ports: ports.native) })
    }

    /// Reads what a person typed: in any case, with or without hyphens and spaces; O counts as 0, I and L as 1.
    ///
    /// - Throws: ``CountersignError/invalidInput(field:problem:fix:)``, which says whether letters are missing or one is
    ///   wrong.
    public init(typed: String) throws {
        native = try calling { try CountersignBindings.RecoveryCode.parse(typed: typed) }
    }

    private init(native: CountersignBindings.RecoveryCode) {
        self.native = native
    }

    /// Eight groups of four letters and digits, as they are printed.
    public var groups: [String] { native.groups() }
}
