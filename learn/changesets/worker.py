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
LONGEST = 0.25  # seconds of a step whose beginning is dear: a save is to wait less than half a second
DEAR = 3  # times what a step costs without items: as long it may take; two thirds are then for items
LEAST_COST = 0.0005  # seconds of an item
LEAST_SPREAD = 0.03  # of the numbers of items, for a line through them, as a share of their squares
AT_ONCE = 1.5  # seconds of a request that confirms a small set
AFTER_TROUBLE = 2.0  # seconds until a step is tried again that the database refused
_processes: list[subprocess.Popen[bytes]] = []


class Pace:
    """How many items a step of one set takes, so that it takes about STEP seconds.

    A step costs something that does not depend on its items: on PostgreSQL, or a busy machine, that may be most of
    STEP. Fewer items would then be slower and hardly shorter; it takes so many that two thirds of it are theirs, within
    LONGEST. While all steps had about as many, what an item costs cannot be told: the next one has more, to find out.
    """

    FORGETS = 0.75  # of the weight of a step, at the next one

    def __init__(self) -> None:
        self.size = FIRST
        self._sums = [0.0] * 5  # weights, items, seconds, items squared, items times seconds

    def after(self, items: int, seconds: float) -> None:
        """Learn from a step that took so long for so many: a straight line through the last ones."""
        if not items:
            return
        new = (1.0, items, seconds, items * items, items * seconds)
        self._sums = [one * self.FORGETS + other for one, other in zip(self._sums, new, strict=True)]
        weight, number, time_taken, squares, products = self._sums
        spread = weight * squares - number * number
        all_of_it = time_taken / number  # seconds for each item, where nothing else costs anything
        is_told = spread > LEAST_SPREAD * weight * squares
        slope = (weight * products - number * time_taken) / spread if is_told else all_of_it
        each = min(max(slope, LEAST_COST), max(all_of_it, LEAST_COST))
        fixed = max(0.0, (time_taken - each * number) / weight)
        target = min(max(STEP, DEAR * fixed), LONGEST)
        most = self.size if seconds > target else self.size * 3 // 2 + 1
        if seconds > 2 * target:
            most = self.size // 2
        wanted = int((target - fixed) / each)
        if not is_told and seconds < LONGEST / 2:
            most = wanted = max(wanted, self.size + 1 + self.size // 4)
        self.size = max(SMALLEST, min(LARGEST, most, wanted))


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
                paces[step.change_set].after(step.items, step.seconds)
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
