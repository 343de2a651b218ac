import Countersign
import Foundation
import Testing

/// The quick start of the README is the program `QuickStart`, and it works.
@Suite(.timeLimit(.minutes(3))) struct QuickStartTests {
    private let package = URL(fileURLWithPath: #filePath).appendingPathComponent("../../..").standardizedFileURL

    @Test func theREADMEShowsTheProgramAndIsAsShortAsPromised() throws {
        let readme = try String(contentsOf: package.appendingPathComponent("README.md"), encoding: .utf8)
        let parts = readme.components(separatedBy: "```swift\n")
        let block = try #require(parts.dropFirst().first)
        let shown = try #require(block.components(separatedBy: "```").first)
        let program = try String(
            contentsOf: package.appendingPathComponent("Examples/QuickStart/main.swift"), encoding: .utf8)
        #expect(shown == program)
        #expect(shown.split(separator: "\n", omittingEmptySubsequences: false).count <= 31)
    }

    @Test func itApprovesASignIn() async throws {
        let account = try await Account.withTOTP()
        let ticket = try await account.session().createEnrolmentTicket()
        let (program, input, output) = (Process(), Pipe(), Pipe())
        program.executableURL = Self.builtProducts.appendingPathComponent("QuickStart")
        program.arguments = [ticket.link]
        program.standardInput = input
        program.standardOutput = output
        try program.run()
        let said = output.fileHandleForReading
        #expect(text(said) == "Waiting for sign-ins of \(account.email) to Acme")
        let login = try await account.pushLogin()
        let number = try #require(login.state.number)
        input.fileHandleForWriting.write(Data("\(number)\n".utf8))
        #expect(try await login.waitForAnswer().signedIn != nil)
        #expect(text(said) == "Mia's laptop at 127.0.0.1 signs in.")
        #expect(text(said) == "The number that it shows, or nothing to deny:")
        program.waitUntilExit()
        #expect(program.terminationStatus == 0)
    }

    private func text(_ output: FileHandle) -> String {
        String(decoding: line(of: output), as: UTF8.self)
    }

    /// Where the programs of the package are, beside that of the tests.
    private static var builtProducts: URL {
        URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    }
}
