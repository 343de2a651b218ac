"""Approving sign-ins, in the manner of asyncio."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType

from . import _native
from ._native import DeviceKind, DisplayName, Enrolment, EnrolmentId, EnrollUri, InboxEvent


class Authenticator(_native.Authenticator):
    """Approves and denies sign-ins for any number of accounts on any number of servers.

    There should be one for one storage at a time. Call :meth:`resume` when the program starts.
    """

    async def enroll(
        self, uri: EnrollUri, name: DisplayName, kind: DeviceKind = DeviceKind.DESKTOP
    ) -> Enrolment:
        """Enrols this device with the server that the link names. ``name`` is what the user calls the device.

        If the answer is lost, call it again with the same link, or :meth:`resume`: the device is enrolled once.
        Raises ``CountersignError.Refused`` for a ticket that is no longer good, and ``NotAuthentic`` if the server is
        not the one that made the link.
        """
        return await super().enroll(uri, name, kind)

    async def pushed(self, payload: bytes | str | Mapping[str, object]) -> _native.Request | None:
        """The request that a notification of FCM or APNs told of; ``None`` where it does not wait any more.

        ``payload`` is the notification's data with whatever else it carries, as JSON or as a mapping. An open inbox
        tells of the request as well, once. Raises ``CountersignError.InvalidInput`` for what is no such notification
        or of an enrolment that is not on this device, and ``NotAuthentic`` for a request that is not believed.
        """
        if isinstance(payload, Mapping):
            payload = json.dumps(payload)
        return await super().pushed(payload.encode() if isinstance(payload, str) else payload)

    def inbox(self, id: EnrolmentId) -> Inbox:  # type: ignore[override]  # opened by `async with`
        """All that happens to an enrolment's requests: ``async with authenticator.inbox(id) as inbox``."""
        open_inbox = super().inbox
        return Inbox(lambda: open_inbox(id))


class Inbox:
    """The requests of one enrolment as they come and go: ``async for event in inbox``.

    The iteration ends when the inbox is closed or its enrolment was removed. It raises
    ``CountersignError.NotAuthentic`` and ``UnexpectedAnswer`` for what the server sent and was not believed; iterate
    again to go on. Being offline is no error but an event.
    """

    def __init__(self, open_inbox: Callable[[], Awaitable[_native.PushInbox]]) -> None:
        self._open = open_inbox
        self._inbox: _native.PushInbox | None = None

    async def __aenter__(self) -> Inbox:
        self._inbox = await self._open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __aiter__(self) -> Inbox:
        return self

    async def __anext__(self) -> InboxEvent:
        event = await self.next()
        if event is None:
            raise StopAsyncIteration
        return event

    async def next(self) -> InboxEvent | None:
        """Waits for what happens next; ``None`` once the inbox is closed. Cancelling it loses no event."""
        if self._inbox is None:
            raise RuntimeError("the inbox is not open: use `async with authenticator.inbox(id) as inbox`")
        return await self._inbox.next()

    def close(self) -> None:
        """Closes the connection and ends a waiting :meth:`next`."""
        if self._inbox is not None:
            self._inbox.close()
