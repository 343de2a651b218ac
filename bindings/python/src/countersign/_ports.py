"""What the SDK needs from its host."""

from . import _native
from ._native import App, DeviceSignals, DeviceSigner, HostPorts, Http, LogSink, Network, SecureStorage, UserVerifier


class Ports(_native.Ports):
    """All that an instance of the SDK needs from the world. Whatever is left out is the operating system's.

    The ports are classes to derive from. Their methods are called from threads of the SDK, may block, and raise the
    error that their base class names; any other exception counts as a failure too.
    """

    def __init__(
        self,
        app: App,
        *,
        storage: SecureStorage | None = None,
        signer: DeviceSigner | None = None,
        verifier: UserVerifier | None = None,
        signals: DeviceSignals | None = None,
        log: LogSink | None = None,
        http: Http | None = None,
        network: Network | None = None,
    ) -> None:
        """Gathers the ports of ``app``.

        ``storage`` is by default the keyring of the operating system, ``signer`` keys in software that are kept there,
        ``verifier`` a device that cannot verify its user, ``http`` the SDK's own network, which ``network`` sets up.

        Raises ``CountersignError.Device`` where the system has no keyring and no storage is given.
        """
        host = HostPorts(storage=storage, signer=signer, verifier=verifier, signals=signals, log=log, http=http)
        super().__init__(app, host, network)
