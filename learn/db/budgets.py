"""Who asks the database: a reader, a search, an editor or a command; each waits as long as is right for it.

Set for each request by learn.middleware.budgets; whoever sets nothing is a command and waits for as long as it takes.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Budget:
    """What one kind of request may take. Seconds; None: no limit. `share` is of DATABASE_POOL_SIZE."""

    name: str
    share: float
    pool_wait: float  # for a free connection
    answer: float | None  # for the first answer on a connection: it is a small query, or the server hangs
    lock_factor: float | None  # times DATABASE_LOCK_TIMEOUT
    statement_factor: float | None  # times DATABASE_STATEMENT_TIMEOUT

    @property
    def size(self) -> int:
        return max(1, round(settings.DATABASE_POOL_SIZE * self.share))

    @property
    def lock_timeout(self) -> float | None:
        return None if self.lock_factor is None else settings.DATABASE_LOCK_TIMEOUT * self.lock_factor

    @property
    def statement_timeout(self) -> float | None:
        return (
            None
            if self.statement_factor is None
            else settings.DATABASE_STATEMENT_TIMEOUT * self.statement_factor
        )


READERS = Budget("readers", 1, pool_wait=0.9, answer=0.9, lock_factor=1, statement_factor=1)
SEARCH = Budget("search", 0.5, pool_wait=0.9, answer=0.9, lock_factor=1, statement_factor=1)
EDITORS = Budget("editors", 0.5, pool_wait=5, answer=0.9, lock_factor=10, statement_factor=6)
COMMANDS = Budget("commands", 1, pool_wait=30, answer=None, lock_factor=None, statement_factor=None)

_current: ContextVar[Budget] = ContextVar("budget", default=COMMANDS)
current = _current.get
use = _current.set
reset = _current.reset
