"""The lock by which one import runs at a time on one database. It ends with the process that holds it."""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

ADVISORY_LOCK = 7_305_170_243  # any number that nothing else on this database uses
_in_this_process = threading.Lock()  # record locks do not tell the threads of one process apart


class AlreadyRunningError(Exception):
    """Another import is running on this database."""


@contextmanager
def only_import() -> Iterator[None]:
    """Hold the import lock of the database; raise AlreadyRunningError at once where another process holds it.

    PostgreSQL: a session's advisory lock. SQLite: a POSIX record lock on a file beside the database; worker
    processes do not inherit it, so that an orphan never keeps the next import out.
    """
    if not _in_this_process.acquire(blocking=False):
        raise AlreadyRunningError
    try:
        with _advisory_lock() if connection.vendor == "postgresql" else _record_lock():
            yield
    finally:
        _in_this_process.release()


@contextmanager
def _advisory_lock() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY_LOCK])
        if cursor.fetchone() != (True,):
            raise AlreadyRunningError
    try:
        yield
    finally:
        if connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])


@contextmanager
def _record_lock() -> Iterator[None]:
    name = str(connection.settings_dict["NAME"])
    if "memory" in name and not Path(name).exists():
        yield  # a database in memory is this process's own
        return
    path = Path(f"{name}.import-lock")
    with path.open("w") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise AlreadyRunningError from error
        yield
