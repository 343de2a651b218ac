"""The inbox: a stream that can be closed, cancelled and read on."""

import asyncio

import pytest
from conftest import next_request, push_login
from countersign import ChallengeState, ConnectionState, InboxEvent


def test_requests_come_and_go(account):
    async def path():
        await account.set_up_totp()
        phone, enrolment = await account.phone()
        async with phone.inbox(enrolment.id) as inbox:
            first = await inbox.next()
            assert isinstance(first, InboxEvent.CONNECTION) and first.state == ConnectionState.LIVE
            login = await push_login(account)
            request = await next_request(inbox)
            await login.cancel()
            closed = await inbox.next()
            assert isinstance(closed, InboxEvent.CLOSED)
            assert closed.challenge_id == request.challenge_id()
            assert closed.state == ChallengeState.SUPERSEDED

    asyncio.run(path())


def test_closing_ends_the_iteration(account):
    async def path():
        await account.set_up_totp()
        phone, enrolment = await account.phone()
        async with phone.inbox(enrolment.id) as inbox:
            seen = []
            async for event in inbox:
                seen.append(event)
                inbox.close()
            assert len(seen) == 1
            assert await inbox.next() is None

    asyncio.run(path())


def test_closing_ends_a_waiting_next(account):
    async def path():
        await account.set_up_totp()
        phone, enrolment = await account.phone()
        async with phone.inbox(enrolment.id) as inbox:
            await inbox.next()
            waiting = asyncio.create_task(inbox.next())
            await asyncio.sleep(0)
        assert await waiting is None

    asyncio.run(path())


def test_a_cancelled_next_loses_no_event(account):
    async def path():
        await account.set_up_totp()
        phone, enrolment = await account.phone()
        async with phone.inbox(enrolment.id) as inbox:
            await inbox.next()
            waiting = asyncio.create_task(inbox.next())
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            login = await push_login(account)
            request = await next_request(inbox)
            await phone.approve(request, login.number())

    asyncio.run(path())


def test_removing_the_enrolment_ends_the_iteration(account):
    async def path():
        await account.set_up_totp()
        phone, enrolment = await account.phone()
        assert await phone.enrolments() == [enrolment]
        async with phone.inbox(enrolment.id) as inbox:
            await inbox.next()
            await phone.remove(enrolment.id)
            assert [event async for event in inbox] == []
        assert await phone.enrolments() == []

    asyncio.run(path())


def test_an_inbox_is_opened_first(account):
    async def path():
        phone, enrolment = await account.phone()
        with pytest.raises(RuntimeError, match="async with"):
            await phone.inbox(enrolment.id).next()

    asyncio.run(path())
