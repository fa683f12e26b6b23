"""Signs of life of a long work, given by a thread beside it."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import DatabaseError, InterfaceError, connection

logger = logging.getLogger(__name__)

# A worker that is forked while another thread is within the database's library finds the locks of that library held,
# by a thread that it does not have: its first query never returns.
_in_database = threading.RLock()
os.register_at_fork(
    before=_in_database.acquire, after_in_parent=_in_database.release, after_in_child=_in_database.release
)


@contextmanager
def beating(name: str, beat: Callable[[], object], seconds: float) -> Iterator[None]:
    """Call `beat`, which writes to the database, at once and every so many seconds, while what is within runs or waits.

    A database that is away ends nothing here. `name`: of the work, in the log.
    """
    ended = threading.Event()

    def run() -> None:
        while True:
            with _in_database:
                try:
                    beat()
                except (DatabaseError, InterfaceError):
                    logger.warning("%s: no sign of life could be written", name)
                connection.close()
            if ended.wait(seconds):
                return

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
