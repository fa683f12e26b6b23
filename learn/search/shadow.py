"""Makes the search index of PostgreSQL anew beside the one that answers, and then puts it in its place.

What a search or a page holds is never waited for with a long lock in hand:

- The new table is filled without any lock that a reader or an editor would notice.
- What is written meanwhile is noted in learn_search_pending by the triggers, and taken over in rounds.
- The last round and the swap are one transaction of some milliseconds. It takes its locks in one order, first the
  turn of the writers (learn.db.state), then the table of the index, waits for each no longer than LOCK_TIMEOUT, and
  begins again where it did not get one. learn_article itself is only read.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.db import OperationalError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper as Connection
from django.db.backends.utils import CursorWrapper as Cursor

from learn.db.state import WRITE_LOCK

T = TypeVar("T")

SHADOW = "learn_search_shadow"
PENDING = "learn_search_pending"
# Numbered in the order of commits, because whoever writes articles waits for the others (WRITE_LOCK).
PENDING_TABLE = f"""
    CREATE TABLE IF NOT EXISTS {PENDING} (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, article_id bigint NOT NULL
    )
"""
DEFERRED = "learn.search_deferred"  # a setting of the session: its changes are indexed later
REBUILD_LOCK = 0x4C656172_6F  # the advisory lock of whoever makes the index anew
LOCK_TIMEOUT = 200  # milliseconds that a reader may wait behind the swap
PAUSE = 0.25  # seconds, on average, until the next attempt
ATTEMPTS = 150  # about a minute of them
RETRIED = ("55P03", "40P01")  # SQLSTATE: lock not available, deadlock detected
FEW = 100  # changed articles that the swap itself may take over
CHUNK = 200  # articles indexed in one transaction


def briefly(connection: Connection, work: Callable[[Cursor], T]) -> T:
    """Run `work` in a transaction that waits for no lock longer than LOCK_TIMEOUT, in the turn of the writers.

    Begins again where a lock was not to be had; raises OperationalError after a minute of that.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WRITE_LOCK])
                cursor.execute(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT}")
                result = work(cursor)
                cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
                return result
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) not in RETRIED or attempt == ATTEMPTS:
                raise
        time.sleep(random.uniform(0, 2 * PAUSE))  # noqa: S311 not for secrets
    raise AssertionError("unreachable")


@contextmanager
def only_rebuild(connection: Connection) -> Iterator[None]:
    """Wait until no other process makes the index anew, and keep others from it."""
    with connection.cursor() as cursor:
        if connection.in_atomic_block:  # it ends with the transaction, whatever becomes of that
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [REBUILD_LOCK])
            yield
            return
        cursor.execute("SELECT pg_advisory_lock(%s)", [REBUILD_LOCK])
    try:
        yield
    finally:
        if connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [REBUILD_LOCK])


def defer(connection: Connection, *, is_on: bool) -> None:
    """Note what this session writes instead of indexing it, or end that."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, false)", [DEFERRED, "on" if is_on else "off"])


def is_settled(cursor: Cursor) -> bool:
    """Whether nothing waits to be indexed, in no session, and no table is being filled."""
    cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [PENDING])
    if cursor.fetchone() != (True,):
        return False
    cursor.execute(
        f"SELECT NOT EXISTS (SELECT FROM {PENDING}) AND to_regclass(%s) IS NULL "
        "AND current_setting(%s, true) IS DISTINCT FROM 'on'",
        [SHADOW, DEFERRED],
    )
    return bool(cursor.fetchone() == (True,))


def is_mostly_pending(connection: Connection) -> bool:
    """Whether the index is cheaper to make anew than to bring up to date; so after a rebuild that was killed."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT to_regclass(%s) IS NOT NULL OR "
            f"(SELECT COUNT(*) FROM {PENDING}) * 4 > (SELECT COUNT(*) FROM learn_article)",
            [SHADOW],
        )
        return bool(cursor.fetchone() == (True,))


def index_pending(connection: Connection, vectors: str) -> None:
    """Index what was noted, a few articles in a transaction. `vectors`: the row of the index for `article`, in SQL."""

    def step(cursor: Cursor) -> int:
        cursor.execute(
            f"WITH taken AS (DELETE FROM {PENDING} WHERE id IN "
            f"(SELECT id FROM {PENDING} ORDER BY id LIMIT {CHUNK}) RETURNING article_id) "
            "SELECT COALESCE(array_agg(DISTINCT article_id), '{}') FROM taken"
        )
        (keys,) = cursor.fetchone()
        _replace(cursor, "learn_search", keys, vectors)
        return len(keys)

    while briefly(connection, step):
        pass


def rebuild(
    connection: Connection, *, table: str, index: str, vectors: str, finish: Callable[[Cursor], None]
) -> None:
    """Fill a new learn_search and put it in place of the one that answers. Call it within `only_rebuild`.

    `table` is the statement that makes a table of the name {name}, `index` what follows CREATE INDEX {name} ON {name},
    `vectors` the row for `article`; `finish` ends the transaction of the swap.
    """
    last = briefly(connection, lambda cursor: _begin(cursor, table))
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {SHADOW} SELECT {vectors} FROM learn_article article")
        cursor.execute(f"CREATE INDEX {SHADOW}_words ON {SHADOW} {index}")
        cursor.execute(f"ANALYZE {SHADOW}")
    for _round in range(10):
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            last, changed = _catch_up(cursor, last, vectors)
        if changed < FEW:
            break

    def swap(cursor: Cursor) -> None:
        _catch_up(cursor, last, vectors)
        cursor.execute(f"DELETE FROM {PENDING}")
        cursor.execute("DROP TABLE IF EXISTS learn_search")
        cursor.execute(f"ALTER TABLE {SHADOW} RENAME TO learn_search")
        cursor.execute(f"ALTER INDEX {SHADOW}_pkey RENAME TO learn_search_pkey")
        cursor.execute(f"ALTER INDEX {SHADOW}_words RENAME TO learn_search_words")
        finish(cursor)

    briefly(connection, swap)


def _begin(cursor: Cursor, table: str) -> int:
    """Make the empty table; return the number of the last note that it needs not be told of.

    In the turn of the writers: who wrote before has committed and is read, who writes from now on sees the table.
    """
    cursor.execute(f"DROP TABLE IF EXISTS {SHADOW}")
    cursor.execute(table.format(name=SHADOW))
    cursor.execute(f"SELECT COALESCE(MAX(id), 0) FROM {PENDING}")
    (last,) = cursor.fetchone()
    return int(last)


def _catch_up(cursor: Cursor, last: int, vectors: str) -> tuple[int, int]:
    """Take over what was noted after `last`; return the number of the last note, and how many articles it were."""
    cursor.execute(
        f"SELECT COALESCE(MAX(id), %s), COALESCE(array_agg(DISTINCT article_id), '{{}}') FROM {PENDING} WHERE id > %s",
        [last, last],
    )
    last, keys = cursor.fetchone()
    _replace(cursor, SHADOW, keys, vectors)
    return last, len(keys)


def _replace(cursor: Cursor, table: str, keys: list[int], vectors: str) -> None:
    if keys:
        cursor.execute(f"DELETE FROM {table} WHERE article_id = ANY(%s)", [keys])
        cursor.execute(
            f"INSERT INTO {table} SELECT {vectors} FROM learn_article article WHERE article.id = ANY(%s)",
            [keys],
        )
