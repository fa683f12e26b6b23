"""Worker processes: results in order, bounded memory, and an item that crashes its process costs only itself.

The pool is the standard library's, which by itself neither bounds what waits nor outlives an item that ends a process.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Self, TypeVar

from django.db import connection, connections

from learn.db.rows import batched

Item = TypeVar("Item")
Result = TypeVar("Result")

# Items in one piece of work, and rows in one transaction: some 0.1 s, so that an editor's save never waits long.
BATCH = 100
IN_FLIGHT = 3  # batches per worker that may wait, so that memory does not grow with the work


def available_cores() -> int:
    """The cores that this process may use, which in a container are fewer than the machine's."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Workers:
    """Runs a function over items in `jobs` processes (None: one per core); few items, or one job, in this process.

    Use as a context manager. The workers are forked, so entering closes the database connections; work that reads the
    database opens its own, and sees nothing of a transaction that is open here. `batch` items travel together: 1 for
    large ones, of which `item_count` counts the parts (None: many).
    """

    def __init__(self, jobs: int | None, item_count: int | None = None, batch: int | None = None) -> None:
        self._batch = batch or BATCH
        self._jobs = (jobs or available_cores()) if item_count is None or item_count > BATCH else 1
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        if self._jobs > 1:
            if not connection.in_atomic_block:
                connections.close_all()
            self._start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes, and give back their memory; what is still to be done is done in this one."""
        if self._pool:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def map(
        self, work: Callable[[Item], Result], items: Iterable[Item], crashed: Callable[[Item], Result]
    ) -> Iterator[list[Result]]:
        """Yield `work(item)` for all items, in their order, in batches.

        `work` is pickled: a function of a module, or a partial of one. For an item that ends its process (a crash
        in a C library), the result is `crashed(item)`.
        """
        batches = batched(items, self._batch)
        if self._pool is None:
            yield from (_work_through(work, batch) for batch in batches)
            return
        waiting: deque[tuple[list[Item], Future[list[Result]]]] = deque()
        for batch in batches:
            waiting.append((batch, self._pool.submit(_work_through, work, batch)))
            if len(waiting) >= self._jobs * IN_FLIGHT:
                yield self._next(work, waiting, crashed)
        while waiting:
            yield self._next(work, waiting, crashed)

    def _next(
        self,
        work: Callable[[Item], Result],
        waiting: deque[tuple[list[Item], Future[list[Result]]]],
        crashed: Callable[[Item], Result],
    ) -> list[Result]:
        batch, future = waiting.popleft()
        try:
            return future.result()
        except BrokenProcessPool:
            # Some item killed its worker, and with it the pool. Start again: this batch one by one, then the rest.
            results = [self._alone(work, item, crashed) for item in batch]
            pool = self._start()
            for index, (later, _broken) in enumerate(waiting):
                waiting[index] = (later, pool.submit(_work_through, work, later))
            return results

    def _alone(self, work: Callable[[Item], Result], item: Item, crashed: Callable[[Item], Result]) -> Result:
        try:
            with ProcessPoolExecutor(1, initializer=_begin, initargs=(os.getpid(),)) as pool:
                return pool.submit(work, item).result()
        except BrokenProcessPool:
            return crashed(item)

    def _start(self) -> ProcessPoolExecutor:
        self._pool = ProcessPoolExecutor(self._jobs, initializer=_begin, initargs=(os.getpid(),))
        self._pool.submit(os.getpid)  # forks all of them now
        return self._pool


def _work_through(work: Callable[[Item], Result], batch: list[Item]) -> list[Result]:
    return [work(item) for item in batch]


def _begin(parent: int) -> None:
    """Leave Ctrl-C to the parent, and end with it even when it is killed: an orphan would wait for ever."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _forget_connections()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


_inherited: list[object] = []


def _forget_connections() -> None:
    """Let this process open database connections of its own.

    What a fork copied (a restarted pool has open connections to copy) belongs to the parent: it is held here and never
    closed, because closing it here would end it there.
    """
    for open_in_parent in connections.all(initialized_only=True):
        pools = getattr(open_in_parent, "_connection_pools", {})
        _inherited.extend((open_in_parent, dict(pools)))
        pools.clear()
        del connections[open_in_parent.alias]
