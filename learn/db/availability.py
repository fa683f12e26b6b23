"""Whether the database can be asked, as far as this process knows; and which errors say that it cannot.

While it does not answer, one request at a time tries whether it does again, and all others are told at once: no thread
waits for what another one is waiting for already.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, InterfaceError, InternalError, OperationalError

RETRY_AFTER = 5  # seconds until a visitor may try again
# What an error says, and how we say it to everybody: the drivers name hosts, accounts and paths.
REASONS = {
    "refused": "it is not running", "No such file": "it is not running", "terminating": "it is being stopped",
    "closed the connection": "it is being stopped", "closed unexpectedly": "it is being stopped",
    "starting up": "it is starting", "shutting down": "it is being stopped", "recovery": "it is starting",
    "too many clients": "it has no connection left", "remaining connection slots": "it has no connection left",
    "in use": "this process has no connection left", "did not answer": "it hangs",
    "lock timeout": "it is locked", "locked": "it is locked", "statement timeout": "it is slow",
    "password authentication": "it refuses the password", "unable to open": "its file cannot be opened",
}  # fmt: skip
# What does not show in whether the database answers: a page of it that cannot be read, and no room to write.
TROUBLE = {
    "malformed": "it is damaged", "not a database": "it is damaged", "invalid page": "it is damaged",
    "could not read block": "it is damaged", "could not access file": "it is damaged", "checksum": "it is damaged",
    "disk I/O error": "its disk fails", "is full": "its disk is full", "No space left": "its disk is full",
    "readonly": "it may not be written to",
}  # fmt: skip
REMEMBERED_FOR = 60.0  # seconds

_is_failing = threading.Event()
_trying = threading.Lock()
_trouble: list[tuple[float, str]] = []  # the last one, and when it was, of time.monotonic


class AwayError(OperationalError):
    """The database did not answer a moment ago, and another request is finding out whether it does again."""


@contextmanager
def attempt() -> Iterator[bool]:
    """Within it, the database may be asked where True is given; where False is, somebody else is trying it."""
    if not _is_failing.is_set():
        yield True
    elif _trying.acquire(blocking=False):
        try:
            yield True
        finally:
            _trying.release()
    else:
        yield False


def note_failure() -> None:
    _is_failing.set()


def note_answer() -> None:
    if _is_failing.is_set():
        _is_failing.clear()


def is_failing() -> bool:
    return _is_failing.is_set()


def is_away(error: BaseException | None) -> bool:
    """Whether an error says that the database is gone, locked, full, damaged or out of connections.

    Not one that a mistake of ours causes: those stay an error 500 with its traceback.
    """
    if not isinstance(error, DatabaseError | InterfaceError):
        return False
    is_trouble = any(word in str(error) for word in TROUBLE)
    if is_trouble:
        _trouble[:] = [(time.monotonic(), reason(error))]
    return is_trouble or isinstance(error, OperationalError | InterfaceError | InternalError)


def reason(error: Exception) -> str:
    """Why the database does not answer, in words that tell a stranger nothing."""
    text = str(error)
    words = (said for word, said in {**TROUBLE, **REASONS}.items() if word in text)
    return next(words, type(error).__name__)


def trouble() -> str:
    """What a request of this process could not read or write in the last minute; "" where there was no such thing."""
    return next((text for at, text in _trouble if time.monotonic() - at < REMEMBERED_FOR), "")
