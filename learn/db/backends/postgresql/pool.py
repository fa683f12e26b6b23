"""Connections to PostgreSQL that are kept open, with a limit of their own for each kind of request.

Why not psycopg's pool: it connects in threads of its own, which wait ever longer between attempts, so that the first
requests after an outage still fail; and it asks the server before each use whether it is there, which costs as much as
the query of a kept page. Here who needs a connection opens it, and one that the server closed is told by its socket.
"""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
from django.db import OperationalError
from psycopg import errors, pq

from learn.db import availability
from learn.db.budgets import Budget

CONNECT_TIMEOUT = 0.9  # seconds; libpq itself would not wait less than 2
MARGIN = 0.5  # seconds after the server's own limit, in which its answer may arrive
# A server that restarts is away for some tenths of a second: worth waiting for, but only if it was there just before.
RESTART = 0.8  # seconds
JUST_BEFORE = 3.0


class Connection(psycopg.Connection[Any]):
    """A connection that gives up when the server says nothing: its own timeouts need a server that runs."""

    patience: float | None = None
    first_patience: float | None = None

    def wait(self, gen: Any, *args: Any, **kwargs: Any) -> Any:
        patience = self.first_patience or self.patience
        if patience is None:
            return super().wait(gen, *args, **kwargs)
        if self.first_patience:
            try:
                step = next(gen)
            except StopIteration as done:
                return done.value  # nothing was asked, as where `autocommit` is set to what it is
            gen = _resumed(gen, step)
            self.first_patience = None
        try:
            return super().wait(gen, *args, **{"timeout": patience, **kwargs})
        except errors._WaitTimeout as error:  # noqa: SLF001 what `wait` documents
            availability.note_failure()
            self.pgconn.finish()
            raise psycopg.OperationalError(f"the server did not answer in {patience:.1f} s") from error

    @classmethod
    def _connect_gen(cls, conninfo: str = "") -> Any:
        """psycopg's steps to a connection, ended after CONNECT_TIMEOUT: it is asked every tenth of a second."""
        deadline = time.monotonic() + CONNECT_TIMEOUT
        steps = super()._connect_gen(conninfo)

        def give_up_late() -> None:
            if time.monotonic() > deadline:
                raise errors.ConnectionTimeout(f"the server did not answer in {CONNECT_TIMEOUT:.1f} s")

        return (yield from _resumed(steps, next(steps), give_up_late))


class Pool:
    """At most `budget.size` connections of one kind. What it offers is what Django asks of psycopg's pool."""

    def __init__(
        self, budget: Budget, parameters: dict[str, Any], configure: Callable[[Any], object]
    ) -> None:
        self.budget, self._configure = budget, configure
        self._parameters = {**parameters, "autocommit": True, "options": _options(budget, parameters)}
        self._free = threading.BoundedSemaphore(budget.size)
        self._idle: list[
            Connection
        ] = []  # the last one used comes first: the others may be closed by the server
        self._last_answer = float("-inf")

    def open(self) -> None:
        """Nothing to do: a connection is opened by who needs it."""

    def getconn(self) -> Connection:
        """A connection that works as far as can be told without asking. Raises OperationalError."""
        if not self._free.acquire(timeout=self.budget.pool_wait):
            raise OperationalError(f"all {self.budget.size} connections for {self.budget.name} are in use")
        try:
            connection = self._usable() or self._connect()
        except BaseException:
            self._free.release()
            raise
        connection.first_patience = self.budget.answer
        return connection

    def putconn(self, connection: Connection) -> None:
        """Take a connection back, or close it where it is in the middle of something."""
        try:
            status = connection.pgconn.transaction_status
            if status in (pq.TransactionStatus.INTRANS, pq.TransactionStatus.INERROR):
                connection.rollback()
            if connection.closed or connection.pgconn.transaction_status != pq.TransactionStatus.IDLE:
                connection.close()
            else:
                self._last_answer = time.monotonic()
                self._idle.append(connection)
        except psycopg.Error:
            connection.close()
        finally:
            self._free.release()

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _usable(self) -> Connection | None:
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return None
            if not _has_word_from_server(connection):
                return connection
            connection.close()

    def _connect(self) -> Connection:
        now = time.monotonic()
        until = now + RESTART if now - self._last_answer < JUST_BEFORE else now
        while True:
            try:
                connection = Connection.connect(**self._parameters)
                break
            except psycopg.OperationalError as error:
                if time.monotonic() >= until or "did not answer" in str(error):
                    availability.note_failure()
                    raise
                time.sleep(0.05)
        statement = self.budget.statement_timeout
        connection.patience = None if statement is None else statement + MARGIN
        pooled: Any = connection  # psycopg's own pool may be installed or not: its types differ
        pooled._pool = self  # noqa: SLF001 where Django looks for it
        self._configure(connection)
        self._last_answer = time.monotonic()
        return connection


def _resumed(steps: Any, step: Any, before_each: Callable[[], object] = lambda: None) -> Any:
    """Go on with psycopg's `steps`, of which the first, `step`, was taken."""
    while True:
        ready = yield step
        before_each()
        try:
            step = steps.send(ready)
        except StopIteration as done:
            return done.value


def _has_word_from_server(connection: Connection) -> bool:
    """Whether the server said something unasked: that it ends the session. Costs no question."""
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _options(budget: Budget, parameters: dict[str, Any]) -> str:
    """The timeouts of the session, in milliseconds, for libpq; those of DATABASE_URL come last and win."""
    limits = {"statement_timeout": budget.statement_timeout, "lock_timeout": budget.lock_timeout}
    ours = [f"-c {name}={seconds * 1000:.0f}" for name, seconds in limits.items() if seconds is not None]
    return " ".join([*ours, str(parameters.get("options", ""))]).strip()
