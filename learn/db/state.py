"""Tells in one small query whether anything that a public page shows has changed, in every process and machine.

A row of its own (`SiteState`) gets a new random `generation` in the same transaction as every change of a table that
pages show. Triggers of the database (learn.db.triggers) do it, so that no writer can forget it: not a bulk upsert, not
`QuerySet.update()`, not a statement typed into a database shell. A page made from rows that were read
*after* the generation may be cached for as long as the generation stays.

Time alone changes pages, too: a scheduled article falls due without a write. `SiteState` therefore comes with the
latest moments of publication and of expiry that have passed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import RawSQL
from django.utils import timezone

from .connection import connection_for_read

WRITE_LOCK = 0x4C6561726E  # the advisory lock under which PostgreSQL's writers write one after the other
# One text, so that it travels in one column: the generation, when it changed, and when an article last fell due.
# Costs one row and one entry of each of the indexes article_publish_at and article_expires.
STATE = """
    (SELECT generation || '|' || CAST(changed_at AS text) || '|' || COALESCE(CAST(
        (SELECT MAX(publish_at) FROM learn_article WHERE publish_at <= %s) AS text), '') || '|' || COALESCE(CAST(
        (SELECT MAX(expires) FROM learn_article WHERE status = 'published' AND expires <= %s) AS text), '')
        FROM learn_sitestate)
"""


@dataclass(frozen=True, slots=True)
class State:
    """The version of the library's content at a moment: equal states give equal pages."""

    key: str

    @property
    def changed_at(self) -> dt.datetime:
        """When the library last changed, by a write or because an article fell due or expired."""
        _generation, *moments = self.key.split("|")
        # SQLite stores no zone: Django keeps UTC there.
        return max(
            moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
            for moment in map(dt.datetime.fromisoformat, filter(None, moments))
        )


def read() -> State | None:
    """The present state, in one query; None where nothing was ever written."""
    connection = connection_for_read("SiteState")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {STATE}", [_moment(connection)] * 2)
        (key,) = cursor.fetchone()
    return State(key) if key else None


def annotation(now: dt.datetime | None = None) -> RawSQL:
    """The key of the state at `now` (by default this moment) as an expression, for a page that reads a row anyway."""
    return RawSQL(
        STATE, [_moment(connection_for_read("SiteState"), now)] * 2, output_field=models.TextField()
    )


def lock_writes() -> None:
    """Wait until no other transaction writes what pages show; call it first in one that locks rows before it writes.

    A transaction that holds rows (`select_for_update`) and then waits for the lock would block the one that holds it.
    Does nothing on SQLite, where a transaction begins by waiting for the others. Raises where no transaction is open.
    """
    connection = transaction.get_connection()
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(
            "the lock is held until the transaction ends: open one first"
        )
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WRITE_LOCK])


def _moment(connection: BaseDatabaseWrapper, now: dt.datetime | None = None) -> Any:
    return connection.ops.adapt_datetimefield_value(now or timezone.now())
