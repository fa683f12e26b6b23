"""Worker processes: results in order, bounded memory, and an item that crashes its process costs only itself.

The pool is the standard library's, which by itself neither bounds what waits nor outlives an item that ends a process.
"""

from __future__ import annotations

import os
import signal
import stat
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import wait as connection_wait
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

from django.db import connection, connections

Item = TypeVar("Item")
Result = TypeVar("Result")

# Items in one piece of work, and rows in one transaction: some 0.1 s, so that an editor's save never waits long.
BATCH = 100
IN_FLIGHT = 3  # batches per worker that may wait, so that memory does not grow with the work
TRIES = (
    2  # of an item whose process ended: it may have been ended from outside, for want of memory for instance
)
SECONDS_BETWEEN_LOOKS = 0.5  # whether the parent is still there
END_TIMEOUT = 10.0  # seconds for a batch that is not wanted any more
NICENESS = 5  # readers come first: on a full machine a page is made before the next batch


def available_cores() -> int:
    """The cores that this process may use, which in a container are fewer than the machine's."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Workers:
    """Runs a function over items in `jobs` processes (None: one per core); few items, or one job, in this process.

    Use as a context manager. `item_count` says how many items there are (None: many). `batch` items travel together: 1
    for large ones, of which `item_count` counts the parts.

    A worker begins without the connections and locks of its parent: it may open a database connection of its own, and
    it ends with the parent, however that ends. A worker that dies is replaced.
    """

    def __init__(self, jobs: int | None, item_count: int | None = None, batch: int | None = None) -> None:
        self._batch = batch or BATCH
        is_small = item_count is not None and item_count <= BATCH
        # What an open transaction wrote, nobody else sees yet.
        self._jobs = 1 if is_small or connection.in_atomic_block else jobs or available_cores()
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        if self._jobs > 1:
            connections.close_all()
            self._start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes, and give back their memory; what is still to be done is done in this one."""
        if self._pool:
            _end(self._pool)
            self._pool = None

    def map(
        self, work: Callable[[Item], Result], items: Iterable[Item], crashed: Callable[[Item], Result]
    ) -> Iterator[list[Result]]:
        """Yield `work(item)` for all items, in their order, in batches.

        `work` is pickled: a function of a module, or a partial of one. An item whose process ends abruptly is tried
        once more; where it does so again, its result is `crashed(item)`. Raises what `work` raises.
        """
        remaining = iter(items)
        batches = iter(lambda: list(islice(remaining, self._batch)), [])
        if self._pool is None:
            yield from (_work_through(work, batch) for batch in batches)
            return
        waiting: deque[_Piece[Item, Result]] = deque()
        for batch in batches:
            waiting.append(self._submit(work, batch))
            if len(waiting) >= self._jobs * IN_FLIGHT:
                yield self._next(work, waiting, crashed)
        while waiting:
            yield self._next(work, waiting, crashed)

    def _submit(self, work: Callable[[Item], Result], batch: list[Item]) -> _Piece[Item, Result]:
        """Hand a batch to the pool; to a new one where a worker just died."""
        while True:
            pool = self._pool or self._start()
            try:
                return _Piece(batch, pool.submit(_work_through, work, batch), pool)
            except BrokenProcessPool:
                self._replace(pool)

    def _next(
        self,
        work: Callable[[Item], Result],
        waiting: deque[_Piece[Item, Result]],
        crashed: Callable[[Item], Result],
    ) -> list[Result]:
        piece = waiting.popleft()
        try:
            return _result(piece.future, piece.pool)
        except BrokenProcessPool:
            # Some item killed its worker, and with it the pool. This batch one by one, the rest in a new pool.
            self._replace(piece.pool)
            results = _one_by_one(work, piece.batch, crashed)
            for index, later in enumerate(waiting):
                if later.pool is piece.pool and later.is_lost:
                    waiting[index] = self._submit(work, later.batch)
            return results

    def _replace(self, broken: ProcessPoolExecutor) -> None:
        if self._pool is broken:
            _end(broken)
            self._pool = None
            self._start()

    def _start(self) -> ProcessPoolExecutor:
        self._pool = _new_pool(self._jobs)
        return self._pool


@dataclass(frozen=True, slots=True)
class _Piece(Generic[Item, Result]):
    batch: list[Item]
    future: Future[list[Result]]
    pool: ProcessPoolExecutor

    @property
    def is_lost(self) -> bool:
        """Whether no result will come, as the pool broke."""
        done = self.future.done() and not self.future.cancelled()
        return not done or isinstance(self.future.exception(), BrokenProcessPool)


def _new_pool(jobs: int) -> ProcessPoolExecutor:
    pool = ProcessPoolExecutor(jobs, initializer=_begin, initargs=(os.getpid(),))
    pool.submit(os.getpid)  # forks all of them now
    return pool


def _end(pool: ProcessPoolExecutor) -> None:
    """End a pool whose results are here, or not wanted, and wait until its processes have ended.

    The pool itself would wait for ever for one that does not end, as where another was killed that held the lock of the
    queue: nobody is told to end then.
    """
    left = {worker.sentinel: worker for worker in (pool._processes or {}).values()}  # noqa: SLF001
    manager: Any = pool._executor_manager_thread  # noqa: SLF001 the pool names neither elsewhere
    pool.shutdown(wait=False, cancel_futures=True)
    deadline = time.monotonic() + END_TIMEOUT
    while left and (seconds := deadline - time.monotonic()) > 0:
        for ended in connection_wait(list(left), seconds):
            del left[ended]  # type: ignore[arg-type]
    for worker in left.values():
        worker.kill()
    if manager:
        manager.join(END_TIMEOUT)  # it closes the pipes, which the processes of the next pool would hold open


def _result(future: Future[Result], pool: ProcessPoolExecutor) -> Result:
    """The result of `future`. Raises what its work raises, and BrokenProcessPool where a worker of its pool ended.

    A worker that is killed while it sends leaves half a result, and the lock that the others need to send theirs: the
    pool reads on for ever. Its other workers are ended then, and the reading with them
    (https://github.com/python/cpython/issues/66587).
    """
    was_dead = False
    while not wait([future], SECONDS_BETWEEN_LOOKS).done:
        workers = list((pool._processes or {}).values())  # noqa: SLF001 the pool names them nowhere else
        is_dead = not workers or bool(connection_wait([worker.sentinel for worker in workers], 0))
        if is_dead and was_dead:  # and the pool did not notice in between
            for worker in workers:
                worker.kill()
            queue: Any = pool._result_queue  # noqa: SLF001
            if queue is not None:
                queue._writer.close()  # noqa: SLF001 nobody holds it now: who reads finds the end
            if not wait([future], END_TIMEOUT).done:
                raise BrokenProcessPool("the pool does not tell what became of its work")
        was_dead = is_dead
    return future.result()


def _one_by_one(
    work: Callable[[Item], Result], batch: list[Item], crashed: Callable[[Item], Result]
) -> list[Result]:
    """The results of a batch in which some item may kill its process, in a process of their own."""
    results: list[Result] = []
    pool = _new_pool(1)
    try:
        for item in batch:
            for attempt in range(1, TRIES + 1):
                try:
                    results.append(_result(pool.submit(work, item), pool))
                    break
                except BrokenProcessPool:
                    _end(pool)
                    pool = _new_pool(1)
                    if attempt == TRIES:
                        results.append(crashed(item))
    finally:
        _end(pool)
    return results


def _work_through(work: Callable[[Item], Result], batch: list[Item]) -> list[Result]:
    return [work(item) for item in batch]


def _begin(parent: int) -> None:
    """Leave Ctrl-C to the parent, and end with it even when it is killed: an orphan would wait for ever."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.nice(NICENESS)
    _leave_connections()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(SECONDS_BETWEEN_LOOKS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


_inherited: list[object] = []  # never collected: to close one would end the parent's session, or its locks


def _leave_connections() -> None:
    """Forget the parent's database connections, and hold none of their sockets open.

    A server takes a session for alive, with its locks, as long as any process holds the socket.
    """
    for own in connections.all(initialized_only=True):
        _inherited.append(own)
        pools = getattr(own, "_connection_pools", None)
        if pools:
            _inherited.append(dict(pools))
            pools.clear()
        del connections[own.alias]
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in _open_descriptors():
        try:
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                os.dup2(nowhere, descriptor)
        except OSError:
            continue  # the one that listed them
    os.close(nowhere)


def _open_descriptors() -> list[int]:
    """All but standard input and output, where the system lists them."""
    try:
        names = [path.name for path in Path("/dev/fd").iterdir()]
    except OSError:
        return []
    return [int(name) for name in names if int(name) > 2]
