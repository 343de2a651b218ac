"""The host's half of the ports, written in Python."""

import asyncio
import threading

import pytest
from conftest import APP, PASSWORD, Urllib, next_request, push_login
from countersign import (
    Authenticator,
    Client,
    ConnectionState,
    CountersignError,
    DeviceSignals,
    DeviceSigner,
    FixedVerifier,
    HttpHeader,
    HttpResponse,
    InboxEvent,
    LoginState,
    MemoryLog,
    MemoryStorage,
    Ports,
    SecureStorage,
    Signal,
    SignerError,
    StorageError,
    UserAction,
    UserVerifier,
    Verification,
    VerifierError,
)
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class Dictionary(SecureStorage):
    """Secure storage that is none."""

    def __init__(self):
        self.entries = {}

    def get(self, name):
        return self.entries.get(name)

    def set(self, name, value):
        self.entries[name] = value

    def remove(self, name):
        self.entries.pop(name, None)


def test_what_is_stored_in_python_outlives_the_authenticator(account):
    async def path():
        storage = Dictionary()
        await account.set_up_totp()
        _, enrolment = await account.phone(storage=storage)
        assert storage.entries
        for value in storage.entries.values():
            assert value.isascii() and value.isprintable() and len(value) <= 2048

        restarted = Authenticator(Ports(APP, storage=storage))
        assert await restarted.enrolments() == [enrolment]
        login = await push_login(account)
        [request] = (await restarted.pending(enrolment.id)).requests
        await restarted.approve(request, login.number())
        assert isinstance(await login.wait(), LoginState.DONE)

    asyncio.run(path())


def test_a_storage_that_fails_says_why(account):
    class Locked(Dictionary):
        def get(self, name):
            raise StorageError.Locked(reason="no finger yet")

    class Defective(Dictionary):
        def get(self, name):
            raise KeyError("a defect")

    async def path():
        with pytest.raises(CountersignError.Locked) as error:
            await Authenticator(Ports(APP, storage=Locked())).enrolments()
        assert "no finger yet" in error.value.reason
        assert error.value.user_action() == UserAction.UNLOCK
        with pytest.raises(CountersignError.Device) as error:
            await Authenticator(Ports(APP, storage=Defective())).enrolments()
        assert "a defect" in error.value.reason

    asyncio.run(path())


class Finger(UserVerifier):
    """A prompt that is answered from another thread, as those of operating systems are."""

    def __init__(self):
        self.prompts = []
        self.answer = lambda completion: completion.succeed(Verification.BIOMETRIC)

    def available(self):
        return True

    def verify(self, prompt, completion):
        self.prompts.append(prompt)
        threading.Thread(target=self.answer, args=[completion]).start()


@pytest.mark.parametrize(
    ("answer", "cancelled"),
    [
        (lambda completion: completion.fail(VerifierError.Cancelled()), True),
        (lambda completion: completion.fail(VerifierError.Rejected(reason="another finger")), False),
        (lambda completion: None, False),
    ],
    ids=["cancelled", "rejected", "never answered"],
)
def test_the_person_is_asked_and_nothing_is_signed_without_them(account, answer, cancelled):
    async def path():
        finger = Finger()
        await account.set_up_totp()
        phone, enrolment = await account.phone(verifier=finger)
        assert enrolment.verifies_user
        assert len(finger.prompts) == 1

        login = await push_login(account)
        [request] = (await phone.pending(enrolment.id)).requests
        willing, finger.answer = finger.answer, answer
        with pytest.raises(CountersignError.NotVerified) as error:
            await phone.approve(request, login.number())
        assert error.value.cancelled == cancelled
        assert finger.prompts[-1].title == "Approve signing in to Acme"
        assert finger.prompts[-1].detail == f"{account.email} from 127.0.0.1"

        finger.answer = willing
        await phone.approve(request, login.number())
        assert isinstance(await login.wait(), LoginState.DONE)

    asyncio.run(path())


def test_a_verifier_that_raises_has_verified_nobody(account):
    class Defective(UserVerifier):
        def available(self):
            return True

        def verify(self, prompt, completion):
            raise ValueError("a defect")

    with pytest.raises(CountersignError.NotVerified) as error:
        asyncio.run(account.phone(verifier=Defective()))
    assert "a defect" in error.value.reason


class Keys(DeviceSigner):
    """Keys of `cryptography`."""

    def __init__(self):
        self.keys = {}

    def create(self, name, usage):
        if name in self.keys:
            raise SignerError.Exists()
        self.keys[name] = ec.generate_private_key(ec.SECP256R1())
        return self.public_key(name)

    def public_key(self, name):
        if name not in self.keys:
            return None
        return self.keys[name].public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def sign(self, name, message):
        if name not in self.keys:
            raise SignerError.Missing()
        signature = decode_dss_signature(self.keys[name].sign(message, ec.ECDSA(SHA256())))
        return b"".join(number.to_bytes(32) for number in signature)

    def delete(self, name):
        self.keys.pop(name, None)


def test_keys_may_live_in_python(account):
    async def path():
        keys = Keys()
        await account.set_up_totp()
        phone, enrolment = await account.phone(signer=keys)
        assert len(keys.keys) == 1
        login = await push_login(account)
        [request] = (await phone.pending(enrolment.id)).requests
        await phone.approve(request, login.number())
        assert isinstance(await login.wait(), LoginState.DONE)
        await phone.remove(enrolment.id)
        assert keys.keys == {}

    asyncio.run(path())


def test_a_signature_of_the_wrong_form_is_not_sent(account):
    class Short(Keys):
        def sign(self, name, message):
            return b"short"

    with pytest.raises(CountersignError.Device) as error:
        asyncio.run(account.phone(signer=Short()))
    assert "64 bytes" in error.value.reason


def test_signals_describe_the_device(account):
    class Known(DeviceSignals):
        def collect(self):
            return [Signal(name="os_family", value="Plan 9"), Signal(name="os_version", value="4")]

    async def path():
        await account.set_up_totp()
        phone, enrolment = await account.phone()
        await push_login(account, signals=Known())
        [request] = (await phone.pending(enrolment.id)).requests
        assert request.context().device.os == "Plan 9 4"

    asyncio.run(path())


def test_signals_that_fail_are_told_to_the_log_and_left_out(account):
    class Defective(DeviceSignals):
        def collect(self):
            raise ValueError("a defect")

    log = MemoryLog()
    ports = Ports(APP, storage=MemoryStorage(), signals=Defective(), log=log)
    login = asyncio.run(Client(account.stub.url, ports).login(account.email, PASSWORD))
    assert isinstance(login.state(), LoginState.DONE)
    assert any("a defect" in line.line for line in log.lines())


def test_the_log_holds_no_secret(account):
    async def path():
        log, storage = MemoryLog(), MemoryStorage()
        ports = Ports(APP, storage=storage, log=log)
        await Client(account.stub.url, ports).login(account.email, PASSWORD)
        text = "\n".join(line.line for line in log.lines())
        assert "/auth/login" in text
        assert PASSWORD not in text
        assert not any(value in text for value in storage.entries().values())

    asyncio.run(path())


def test_an_answer_is_printed_without_what_it_holds():
    answer = HttpResponse(status=200, headers=[HttpHeader(name="dpop-nonce", value="secret")], body=b"secret")
    printed = f"{answer} {answer!r} {answer.headers} {answer.headers[0]}"
    assert "200" in printed and "dpop-nonce" in printed
    assert "secret" not in printed


def test_the_network_may_be_pythons_own(account):
    async def path():
        await account.set_up_totp()
        phone, enrolment = await account.phone(http=Urllib())
        login = await push_login(account)
        async with phone.inbox(enrolment.id) as inbox:
            first = await inbox.next()
            assert isinstance(first, InboxEvent.CONNECTION)
            assert first.state == ConnectionState.POLLING, "there are no streams"
            await phone.approve(await next_request(inbox), login.number())
        assert isinstance(await login.wait(), LoginState.DONE)

        unreachable = Client("http://127.0.0.1:1", Ports(APP, storage=MemoryStorage(), http=Urllib()))
        with pytest.raises(CountersignError.Offline):
            await unreachable.login(account.email, PASSWORD)

    asyncio.run(path())


def test_storage_in_memory_holds_callers_to_the_contract():
    storage = MemoryStorage()
    for value in ["two\nlines", "ümlaut", "x" * 2049]:
        with pytest.raises(StorageError.Broken):
            storage.set("a", value)
    storage.fail_set(2)
    storage.set("a", "1")
    with pytest.raises(StorageError.Broken):
        storage.set("a", "2")
    assert storage.get("a") == "1"
    storage.set("a", "3")
    storage.remove("a")
    assert storage.entries() == {}
    storage.set_locked(True)
    with pytest.raises(StorageError.Locked):
        storage.get("a")


def test_the_fakes_stand_in_for_the_host(account):
    async def path():
        storage, user = MemoryStorage(), FixedVerifier(Verification.DEVICE_CREDENTIAL)
        await account.set_up_totp()
        phone, enrolment = await account.phone(storage=storage, verifier=user)
        assert enrolment.verifies_user
        login = await push_login(account)
        [request] = (await phone.pending(enrolment.id)).requests
        storage.set_locked(True)
        with pytest.raises(CountersignError.Locked):
            await phone.enrolments()
        storage.set_locked(False)
        await phone.approve(request, login.number())
        assert len(user.prompts()) == 2

        nobody = FixedVerifier.failing(VerifierError.Unavailable())
        _, enrolment = await account.phone(verifier=nobody)
        assert not enrolment.verifies_user
        assert nobody.prompts() == []

        storage = MemoryStorage()
        storage.fail_set(1)
        with pytest.raises(CountersignError.Device):
            await account.phone(storage=storage)

    asyncio.run(path())
