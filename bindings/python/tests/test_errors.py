"""Errors say what happened in fields, and what to do."""

import asyncio
import json
import socket
from pathlib import Path

import pytest
from conftest import APP, PASSWORD
from countersign import (
    Authenticator,
    Client,
    CountersignError,
    FieldProblem,
    LoginState,
    MemoryStorage,
    MethodKind,
    Network,
    Ports,
    ProblemCode,
    UserAction,
)

LINKS = json.loads((Path(__file__).parents[3] / "protocol/vectors/enroll-uri.json").read_text("utf-8"))


def test_a_wrong_code_tells_how_many_attempts_are_left(account):
    async def path():
        await account.set_up_totp()
        login = await account.login()
        right = account.next_code()
        wrong = f"{(int(right) + 1) % 1_000_000:06}"
        with pytest.raises(CountersignError.Refused) as error:
            await login.submit_code(MethodKind.TOTP, wrong)
        refused = error.value
        assert refused.code == ProblemCode.WRONG_CODE
        assert refused.attempts_left == 4
        assert refused.correlation_id
        assert refused.user_action() == UserAction.CORRECT_INPUT
        assert not refused.retryable()
        assert str(refused) == refused.describe() == refused.detail
        assert isinstance(login.state(), LoginState.MFA_REQUIRED)
        assert isinstance(await login.submit_code(MethodKind.TOTP, right), LoginState.DONE)

    asyncio.run(path())


def test_a_wrong_password_is_refused(account):
    with pytest.raises(CountersignError.Refused) as error:
        asyncio.run(account.client.login(account.email, PASSWORD + "!"))
    assert error.value.code == ProblemCode.INVALID_CREDENTIALS
    assert error.value.attempts_left is None


def test_a_refusal_names_the_fields_that_it_is_about(stub, ports):
    client = Client(stub.url, ports)
    with pytest.raises(CountersignError.Refused) as error:
        asyncio.run(client.sign_up("Acme", "eva@example.com", "Eva", "Password123"))
    assert error.value.code == ProblemCode.INVALID_REQUEST
    assert error.value.fields == [
        FieldProblem(field="password", problem="is a common password; a few unrelated words work well")
    ]
    assert error.value.user_action() == UserAction.CORRECT_INPUT


def test_a_ticket_is_good_once(account):
    async def path():
        link = (await (await account.session()).create_enrolment_ticket()).uri()
        await Authenticator(Ports(APP, storage=MemoryStorage())).enroll(link, "One")
        with pytest.raises(CountersignError.Refused) as error:
            await Authenticator(Ports(APP, storage=MemoryStorage())).enroll(link, "Two")
        assert error.value.code == ProblemCode.INVALID_TICKET
        assert error.value.user_action() == UserAction.ENROL

    asyncio.run(path())


def test_offline_is_told_apart_and_may_be_tried_again(ports):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        client = Client(f"http://127.0.0.1:{taken.getsockname()[1]}", ports)
        with pytest.raises(CountersignError.Offline) as error:
            asyncio.run(client.login("mia@example.com", PASSWORD))
    assert error.value.reason
    assert error.value.retryable()
    assert error.value.user_action() == UserAction.TRY_AGAIN


@pytest.mark.parametrize("bad", LINKS["bad"], ids=lambda bad: bad["reason"])
def test_a_bad_link_names_the_field_and_leaves_nothing_behind(bad):
    storage = MemoryStorage()
    with pytest.raises(CountersignError.InvalidInput) as error:
        asyncio.run(Authenticator(Ports(APP, storage=storage)).enroll(bad["uri"], "My laptop"))
    assert error.value.field in {"uri", "server", "token"}
    assert error.value.fix
    assert error.value.user_action() == UserAction.CORRECT_INPUT
    assert storage.entries() == {}


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda client: client.login("mia", PASSWORD), "email"),
        (lambda client: client.login("mia@example.com", "short"), "password"),
        (lambda client: client.activate("no token"), "token"),
        (lambda client: client.sign_up(" ", "mia@example.com", "Mia", PASSWORD), "name"),
    ],
)
def test_a_value_is_refused_before_anything_is_sent(ports, call, field):
    client = Client("https://auth.invalid", ports)
    with pytest.raises(CountersignError.InvalidInput) as error:
        asyncio.run(call(client))
    assert error.value.field == field
    assert error.value.problem in str(error.value)


def test_what_is_set_up_wrong_is_refused(ports):
    with pytest.raises(CountersignError.InvalidInput):
        Client("http://auth.example", ports)
    pin = "sha256/" + "A" * 43 + "="
    with pytest.raises(CountersignError.InvalidInput) as error:
        Ports(APP, storage=MemoryStorage(), network=Network(pins={"auth.example": [pin]}))
    assert error.value.field == "pins"
    with pytest.raises(CountersignError.InvalidInput):
        Ports(APP, storage=MemoryStorage(), network=Network(pins={"auth.example": ["sha1/AAAA"]}))
