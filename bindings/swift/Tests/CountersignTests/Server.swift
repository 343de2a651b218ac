import Countersign
import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// The running server that all tests share.
final class Server: Sendable {
    let url: URL
    let bearer: String
    private let process: Locked<Process>
    private let realms = Locked(0)

    static let shared = Result { try Server() }

    private init() throws {
        guard let program = ProcessInfo.processInfo.environment["COUNTERSIGN_SERVER"] else {
            throw Missing(what: "COUNTERSIGN_SERVER, the path of the program `countersign-server`")
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["--port", "0", "--ready-json"]
        let output = Pipe()
        process.standardOutput = output
        // What the tests print is read to its end, and this program may end after them.
        process.standardError = FileHandle.nullDevice
        try process.run()
        self.process = Locked(process)
        let ready = try JSONDecoder().decode(Ready.self, from: line(of: output.fileHandleForReading))
        (url, bearer) = (ready.url, ready.stub_bearer)
        atexit {
            if case .success(let server) = Server.shared { server.process.withLock { $0.terminate() } }
        }
    }

    private struct Ready: Decodable {
        let url: URL
        let stub_bearer: String
    }

    /// A realm of its own for each test.
    func realm() -> Stub {
        let number = realms.withLock { number in
            number += 1
            return number
        }
        return Stub(url: url.appendingPathComponent("r/test-\(number)"), bearer: bearer)
    }
}

/// The first line that a program prints.
func line(of output: FileHandle) -> Data {
    var line = Data()
    while let byte = try? output.read(upToCount: 1), !byte.isEmpty, byte != Data("\n".utf8) {
        line += byte
    }
    return line
}

struct Missing: Error {
    let what: String
}

/// A realm of the server, and its control plane.
struct Stub: Sendable {
    let url: URL
    let bearer: String

    /// The token of the link that was mailed.
    func activationToken(for email: String) async throws -> String {
        struct Outbox: Decodable {
            struct Message: Decodable { let links: [URL] }
            let messages: [Message]
        }
        let to = email.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? email
        let outbox = try JSONDecoder().decode(
            Outbox.self, from: try await call("GET", "/outbox?to=\(to)&wait=20s"))
        let query = outbox.messages.first?.links.first.flatMap {
            URLComponents(url: $0, resolvingAgainstBaseURL: true)?.queryItems
        }
        guard let token = query?.first(where: { $0.name == "token" })?.value else {
            throw Missing(what: "a mail with a token")
        }
        return token
    }

    /// Moves the realm's clock.
    func advance(seconds: Int) async throws {
        _ = try await call("POST", "/clock/advance", body: "{\"seconds\":\(seconds)}")
    }

    private func call(_ method: String, _ path: String, body: String? = nil) async throws -> Data {
        guard let url = URL(string: "\(url.absoluteString)/_stub\(path)") else { throw Missing(what: "a URL") }
        var request = URLRequest(url: url)
        request.httpMethod = method
        request.httpBody = body.map { Data($0.utf8) }
        request.setValue("Bearer \(bearer)", forHTTPHeaderField: "authorization")
        request.setValue("application/json", forHTTPHeaderField: "content-type")
        let (answer, status) = try await withCheckedThrowingContinuation { continuation in
            fetch(request) { continuation.resume(with: $0) }
        }
        guard (200..<300).contains(status.statusCode) else {
            throw Missing(what: "an answer: \(String(decoding: answer, as: UTF8.self))")
        }
        return answer
    }
}

typealias Answer = Result<(Data, HTTPURLResponse), any Error>

func fetch(_ request: URLRequest, then completion: @escaping @Sendable (Answer) -> Void) {
    URLSession.shared.dataTask(with: request) { body, response, error in
        if let response = response as? HTTPURLResponse {
            completion(.success((body ?? Data(), response)))
        } else {
            completion(.failure(error ?? Missing(what: "an answer")))
        }
    }.resume()
}
