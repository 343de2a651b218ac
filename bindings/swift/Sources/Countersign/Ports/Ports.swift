import CountersignBindings
import Foundation

/// All that an instance of the SDK needs from the world. Make one, and make clients and the authenticator with it.
///
/// Whatever is left out is the operating system's, or the SDK's own. An app for Apple's systems brings
/// `KeychainStorage`, `SecureEnclaveSigner` and `LocalAuthenticationVerifier`; a test brings the fakes of
/// `CountersignTesting`.
public final class Ports: Sendable {
    let native: CountersignBindings.Ports

    /// Gathers the ports of an app.
    ///
    /// - Parameters:
    ///   - app: Whom requests and logs name.
    ///   - storage: By default the keyring of the operating system.
    ///   - signer: By default keys in software, kept in the storage.
    ///   - verifier: By default a device that cannot verify its user.
    ///   - signals: By default what the operating system tells.
    ///   - log: By default lines go nowhere in Swift.
    ///   - transport: By default HTTP/2 over rustls with the platform's trust, set up by `network`.
    ///   - network: How the SDK's own network reaches servers and whom it believes.
    /// - Throws: ``CountersignError/device(reason:)`` where the system has no keyring and no storage is given;
    ///   ``CountersignError/invalidInput(field:problem:fix:)`` for a pin without a backup.
    public init(
        app: AppIdentity,
        storage: (any SecureStorage)? = nil,
        signer: (any DeviceSigner)? = nil,
        verifier: (any UserVerifier)? = nil,
        signals: (any DeviceSignals)? = nil,
        log: (any LogSink)? = nil,
        transport: (any HTTPTransport)? = nil,
        network: NetworkOptions? = nil
    ) throws {
        let host = HostPorts(
            storage: storage.map(StorageAdapter.init),
            signer: signer.map(SignerAdapter.init),
            verifier: verifier.map(VerifierAdapter.init),
            signals: signals.map(SignalsAdapter.init),
            log: log.map(LogAdapter.init),
            http: transport.map(TransportAdapter.init)
        )
        native = try calling { try CountersignBindings.Ports(app: app, host: host, network: network) }
    }
}
