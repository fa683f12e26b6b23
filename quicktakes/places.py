"""Places in which a process of the server works on requests: a thread each, which keeps its connection to the database.

The server reads requests in hundreds of threads, most of which wait. Were they all to work they would take turns on one
core, and each would open a database of its own, which costs as much as a small page and up to 20 MB.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import close_old_connections

from learn import metrics

Answer = TypeVar("Answer")


class CrowdedError(Exception):
    """No place was free in time, or too many wait for one already."""


class Places:
    """`at_once` places; who finds none free waits in line.

    At most `waiting` requests do, for at most `patience` seconds; None says that neither is limited.
    """

    def __init__(
        self,
        at_once: int,
        waiting: int | None = None,
        patience: float | None = None,
        queue: metrics.Queue = "requests",
    ) -> None:
        self._turns = threading.BoundedSemaphore(at_once)
        self._line = threading.BoundedSemaphore(at_once + waiting) if waiting is not None else None
        self._patience, self._queue = patience, queue
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix=queue)

    def run(self, call: Callable[[], Answer]) -> Answer:
        """What `call` returns, called in one of the places. Raises what it raises, and CrowdedError."""
        if self._line and not self._line.acquire(blocking=False):
            raise CrowdedError
        try:
            if not metrics.acquire(self._turns, self._queue, self._patience):
                raise CrowdedError
            try:
                return self._threads.submit(_called, call).result()
            finally:
                self._turns.release()
        finally:
            if self._line:
                self._line.release()


def _called(call: Callable[[], Answer]) -> Answer:
    try:
        return call()
    finally:
        # Django does that where an answer ends, which is in the thread that sends it.
        close_old_connections()
