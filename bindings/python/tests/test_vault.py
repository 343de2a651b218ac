"""The vault: codes come back, each key opens it, and nothing else does."""

import asyncio
import stat
from datetime import datetime, timedelta, timezone

import pytest
from conftest import APP, PASSWORD
from countersign import (
    Client,
    CountersignError,
    FileStorage,
    KeyringStatus,
    LockedVault,
    LoginState,
    MemoryStorage,
    MethodKind,
    NoStorage,
    PassphraseCost,
    Ports,
    RecoveryCode,
    SlotKind,
    TotpEntry,
    UserAction,
    Vault,
    probe_keyring,
)

CHEAP = PassphraseCost(memory_kib=8, passes=1, lanes=1)
PASSPHRASE = "correct horse battery staple"


def acme(name="Acme"):
    return TotpEntry(name, "mia@example.com", "JBSWY3DPEHPK3PXP")


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "codes.vault")


async def create(path, ports):
    return await Vault.create(path, PASSPHRASE, ports, CHEAP)


def names(codes):
    return [code.entry().issuer() for code in codes]


def test_codes_come_back_after_locking_and_reopening(path, ports):
    async def run():
        vault = await create(path, ports)
        added = await vault.add_code(acme())
        locked = await vault.lock()
        with pytest.raises(CountersignError.InvalidTransition):
            await vault.codes()

        vault = await locked.unlock(PASSPHRASE)
        await (await vault.lock()).close()
        locked = await LockedVault.open(path, ports)
        assert locked.ways() == [SlotKind.PASSPHRASE]
        vault = await locked.unlock(PASSPHRASE)
        [code] = await vault.codes()
        assert (code.id(), code.created()) == (added.id(), added.created())
        now = datetime.now(timezone.utc)
        assert code.entry().codes_at(now).current() == acme().codes_at(now).current()
        with pytest.raises(CountersignError.InvalidTransition):
            await locked.unlock(PASSPHRASE)

    asyncio.run(run())


def test_codes_are_in_the_order_in_which_they_are_shown(path, ports):
    async def run():
        vault = await create(path, ports)
        first, second, third = [await vault.add_code(acme(name)) for name in ("first", "second", "third")]
        await vault.save_codes([first.with_position(2), second.with_position(1).with_hidden(True), third])
        assert names(await vault.codes()) == ["third", "second", "first"]
        await vault.save_code(first.with_pinned(True).with_entry(acme("renamed")))
        codes = await vault.codes()
        assert names(codes) == ["renamed", "third", "second"]
        assert [(code.pinned(), code.hidden()) for code in codes] == [(True, False), (False, False), (False, True)]
        assert (await vault.code(second.id())).position() == 1
        with pytest.raises(CountersignError.InvalidInput) as error:
            await vault.code("not an id")
        assert error.value.field == "item_id"

    asyncio.run(run())


def test_what_was_thrown_away_can_be_brought_back_until_it_is_purged(path, ports):
    async def run():
        vault = await create(path, ports)
        code = await vault.add_code(acme())
        assert await vault.trash(code.id())
        assert await vault.codes() == []
        [trashed] = await vault.trashed_codes()
        assert trashed.code.id() == code.id()
        assert datetime.now(timezone.utc) - trashed.since < timedelta(minutes=1)
        assert await vault.restore(code.id())
        assert names(await vault.codes()) == ["Acme"]

        await vault.trash(code.id())
        assert await vault.purge_older_than(timedelta(days=30)) == 0
        assert await vault.purge_older_than(timedelta()) == 1
        assert await vault.trashed_codes() == []

    asyncio.run(run())


def test_each_key_opens_the_vault_and_the_last_one_stays(path, ports):
    async def run():
        vault = await Vault.create_with_secure_storage(path, ports)
        code = RecoveryCode.generate(ports)
        assert [len(group) for group in code.groups()] == [4] * 8
        await vault.set_recovery_code(code)
        [stored] = [slot for slot in await vault.slots() if slot.kind == SlotKind.SECURE_STORAGE]
        with pytest.raises(CountersignError.InvalidInput) as error:
            await vault.remove_slot(stored.id)
        assert error.value.field == "slot"
        await vault.set_passphrase(PASSPHRASE, CHEAP)
        await vault.add_code(acme())

        typed = RecoveryCode.parse(" ".join(code.groups()).lower())
        locked = await vault.lock()
        assert locked.ways() == [SlotKind.PASSPHRASE, SlotKind.SECURE_STORAGE, SlotKind.RECOVERY_CODE]
        for unlock in (
            lambda locked: locked.unlock(PASSPHRASE),
            lambda locked: locked.unlock_with_secure_storage(),
            lambda locked: locked.unlock_with_recovery_code(typed),
        ):
            vault = await unlock(locked)
            assert names(await vault.codes()) == ["Acme"]
            locked = await vault.lock()
        vault = await locked.unlock(PASSPHRASE)
        assert await vault.remove_slot(stored.id)
        assert not await vault.remove_slot(stored.id)
        with pytest.raises(CountersignError.InvalidInput):
            await (await vault.lock()).unlock_with_secure_storage()

    asyncio.run(run())


def test_a_wrong_key_says_what_to_do_and_leaves_the_vault_to_be_tried_again(path):
    async def run():
        storage = MemoryStorage()
        ports = Ports(APP, storage=storage)
        vault = await create(path, ports)
        await vault.use_secure_storage()
        await vault.set_recovery_code(RecoveryCode.generate(ports))
        locked = await vault.lock()

        with pytest.raises(CountersignError.WrongPassphrase):
            await locked.unlock("another passphrase")
        with pytest.raises(CountersignError.InvalidInput) as error:
            await locked.unlock_with_recovery_code(RecoveryCode.generate(ports))
        assert error.value.field == "recovery_code"
        storage.set_locked(True)
        with pytest.raises(CountersignError.Locked):
            await locked.unlock_with_secure_storage()
        storage.set_locked(False)
        for name in storage.entries():
            storage.remove(name)
        with pytest.raises(CountersignError.Locked) as lost:
            await locked.unlock_with_secure_storage()
        assert "add the key again" in str(lost.value)
        assert lost.value.user_action() == UserAction.UNLOCK
        await locked.unlock(PASSPHRASE)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("0000-0000", "has fewer than 32 letters"),
        ("0000 " * 8, "has a letter that is not the one on paper"),
        ("UUUU " * 8, "has a letter that recovery codes do not have"),
    ],
)
def test_a_slip_in_a_recovery_code_is_named(typed, problem):
    with pytest.raises(CountersignError.InvalidInput) as error:
        RecoveryCode.parse(typed)
    assert (error.value.field, error.value.problem) == ("recovery_code", problem)


def test_files_that_are_no_vault_are_left_alone(path, ports, tmp_path):
    async def run():
        with pytest.raises(CountersignError.InvalidInput) as error:
            await LockedVault.open(path, ports)
        assert error.value.field == "path"
        letter = tmp_path / "letter.txt"
        letter.write_text("Dear grandmother")
        with pytest.raises(CountersignError.Damaged):
            await LockedVault.open(str(letter), ports)
        with pytest.raises(CountersignError.InvalidInput):
            await create(str(letter), ports)
        assert letter.read_text() == "Dear grandmother"
        vault = await create(path, ports)
        with pytest.raises(CountersignError.Device) as error:
            await LockedVault.open(path, ports)
        assert "open elsewhere" in error.value.reason
        await (await vault.lock()).close()

    asyncio.run(run())


def test_a_device_without_a_keyring_keeps_its_secrets_beside_the_vault(path, account, tmp_path):
    file = tmp_path / "storage.sealed"

    async def run():
        vault = await create(path, Ports(APP, storage=NoStorage()))
        storage = await vault.file_storage(str(file))
        assert isinstance(storage, FileStorage)
        client = Client(account.stub.url, Ports(APP, storage=storage))
        login = await client.login(account.email, PASSWORD)
        assert isinstance(login.state(), LoginState.DONE)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600

        vault = await (await vault.lock()).unlock(PASSPHRASE)
        again = Client(account.stub.url, Ports(APP, storage=await vault.file_storage(str(file))))
        session = await again.resume_session(account.email)
        assert (await session.profile()).name == "Mia Meyer"

        changed = bytearray(file.read_bytes())
        changed[-1] ^= 1
        file.write_bytes(changed)
        with pytest.raises(CountersignError.Damaged):
            await vault.file_storage(str(file))
        assert file.read_bytes() == changed

    asyncio.run(run())


def test_trust_is_known_and_forgotten(account):
    async def run():
        await account.set_up_totp()
        login = await account.login()
        assert not await account.client.is_trusted(account.email)
        await login.submit_code(MethodKind.TOTP, account.next_code(), trust_device=True)
        assert await account.client.is_trusted(account.email)
        assert isinstance((await account.login()).state(), LoginState.DONE)

        await account.client.forget_trust(account.email)
        assert not await account.client.is_trusted(account.email)
        assert isinstance((await account.login()).state(), LoginState.MFA_REQUIRED)

    asyncio.run(run())


def test_a_keyring_is_told_apart_from_none(monkeypatch, tmp_path):
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/nothing")
    assert isinstance(probe_keyring("com.example.tests"), KeyringStatus.ABSENT)
