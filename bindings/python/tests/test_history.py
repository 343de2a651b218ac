"""What notifications bring, where requests come from, and what is kept of them."""

import asyncio
import json
import urllib.request

import pytest
from conftest import Urllib, next_request, push_login
from countersign import CountersignError, DenyReason, InboxEvent, Outcome, Purpose


class Abroad(Urllib):
    """A network in Lisbon, as the server is told."""

    opener = urllib.request.build_opener(Urllib.Staying)
    opener.addheaders = [("x-stub-client-ip", "198.51.100.7")]


def notification(enrolment, request):
    return {
        "aps": {"content-available": 1},
        "countersign_enrolment": enrolment.id,
        "countersign_challenge": request.challenge_id(),
    }


async def closed(inbox, request):
    async for event in inbox:
        if isinstance(event, InboxEvent.CLOSED) and event.challenge_id == request.challenge_id():
            return


def test_history_tells_how_each_request_ended(account):
    async def path():
        await account.set_up_totp()
        phone, enrolment = await account.phone()
        assert await phone.history() == []
        async with phone.inbox(enrolment.id) as inbox:
            login = await push_login(account)
            request = await next_request(inbox)
            (waiting,) = await phone.history(enrolment.id)
            assert waiting.outcome == Outcome.OPEN and waiting.ended_at is None
            await phone.approve(request, login.number())
            account.stub.advance(1)

            login = await push_login(account)
            cancelled = await next_request(inbox)
            await login.cancel()
            await closed(inbox, cancelled)
            account.stub.advance(1)

            await push_login(account)
            await phone.deny(await next_request(inbox), DenyReason.MISTAKE)
        history = await phone.history()
        assert [entry.outcome for entry in history] == [Outcome.DENIED, Outcome.SUPERSEDED, Outcome.APPROVED]
        first = history[-1]
        assert (first.challenge_id, first.enrolment_id) == (request.challenge_id(), enrolment.id)
        assert (first.application, first.account, first.app) == ("Acme", account.email, "Acme 4.2")
        assert first.purpose == Purpose.LOGIN and first.ended_at >= first.requested_at

    asyncio.run(path())


def test_a_notification_gives_the_request_that_it_names(account):
    async def path():
        await account.set_up_totp()
        phone, enrolment = await account.phone()
        login = await push_login(account, http=Abroad())
        (waiting,) = (await phone.pending(enrolment.id)).requests
        payload = notification(enrolment, waiting)
        for form in (payload, json.dumps(payload), json.dumps(payload).encode()):
            request = await phone.pushed(form)
            assert request.challenge_id() == waiting.challenge_id()
        shown = request.context()
        assert (shown.address, shown.place) == ("198.51.100.7", "Lisbon, Portugal")
        assert (shown.latitude, shown.longitude) == (38.7, -9.1)

        async with phone.inbox(enrolment.id) as inbox:
            assert (await next_request(inbox)).challenge_id() == waiting.challenge_id()
            await phone.approve(request, login.number())
        assert await phone.pushed(payload) is None

    asyncio.run(path())


def test_a_notification_is_not_believed(account):
    async def path():
        await account.set_up_totp()
        phone, enrolment = await account.phone()
        foreign = {"countersign_enrolment": "01J00000000000000000000000", "countersign_challenge": enrolment.id}
        for payload, field in [(b"\xff", "payload"), ({}, "payload"), (foreign, "enrolment_id")]:
            with pytest.raises(CountersignError.InvalidInput) as refused:
                await phone.pushed(payload)
            assert refused.value.field == field
        never_asked = {"countersign_enrolment": enrolment.id, "countersign_challenge": enrolment.id}
        assert await phone.pushed(never_asked) is None

    asyncio.run(path())
