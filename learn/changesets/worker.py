"""Who runs change sets: one process on one database, begun by the request that confirms a set, or by `publish_due`.

A queue of django-tasks was weighed (docs/decisions/change-sets.md): a worker of its database backend that is killed
leaves its task "running", and nobody takes it up again. Here the rows of the set are the queue.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from learn.jobs.lock import AlreadyRunningError, only_changes
from learn.models import ChangeSet

from . import running

logger = logging.getLogger(__name__)

# Seconds. While a step holds the write lock, an editor's save waits: a step is to take this long.
STEP = 0.1
# Between two steps others write, and readers have the processor. SQLite's waiters look every 100 ms at the latest.
PAUSE = 0.105
SHORT = 0.02  # a step that nobody can have waited for takes no pause
LARGEST, SMALLEST, FIRST = 200, 1, 3  # items of one step
AT_ONCE = 1.5  # seconds of a request that confirms a small set
AFTER_TROUBLE = 2.0  # seconds until a step is tried again that the database refused
_processes: list[subprocess.Popen[bytes]] = []


class Pace:
    """How many items a step of one set takes, so that it takes about STEP seconds."""

    def __init__(self) -> None:
        self.size = FIRST

    def after(self, seconds: float) -> None:
        """Learn from a step that took so long."""
        wanted = self.size * STEP / max(seconds, 0.001)
        self.size = int(max(SMALLEST, min(LARGEST, wanted, self.size * 2)))


def work(
    *,
    until: float | None = None,
    is_wanted: Callable[[], bool] = lambda: True,
    around: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> bool:
    """Run what waits, step by step, each within `around()`; False where another process does so.

    Ends when nothing is left, at the moment `until` (time.monotonic()), or when it is not wanted any more.
    """
    paces: defaultdict[int | None, Pace] = defaultdict(Pace)
    try:
        with only_changes():
            while is_wanted() and (until is None or time.monotonic() < until):
                try:
                    with around():
                        step = running.step(FIRST, {pk: pace.size for pk, pace in paces.items() if pk})
                except (DatabaseError, InterfaceError):
                    logger.warning("A step of a change set is to be repeated", exc_info=True)
                    connection.close()
                    if until is not None:
                        return True
                    time.sleep(AFTER_TROUBLE)
                    continue
                if step is None:
                    return True
                paces[step.change_set].after(step.seconds)
                if step.seconds > SHORT:
                    time.sleep(PAUSE)
    except AlreadyRunningError:
        return False
    return True


def go_on(change_set: ChangeSet | None = None) -> None:
    """Do what waits: a little of it at once, the rest by a process of its own."""
    work(until=time.monotonic() + AT_ONCE)
    if running.is_anything_to_do():
        start()
    if change_set is not None:
        change_set.refresh_from_db()


def start() -> None:
    """Begin a process that runs what waits, and return at once. It ends at once where another one is at it."""
    _processes[:] = [process for process in _processes if process.poll() is None]  # reaps those that ended
    if _processes:
        return
    try:
        process = subprocess.Popen(  # noqa: S603 our own program, no word of a visitor in it
            [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "run_change_sets"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # it goes on when the server restarts
        )
    except OSError:
        logger.exception("No process could be begun to run change sets; `publish_due` will try again")
    else:
        _processes.append(process)
