"""The path from sign-up to a denied request, on the running server."""

import asyncio

import pytest
from conftest import APP, Urllib, next_request, push_login
from countersign import (
    Authenticator,
    Client,
    CountersignError,
    DenyReason,
    HttpError,
    LoginState,
    MemoryStorage,
    MethodKind,
    Notice,
    Ports,
    ProblemCode,
    Resumed,
    SessionEnd,
)


def test_the_whole_path(account):
    async def path():
        first = (await account.login()).state()
        assert first.amr == ["pwd"]
        assert Notice.MFA_SETUP_RECOMMENDED in first.notices
        assert first.user.email == account.email

        await account.set_up_totp()
        login = await account.login()
        assert [offer.method for offer in login.state().methods] == [MethodKind.TOTP]
        done = await login.submit_code(MethodKind.TOTP, account.next_code(), trust_device=True)
        assert done.amr == ["pwd", "otp"]
        trusted = (await account.login()).state()
        assert trusted.amr == ["pwd", "trusted_device"]

        phone, enrolment = await account.phone(session=done.session)
        assert enrolment.application == "Acme" and enrolment.account == account.email
        assert [device.name for device in await trusted.session.enrolled_devices()] == ["Mia's phone"]

        async with phone.inbox(enrolment.id) as inbox:
            login = await push_login(account)
            request = await next_request(inbox)
            shown = request.context()
            assert (shown.account, shown.address, shown.device.app) == (account.email, "127.0.0.1", "Acme 4.2")
            assert len(login.number()) == request.number_digits()
            waiting = asyncio.create_task(login.wait())
            await phone.approve(request, login.number())
            approved = await waiting
            assert approved.amr == ["pwd", "push"]
            assert (await approved.session.profile()).name == "Mia Meyer"

            login = await push_login(account)
            await phone.deny(await next_request(inbox), DenyReason.NOT_ME)
            denied = await login.wait()
            assert isinstance(denied, LoginState.DENIED) and denied.reason == DenyReason.NOT_ME

        await trusted.session.logout()
        assert await trusted.session.ended() == SessionEnd.LOGGED_OUT
        with pytest.raises(CountersignError.SessionEnded):
            await trusted.session.profile()

    asyncio.run(path())


def test_a_login_survives_a_restart(account):
    async def path():
        await account.set_up_totp()
        login = await account.login()
        prepared = await login.prepare_code(MethodKind.TOTP, account.next_code())
        assert isinstance(prepared, LoginState.UNANSWERED)
        saved = await login.save()

        restarted = await Client(account.stub.url, account.ports).restore_login(saved)
        assert isinstance(restarted.state(), LoginState.UNANSWERED)
        done = await restarted.send()
        again = await login.send()
        assert done.session.id() == again.session.id(), "the two calls are one"

        found = await Client(account.stub.url, account.ports).resume_session(account.email)
        assert (await found.profile()).email == account.email
        with pytest.raises(CountersignError.Damaged):
            await account.client.restore_login(saved[:-1])

    asyncio.run(path())


def test_a_step_that_is_not_possible_changes_nothing(account):
    async def path():
        await account.set_up_totp()
        login = await account.login()
        with pytest.raises(CountersignError.InvalidTransition) as error:
            await login.wait()
        assert error.value.step == "wait"
        with pytest.raises(CountersignError.InvalidTransition):
            await login.request_push()
        assert isinstance(login.state(), LoginState.MFA_REQUIRED)

        assert isinstance(await login.cancel(), LoginState.CANCELLED)
        with pytest.raises(CountersignError.InvalidTransition) as error:
            await login.submit_code(MethodKind.TOTP, "123456")
        assert "cancelled" in str(error.value)

    asyncio.run(path())


def test_another_step_ends_waiting_and_the_login_goes_on(account):
    async def path():
        await account.set_up_totp()
        await account.phone()
        login = await push_login(account)

        waiting = asyncio.create_task(login.wait())
        await asyncio.sleep(0)
        assert isinstance(await login.use_other_method(), LoginState.MFA_REQUIRED)
        with pytest.raises(CountersignError.Cancelled):
            await waiting
        assert login.number() is None
        done = await login.submit_code(MethodKind.TOTP, account.next_code())
        assert isinstance(done, LoginState.DONE)

    asyncio.run(path())


def test_waiting_may_be_cancelled_and_taken_up_again(account):
    async def path():
        await account.set_up_totp()
        phone, enrolment = await account.phone()
        login = await push_login(account)
        waiting = asyncio.create_task(login.wait())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        [request] = (await phone.pending(enrolment.id)).requests
        await phone.approve(request, login.number())
        assert isinstance(await login.wait(), LoginState.DONE)

    asyncio.run(path())


def test_a_wrong_number_closes_the_request(account):
    async def path():
        await account.set_up_totp()
        phone, enrolment = await account.phone()
        login = await push_login(account)
        [request] = (await phone.pending(enrolment.id)).requests
        wrong = login.number()[::-1]
        wrong = wrong if wrong != login.number() else str(int(wrong) ^ 1).zfill(len(wrong))
        with pytest.raises(CountersignError.Refused) as error:
            await phone.approve(request, wrong)
        assert error.value.code == ProblemCode.WRONG_NUMBER
        with pytest.raises(CountersignError.RequestClosed):
            await phone.approve(request, login.number())
        assert isinstance(await login.wait(), LoginState.MFA_REQUIRED)

    asyncio.run(path())


def test_a_step_is_finished_even_if_nobody_waits_for_it(account):
    async def path():
        await account.set_up_totp()
        login = await account.login()
        step = asyncio.create_task(login.submit_code(MethodKind.TOTP, account.next_code()))
        await asyncio.sleep(0)
        step.cancel()
        with pytest.raises(asyncio.CancelledError):
            await step
        with pytest.raises(CountersignError.InvalidTransition) as error:
            await login.save()
        assert error.value.state == "the login is done"
        assert isinstance(login.state(), LoginState.DONE)

    asyncio.run(path())


@pytest.mark.parametrize(("seconds", "state"), [(61, LoginState.MFA_REQUIRED), (601, LoginState.EXPIRED)])
def test_waiting_ends_when_the_time_is_over(account, seconds, state):
    async def path():
        await account.set_up_totp()
        await account.phone()
        login = await push_login(account)
        waiting = asyncio.create_task(login.wait())
        await asyncio.sleep(0)
        account.stub.advance(seconds)
        assert isinstance(await waiting, state)

    asyncio.run(path())


def test_an_enrolment_whose_answer_was_lost_is_resumed(account):
    class Losing(Urllib):
        lost = True

        def send(self, request):
            answer = super().send(request)
            if self.lost and request.url().endswith("/mfa/push/register"):
                raise HttpError.Interrupted(reason="the answer was lost")
            return answer

    async def path():
        network = Losing()
        phone = Authenticator(Ports(APP, storage=MemoryStorage(), http=network))
        session = await account.session()
        with pytest.raises(CountersignError.Interrupted) as error:
            await phone.enroll((await session.create_enrolment_ticket()).uri(), "Mia's phone")
        assert error.value.retryable()
        assert await phone.enrolments() == []

        network.lost = False
        [resumed] = await phone.resume()
        assert isinstance(resumed, Resumed.ENROLLED)
        assert await phone.enrolments() == [resumed.enrolment]
        assert len(await session.enrolled_devices()) == 1

    asyncio.run(path())
