"""Reads, validates and renders files in worker processes; knows no database."""

from __future__ import annotations

import hashlib
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self

from learn import articles, documents, files
from learn.files.problems import Problem

from .sources import SourceFile

Work = Callable[[list[SourceFile]], "list[Loaded]"]

# Files in one piece of work, and articles in one transaction: some 0.1 s, so that an editor's save never waits long.
BATCH = 100
IN_FLIGHT = 3  # pieces per worker that may wait, so that memory does not grow with the source


@dataclass(slots=True)
class Loaded:
    """A file as the database will hold it. `values` is None where the file is rejected."""

    path: str
    problems: list[Problem]
    source_hash: str = ""
    url: str = ""
    subject_slug: str = ""
    slug: str = ""
    values: dict[str, Any] | None = None
    related: list[documents.Related] = field(default_factory=list)
    derived: dict[str, Any] = field(default_factory=dict)


def load(source: SourceFile, *, render: bool = True) -> Loaded:
    """Read, validate and (unless told otherwise) render one file; what is wrong is in `problems`, never raised."""
    try:
        data = source.file.read_bytes()
        document, problems = files.read_document(data, source.path)
    except OSError as error:
        return Loaded(source.path, [unreadable(source, error)])
    except files.DocumentError as error:
        return Loaded(source.path, error.problems)
    values = documents.row_values(document)
    derived = articles.derived_fields(document.question, document.answer) if render else {}
    for code, message in derived.get("render_problems", ()):
        line, column = files.key_position(data, "answer")
        problems.append(Problem(source.path, line, column, "warning", code, message))
    return Loaded(
        path=source.path,
        problems=problems,
        source_hash=content_hash(data),
        url=document.url,
        subject_slug=document.subject_slug,
        slug=document.slug,
        values=values,
        related=documents.related_values(document),
        derived=derived,
    )


def content_hash(data: bytes) -> str:
    """SHA-256 of a file's bytes: what decides whether it changed since its last import."""
    return hashlib.sha256(data).hexdigest()


def unreadable(source: SourceFile, error: OSError) -> Problem:
    return Problem(source.path, 1, 1, "error", "unreadable", f"cannot read the file: {error.strerror}.")


class Workers:
    """Loads files in `jobs` processes; with one job, or few files, in this process.

    Use as a context manager, and enter it before the database is touched: the workers are forked.
    """

    def __init__(self, jobs: int, file_count: int) -> None:
        self._jobs = jobs if file_count > BATCH else 1
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        if self._jobs > 1:
            self._start()
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._pool:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def _start(self) -> ProcessPoolExecutor:
        self._pool = ProcessPoolExecutor(self._jobs, initializer=_begin_work, initargs=(os.getpid(),))
        self._pool.submit(os.getpid)  # forks all of them now
        return self._pool

    def load(self, sources: Iterable[SourceFile], *, render: bool = True) -> Iterator[list[Loaded]]:
        """Yield the loaded files in the order of `sources`, in batches. A file that kills a worker is rejected."""
        work = partial(_load_batch, render=render)
        if self._pool is None:
            yield from map(work, _batches(sources))
            return
        waiting: deque[tuple[list[SourceFile], Future[list[Loaded]]]] = deque()
        for batch in _batches(sources):
            waiting.append((batch, self._pool.submit(work, batch)))
            if len(waiting) >= self._jobs * IN_FLIGHT:
                yield self._next_result(waiting, work)
        while waiting:
            yield self._next_result(waiting, work)

    def _next_result(
        self, waiting: deque[tuple[list[SourceFile], Future[list[Loaded]]]], work: Work
    ) -> list[Loaded]:
        batch, future = waiting.popleft()
        try:
            return future.result()
        except BrokenProcessPool:
            # Some file killed its worker, and with it the pool. Start anew: this batch file by file, then the rest.
            loaded = [self._load_alone(source, work) for source in batch]
            pool = self._start()
            for index, (later, _broken) in enumerate(waiting):
                waiting[index] = (later, pool.submit(work, later))
            return loaded

    def _load_alone(self, source: SourceFile, work: Work) -> Loaded:
        try:
            with self._start() as pool:
                return pool.submit(work, [source]).result()[0]
        except BrokenProcessPool:
            message = "the process that read this file ended abruptly. Look for extreme nesting or size."
            return Loaded(source.path, [Problem(source.path, 1, 1, "error", "crash", message)])


def _load_batch(batch: list[SourceFile], *, render: bool) -> list[Loaded]:
    return [load(source, render=render) for source in batch]


def _batches(sources: Iterable[SourceFile]) -> Iterator[list[SourceFile]]:
    batch: list[SourceFile] = []
    for source in sources:
        batch.append(source)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _begin_work(parent: int) -> None:
    """Leave Ctrl-C to the parent, and end with it even when it is killed: an orphan would wait for ever."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
