// Written by hand, beside the generated code that uses it.

/// What the server calls something. Each kind of thing has its own type, so that they are not mixed up.
public protocol Identifier: RawRepresentable, Hashable, Codable, Sendable, CustomStringConvertible
where RawValue == String {
    /// An id that was kept as text.
    init(rawValue: String)
}

extension Identifier {
    public var description: String { rawValue }
}

/// Names a request for approval.
public struct ChallengeID: Identifier {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// Names a code in a vault.
public struct CodeID: Identifier {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// Names an enrolment.
public struct EnrolmentID: Identifier {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// Names an enrolled factor.
public struct MethodID: Identifier {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// Names a session.
public struct SessionID: Identifier {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// Names a key slot of a vault.
public struct SlotID: Identifier {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// Names an organisation.
public struct TenantID: Identifier {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// Names a user.
public struct UserID: Identifier {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}
