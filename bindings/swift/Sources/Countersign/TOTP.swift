import CountersignBindings
import Foundation

/// A generator of time-based codes (RFC 6238) with the names that its site gave it.
///
/// Codes depend on the time of the server that checks them: make them for ``ClientProtocol/serverTime`` where there is
/// one.
public final class TOTPEntry: Sendable {
    let native: CountersignBindings.TotpEntry

    init(_ native: CountersignBindings.TotpEntry) {
        self.native = native
    }

    /// Reads an `otpauth://totp/…` link, leniently: look at the ``warnings``.
    ///
    /// - Throws: ``CountersignError/invalidInput(field:problem:fix:)``, which names what is wrong and what to do.
    public init(link: String) throws {
        native = try calling { try CountersignBindings.TotpEntry.parse(uri: link) }
    }

    /// An entry made by hand. The secret is Base32, in any case, with or without spaces.
    ///
    /// - Parameters:
    ///   - digits: The length of a code, 1 to 10.
    ///   - period: How long a code is shown, in seconds.
    public init(
        issuer: String?,
        account: String,
        secret: String,
        algorithm: TOTPAlgorithm = .sha1,
        digits: Int = 6,
        period: Int = 30
    ) throws {
        let parameters = TotpParameters(
            algorithm: algorithm, digits: UInt8(clamping: digits), period: UInt64(clamping: period))
        native = try calling {
            try CountersignBindings.TotpEntry(
                issuer: issuer, account: account, secret: secret, parameters: parameters)
        }
    }

    /// What was odd about the link, to be told to the user before the entry is saved. Mostly nothing.
    public var warnings: [TOTPWarning] { native.warnings() }

    /// Who gave the secret out, such as "Acme".
    public var issuer: String? { native.issuer() }

    /// The account there, such as "mia@example.com". May be empty.
    public var account: String { native.account() }

    /// The hash.
    public var algorithm: TOTPAlgorithm { native.parameters().algorithm }

    /// The length of a code.
    public var digits: Int { Int(native.parameters().digits) }

    /// How long a code is shown, in seconds.
    public var period: Int { Int(clamping: native.parameters().period) }

    /// The link with all parameters. It holds the secret.
    public var link: String { native.toUri() }

    /// The code at this time, and the next one.
    ///
    /// - Throws: ``CountersignError/invalidInput(field:problem:fix:)`` for a time that is not between 1970 and 9999.
    public func codes(at time: Date) throws -> OneTimeCodes {
        let codes = try calling { try native.codesAt(time: time) }
        return OneTimeCodes(
            current: codes.current(),
            grouped: codes.grouped(),
            next: codes.next(),
            validFrom: codes.validFrom(),
            validUntil: codes.validUntil()
        )
    }
}

/// A code and its successor.
public struct OneTimeCodes: Redacted, Hashable, Sendable {
    /// The code now.
    public let current: String
    /// The code now in groups that are easy to read, such as `123 456`.
    public let grouped: String
    /// The code from ``validUntil`` on.
    public let next: String
    /// Begin of the present step.
    public let validFrom: Date
    /// End of the present step: the first moment at which ``next`` counts.
    public let validUntil: Date
}
