"""A running server, and somebody who has an account on it."""

import asyncio
import itertools
import json
import os
import subprocess
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from countersign import (
    App,
    Authenticator,
    Client,
    Http,
    HttpError,
    HttpHeader,
    HttpResponse,
    InboxEvent,
    LoginState,
    MemoryStorage,
    MethodKind,
    Ports,
    TotpEntry,
)

APP = App(id="com.example.tests", name="Acme", version="4.2", device_name="Mia's laptop")
PASSWORD = "correct horse battery"


class Stub:
    """A realm of the server, and its control plane."""

    def __init__(self, url: str, bearer: str) -> None:
        self.url = url
        self._bearer = bearer

    def call(self, method: str, path: str, body: object = None) -> dict:
        """One call of the control plane."""
        request = urllib.request.Request(
            f"{self.url}/_stub{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"authorization": f"Bearer {self._bearer}", "content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or "{}")

    def activation_token(self, email: str) -> str:
        """The token of the link that was mailed."""
        mail = self.call("GET", f"/outbox?to={quote(email)}&wait=20s")["messages"][0]
        return parse_qs(urlsplit(mail["links"][0]).query)["token"][0]

    def advance(self, seconds: int) -> None:
        """Moves the realm's clock."""
        self.call("POST", "/clock/advance", {"seconds": seconds})


@dataclass
class Account:
    """A user, on the laptop that signed up."""

    stub: Stub
    email: str
    ports: Ports
    client: Client
    totp: TotpEntry | None = None

    async def login(self):
        """Address and password."""
        return await self.client.login(self.email, PASSWORD)

    async def session(self):
        """Signs in with all that is needed."""
        login = await self.login()
        if isinstance(login.state(), LoginState.MFA_REQUIRED):
            await login.submit_code(MethodKind.TOTP, self.next_code())
        return login.state().session

    async def set_up_totp(self) -> None:
        """A code generator, confirmed."""
        session = await self.session()
        setup = await session.start_totp("My codes")
        self.totp = TotpEntry.parse(setup.otpauth_uri())
        await session.confirm_totp(setup.method_id(), self.code())

    def code(self) -> str:
        """The code now."""
        return self.totp.codes_at(self.client.server_now()).current()

    def next_code(self) -> str:
        """The code of a step that was not used yet."""
        self.stub.advance(30)
        return self.totp.codes_at(self.client.server_now()).next()

    async def phone(self, session=None, **ports) -> tuple[Authenticator, object]:
        """An authenticator of the account."""
        ticket = await (session or await self.session()).create_enrolment_ticket()
        authenticator = Authenticator(Ports(APP, **{"storage": MemoryStorage(), **ports}))
        return authenticator, await authenticator.enroll(ticket.uri(), "Mia's phone")


class Urllib(Http):
    """The network of the standard library."""

    class Staying(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    opener = urllib.request.build_opener(Staying)

    def send(self, request):
        asked = urllib.request.Request(
            request.url(),
            method=request.method(),
            data=request.body(),
            headers={header.name: header.value for header in request.headers()},
        )
        try:
            answer = self.opener.open(asked, timeout=request.timeout().total_seconds())
        except urllib.error.HTTPError as refused:
            answer = refused
        except urllib.error.URLError as error:
            raise HttpError.Unreachable(reason=str(error.reason)) from error
        with answer:
            headers = [HttpHeader(name=name, value=value) for name, value in answer.headers.items()]
            return HttpResponse(status=answer.status, headers=headers, body=answer.read())


async def next_request(inbox):
    """The next request, past what is told of the connection."""
    async for event in inbox:
        if isinstance(event, InboxEvent.ARRIVED):
            return event.request
    raise AssertionError("the inbox is closed")


async def push_login(account, **ports):
    """A login on another device, which waits for an answer."""
    client = Client(account.stub.url, Ports(APP, **{"storage": MemoryStorage(), **ports}))
    login = await client.login(account.email, PASSWORD)
    assert isinstance(await login.request_push(), LoginState.PENDING)
    return login


@pytest.fixture(scope="session")
def server():
    """The program, and the line that it prints when it is ready."""
    program = Path(os.environ["COUNTERSIGN_SERVER"]).resolve()
    with subprocess.Popen([program, "--port", "0", "--ready-json"], stdout=subprocess.PIPE, text=True) as process:
        yield json.loads(process.stdout.readline())
        process.terminate()


@pytest.fixture
def stub(server, numbers=itertools.count()):
    """A realm of its own for each test."""
    return Stub(f"{server['url']}/r/test-{next(numbers)}", server["stub_bearer"])


@pytest.fixture
def ports():
    """A device with nothing on it."""
    return Ports(APP, storage=MemoryStorage())


@pytest.fixture
def account(stub, ports):
    """An account whose address is proven."""
    client = Client(stub.url, ports)

    async def sign_up():
        await client.sign_up("Acme", "mia@example.com", "Mia Meyer", PASSWORD)
        await client.activate(stub.activation_token("mia@example.com"))

    asyncio.run(sign_up())
    return Account(stub, "mia@example.com", ports, client)
