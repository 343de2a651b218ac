"""The quick start of the README, taken from there and run as a program."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path

from conftest import push_login
from countersign import LoginState

README = Path(__file__).parents[1] / "README.md"


def quick_start():
    """The first Python block of the README."""
    return re.search(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)[1]


def test_it_is_as_short_as_promised():
    assert len(quick_start().splitlines()) <= 30


def test_it_approves_a_sign_in(account):
    async def path():
        await account.set_up_totp()
        link = (await (await account.session()).create_enrolment_ticket()).uri()
        with subprocess.Popen(
            [sys.executable, "-c", quick_start(), link],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as program:
            assert program.stdout.readline() == f"Waiting for sign-ins of {account.email} to Acme\n"
            login = await push_login(account)
            said, _ = program.communicate(f"{login.number()}\n", timeout=60)
        assert program.returncode == 0
        assert said.startswith("Mia's laptop at 127.0.0.1 signs in.")
        assert isinstance(await login.wait(), LoginState.DONE)

    asyncio.run(path())
