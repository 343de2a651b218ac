"""Fakes of the ports, for tests."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from ._native import (
    Level,
    LogSink,
    SecureStorage,
    StorageError,
    UserVerifier,
    Verification,
    VerificationCompletion,
    VerifierError,
    VerifyPrompt,
)

_LONGEST = 2048


class MemoryStorage(SecureStorage):
    """Secure storage in memory. It holds callers to the contract: single-line ASCII of at most 2,048 bytes."""

    def __init__(self) -> None:
        """An empty storage."""
        self._entries: dict[str, str] = {}
        self._locked = False
        self._sets_left = 0
        # Called from threads of the SDK.
        self._lock = Lock()

    def entries(self) -> dict[str, str]:
        """All entries, by name."""
        with self._lock:
            return dict(self._entries)

    def set_locked(self, locked: bool) -> None:
        """Locks or unlocks: a locked storage answers every call with ``StorageError.Locked``."""
        self._locked = locked

    def fail_set(self, nth: int) -> None:
        """The ``nth`` write from now fails, 1 being the next; those after it work again."""
        self._sets_left = nth

    def get(self, name: str) -> str | None:
        with self._lock:
            self._check()
            return self._entries.get(name)

    def set(self, name: str, value: str) -> None:
        with self._lock:
            self._check()
            if not (value.isascii() and value.isprintable() and len(value) <= _LONGEST):
                raise StorageError.Broken(reason=f"{name} is not single-line ASCII of at most {_LONGEST} bytes")
            if self._sets_left:
                self._sets_left -= 1
                if not self._sets_left:
                    raise StorageError.Broken(reason="the test said so")
            self._entries[name] = value

    def remove(self, name: str) -> None:
        with self._lock:
            self._check()
            self._entries.pop(name, None)

    def _check(self) -> None:
        if self._locked:
            raise StorageError.Locked(reason="the test said so")


class FixedVerifier(UserVerifier):
    """A user who answers every prompt in the same way."""

    def __init__(self, how: Verification) -> None:
        """A user who is always verified in this way."""
        self._how = how
        self._why: VerifierError | None = None
        self._prompts: list[VerifyPrompt] = []

    @classmethod
    def failing(cls, why: VerifierError) -> FixedVerifier:
        """A user who never is. ``VerifierError.Unavailable()`` is a device that verifies nobody."""
        user = cls(Verification.DEVICE_CREDENTIAL)
        user._why = why
        return user

    def prompts(self) -> list[VerifyPrompt]:
        """The prompts so far, oldest first."""
        return list(self._prompts)

    def available(self) -> bool:
        return not isinstance(self._why, VerifierError.Unavailable)

    def verify(self, prompt: VerifyPrompt, completion: VerificationCompletion) -> None:
        self._prompts.append(prompt)
        if self._why is not None:
            raise self._why
        completion.succeed(self._how)


@dataclass(frozen=True)
class LogLine:
    """One line of the log: how much it matters, the part of the SDK that it comes from, and what it says."""

    level: Level
    target: str
    line: str


class MemoryLog(LogSink):
    """Keeps the log lines, for looking at what was said and that no secret was."""

    def __init__(self) -> None:
        """An empty log."""
        self._lines: list[LogLine] = []

    def lines(self) -> list[LogLine]:
        """The lines so far, oldest first."""
        return list(self._lines)

    def log(self, level: Level, target: str, line: str) -> None:
        self._lines.append(LogLine(level, target, line))
