"""Writing what was gathered in a process, in a thread of its own: no reader waits for the database's writers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from django.db import DatabaseError, connections

from learn.db import budgets

logger = logging.getLogger(__name__)


class Aside:
    """Calls `flush` once, `seconds` after the first `start`; `what` names it in the log where it fails.

    Where the process ends before, the last seconds are lost.
    """

    def __init__(self, what: str, seconds: float, flush: Callable[[], None]) -> None:
        self._what = what
        self._seconds = seconds
        self._flush = flush
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def start(self) -> None:
        with self._lock:
            if self._timer is None:
                self._timer = threading.Timer(self._seconds, self._run)
                self._timer.daemon = True
                self._timer.start()

    def _run(self) -> None:
        """What the timer's thread does: write, within a reader's budget, and leave no connection behind."""
        with self._lock:
            self._timer = None
        budgets.use(budgets.READERS)  # of this thread, which ends after it
        try:
            self._flush()
        except DatabaseError as error:
            logger.warning("The %s of the last seconds could not be counted yet: %s", self._what, error)
        finally:
            connections.close_all()
