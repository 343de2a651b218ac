import Countersign
import Foundation
import Testing

/// Codes are those of RFC 6238, appendix B.
@Suite struct CodeTests {
    static let seed = "12345678901234567890"
    static let vectors: [(TOTPAlgorithm, String, TimeInterval, String)] = [
        (.sha1, base32(20), 59, "94287082"),
        (.sha256, base32(32), 59, "46119246"),
        (.sha512, base32(64), 59, "90693936"),
        (.sha1, base32(20), 1_111_111_109, "07081804"),
        (.sha256, base32(32), 1_111_111_109, "68084774"),
        (.sha512, base32(64), 1_111_111_109, "25091201"),
        (.sha1, base32(20), 20_000_000_000, "65353130"),
        (.sha256, base32(32), 20_000_000_000, "77737706"),
        (.sha512, base32(64), 20_000_000_000, "47863826"),
    ]

    @Test(arguments: vectors)
    func codesAreThoseOfTheStandard(
        algorithm: TOTPAlgorithm, secret: String, time: TimeInterval, code: String
    ) throws {
        let entry = try TOTPEntry(issuer: "Acme", account: "mia", secret: secret, algorithm: algorithm, digits: 8)
        let codes = try entry.codes(at: Date(timeIntervalSince1970: time))
        #expect(codes.current == code)
        #expect(codes.grouped.filter { $0 != " " } == code)
        #expect(codes.validUntil.timeIntervalSince(codes.validFrom) == 30)
        #expect(try entry.codes(at: codes.validUntil).current == codes.next)
    }

    @Test func aLinkIsReadAndWritten() throws {
        let secret = Self.base32(20)
        let entry = try TOTPEntry(
            link: "otpauth://totp/Acme%20%26%20Co:mia@example.com?secret=\(secret)&issuer=Acme%20%26%20Co&digits=8")
        #expect(entry.issuer == "Acme & Co")
        #expect(entry.account == "mia@example.com")
        #expect(entry.warnings == [])
        #expect(entry.algorithm == .sha1)
        #expect(entry.digits == 8)
        #expect(entry.period == 30)
        #expect(try TOTPEntry(link: entry.link).issuer == "Acme & Co")
    }

    @Test func whatIsOddAboutALinkIsTold() throws {
        let entry = try TOTPEntry(link: "otpauth://totp/Bank:mia?secret=\(Self.base32(20))&issuer=Acme")
        #expect(entry.warnings == [.issuerMismatch(label: "Bank", parameter: "Acme")])
    }

    static let badLinks: [(String, String)] = [
        ("https://acme.example", "uri"),
        ("otpauth://totp/mia", "secret"),
        ("otpauth://totp/mia?secret=018", "secret"),
        ("otpauth://totp/mia?secret=\(base32(20))&digits=11", "digits"),
        ("otpauth://hotp/mia?secret=\(base32(20))&counter=0", "type"),
    ]

    @Test(arguments: badLinks)
    func aBadLinkNamesThePartAndShowsNoSecret(link: String, wrong: String) async throws {
        let error = try await failure { try TOTPEntry(link: link) }
        guard case .invalidInput(field: wrong, _, _) = error else { throw error }
        #expect(!error.localizedDescription.contains(Self.base32(20)))
    }

    @Test func aTimeThatNoServerHasIsRefused() async throws {
        let entry = try TOTPEntry(issuer: nil, account: "mia", secret: Self.base32(20))
        let error = try await failure { try entry.codes(at: Date(timeIntervalSince1970: -1)) }
        guard case .invalidInput(field: "time", _, _) = error else { throw error }
    }

    @Test func secretsAreNotPrinted() throws {
        let entry = try TOTPEntry(issuer: nil, account: "mia", secret: Self.base32(20))
        let codes = try entry.codes(at: Date(timeIntervalSince1970: 59))
        var dumped = ""
        dump(codes, to: &dumped)
        for text in ["\(codes)", String(reflecting: codes), dumped] {
            #expect(!text.contains(codes.current), "\(text)")
        }
    }

    /// The standard's secret of that length, in Base32 (RFC 4648).
    static func base32(_ length: Int) -> String {
        let bytes = String(repeating: seed, count: 4).utf8.prefix(length)
        let bits = bytes.map { byte in String(repeating: "0", count: byte.leadingZeroBitCount) + String(byte, radix: 2) }
            .joined()
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        return String(
            stride(from: 0, to: bits.count, by: 5).map { start in
                let group = bits.dropFirst(start).prefix(5)
                return alphabet[Int(group.padding(toLength: 5, withPad: "0", startingAt: 0), radix: 2)!]
            })
    }
}
