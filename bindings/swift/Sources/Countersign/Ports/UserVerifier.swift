import CountersignBindings

/// The person in front of the device, asked by biometric or PIN. The prompt says what is being approved.
public protocol UserVerifier: Sendable {
    /// Whether the device can verify its user now.
    var isAvailable: Bool { get }

    /// Shows the prompt, and returns when the person was verified.
    ///
    /// Throw a ``VerifierError`` otherwise; a `CancellationError` counts as `cancelled`, any other error as `rejected`.
    func verify(_ prompt: VerificationPrompt) async throws -> VerificationMethod
}

/// What the person is told: `title` in one line, such as "Approve signing in to Acme", and in `detail` account and
/// place, such as "mia@example.com from Berlin".
public typealias VerificationPrompt = CountersignBindings.VerifyPrompt

/// The person was not verified; nothing is signed.
public enum VerifierError: Error, Hashable, Sendable {
    /// The device cannot verify anybody. The user is told to set up a screen lock.
    case unavailable
    /// The person closed the prompt.
    case cancelled
    /// Somebody else's finger, or a wrong PIN.
    case rejected(reason: String)
}

/// The app's verifier as the core's port: the prompt runs in a task of its own, which answers in the end.
final class VerifierAdapter: CountersignBindings.UserVerifier {
    private let verifier: any UserVerifier

    init(_ verifier: any UserVerifier) {
        self.verifier = verifier
    }

    func available() throws -> Bool {
        verifier.isAvailable
    }

    func verify(prompt: VerificationPrompt, completion: VerificationCompletion) throws {
        Task { [verifier] in
            do {
                completion.succeed(how: try await verifier.verify(prompt))
            } catch VerifierError.unavailable {
                completion.fail(why: .Unavailable)
            } catch VerifierError.cancelled {
                completion.fail(why: .Cancelled)
            } catch VerifierError.rejected(let reason) {
                completion.fail(why: .Rejected(reason: reason))
            } catch is CancellationError {
                completion.fail(why: .Cancelled)
            } catch {
                completion.fail(why: .Rejected(reason: "\(error)"))
            }
        }
    }
}
