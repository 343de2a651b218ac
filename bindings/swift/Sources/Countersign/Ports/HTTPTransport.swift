import CountersignBindings
import Foundation

/// The network, for apps that bring their own: one request, one answer. Do not follow redirects, keep no cookies.
///
/// Called from threads that may block. Answers that arrive over time are not part of it, so a waiting login and an
/// inbox ask every few seconds instead of being told.
public protocol HTTPTransport: Sendable {
    /// Sends the request and reads the whole answer. An answer with an error status is an answer.
    ///
    /// Throw an ``HTTPTransportError``; any other error counts as `interrupted`.
    func send(_ request: HTTPRequest) throws -> HTTPResponse
}

/// A request. Its headers and body hold secrets; do not log them.
public struct HTTPRequest: Redacted, Sendable {
    /// `GET`, `POST` or `DELETE`.
    public let method: String
    /// Absolute.
    public let url: URL
    /// All headers.
    public let headers: [HTTPHeader]
    /// The body, JSON where there is one.
    public let body: Data?
    /// How long the answer may take, in seconds.
    public let timeout: TimeInterval
    /// The longest body to read, in bytes.
    public let longestAnswer: Int
}

/// One header; the case of its name does not matter.
public typealias HTTPHeader = CountersignBindings.HttpHeader
/// A whole answer. Its body may hold secrets; do not log it.
public typealias HTTPResponse = CountersignBindings.HttpResponse

extension HTTPHeader: Redacted {
    /// Without the value, which may be a token.
    public var description: String { "HTTPHeader(\(name))" }
}

extension HTTPResponse: Redacted {
    /// Without the body, which may be a token.
    public var description: String { "HTTPResponse(\(status))" }
}

/// No whole answer arrived.
public enum HTTPTransportError: Error, Hashable, Sendable {
    /// No connection: offline, no such host, refused. The server did not see the request.
    case unreachable(reason: String)
    /// The connection broke after the request was on its way. The server may have acted on it.
    case interrupted(reason: String)
    /// No answer in time. The server may have acted on the request.
    case timedOut
    /// The certificate is not trusted, or none of its keys is pinned.
    case untrusted(reason: String)
}

/// The app's network as the core's port.
final class TransportAdapter: CountersignBindings.Http {
    private let transport: any HTTPTransport

    init(_ transport: any HTTPTransport) {
        self.transport = transport
    }

    func send(request: CountersignBindings.HttpRequest) throws -> HTTPResponse {
        guard let url = URL(string: request.url()) else {
            throw HttpError.Unreachable(reason: "the system does not read the address as a URL")
        }
        let asked = HTTPRequest(
            method: request.method(),
            url: url,
            headers: request.headers(),
            body: request.body(),
            timeout: request.timeout(),
            longestAnswer: Int(clamping: request.longestAnswer())
        )
        do {
            return try transport.send(asked)
        } catch HTTPTransportError.unreachable(let reason) {
            throw HttpError.Unreachable(reason: reason)
        } catch HTTPTransportError.timedOut {
            throw HttpError.TimedOut
        } catch HTTPTransportError.untrusted(let reason) {
            throw HttpError.Untrusted(reason: reason)
        } catch HTTPTransportError.interrupted(let reason) {
            throw HttpError.Interrupted(reason: reason)
        } catch {
            throw HttpError.Interrupted(reason: "\(error)")
        }
    }
}
