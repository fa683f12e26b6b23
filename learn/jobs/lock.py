"""One import, one run of changes on one database, one publisher per folder: a lock goes with its process.

A few lines over the system's and PostgreSQL's own locks; filelock would know the first kind alone, and leaves the file
of a killed process to be told from a held one.
"""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

ADVISORY_LOCKS = {
    "import": 7_305_170_243,
    "changes": 7_305_170_244,
}  # that nothing else on this database uses
_held: set[Path] = set()  # record locks do not tell the threads of one process apart
_holding = threading.Lock()


class AlreadyRunningError(Exception):
    """Another process, or another thread of this one, holds the lock."""


@contextmanager
def only_import() -> Iterator[None]:
    """Hold the import lock of the database; raise AlreadyRunningError at once where another process holds it."""
    with _only("import"):
        yield


@contextmanager
def only_changes() -> Iterator[None]:
    """Hold the lock of whoever runs change sets; raise AlreadyRunningError at once where another process holds it."""
    with _only("changes"):
        yield


@contextmanager
def _only(what: str) -> Iterator[None]:
    """Hold one of the database's locks.

    PostgreSQL: a session's advisory lock. SQLite: a lock on a file beside the database.
    """
    name = Path(str(connection.settings_dict["NAME"]))
    if connection.vendor == "postgresql":
        with _advisory_lock(ADVISORY_LOCKS[what]):
            yield
    elif "memory" in name.name and not name.exists():
        yield  # a database in memory is this process's own
    else:
        with only_process(name.with_name(f"{name.name}.{what}-lock")):
            yield


@contextmanager
def only_process(path: Path) -> Iterator[None]:
    """Hold the lock of this file; raise AlreadyRunningError at once where somebody else holds it.

    A POSIX record lock: worker processes do not inherit it (as they would one of flock), so that an orphan never keeps
    the next run out.
    """
    path = path.resolve()
    with _holding:
        if path in _held:
            raise AlreadyRunningError
        _held.add(path)
    try:
        with path.open("w") as file:
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise AlreadyRunningError from error
            yield
    finally:
        with _holding:
            _held.remove(path)


@contextmanager
def _advisory_lock(number: int) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
        if cursor.fetchone() != (True,):
            raise AlreadyRunningError
    try:
        yield
    finally:
        if connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [number])
