"""How many articles each subject shows, kept as a number: a million rows are counted in no request.

Triggers of the database keep the tallies (`Tally`), in the transaction that writes the articles, so that no writer can
forget to. Time alone publishes articles, too: a tally counts the scheduled ones, and whoever reads it takes those away
that are not due yet. They are few, and the index article_publish_at finds them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.apps import AppConfig
from django.db import connections, router, transaction
from django.utils import timezone

from .models import Article, Subject, Tally

# What a row adds to its subject's tally: the conditions of ArticleQuerySet.listable() and indexable(), but for time.
_LISTABLE = "CAST({row}.status = 'published' AND NOT {row}.no_index AS integer)"
_INDEXABLE = "CAST({row}.status = 'published' AND {row}.is_indexable AS integer)"
_COLUMNS = ("subject_id", "status", "no_index", "is_indexable")

_ADD = """
    INSERT INTO learn_tally (subject_id, listable, indexable)
    SELECT subject_id, SUM(listable), SUM(indexable) FROM ({rows}) counted WHERE true
    GROUP BY subject_id HAVING SUM(listable) <> 0 OR SUM(indexable) <> 0 ORDER BY subject_id
    ON CONFLICT (subject_id) DO UPDATE SET
        listable = learn_tally.listable + excluded.listable, indexable = learn_tally.indexable + excluded.indexable
"""
# The plus signs keep SQLite, which knows nothing of how few are due later, from walking through a subject for it.
_READ = """
    SELECT t.subject_id, t.listable - COALESCE(later.listable, 0), t.indexable - COALESCE(later.indexable, 0)
    FROM learn_tally t LEFT JOIN (
        SELECT +subject_id AS subject_id, SUM({listable}) AS listable, SUM({indexable}) AS indexable
        FROM learn_article WHERE publish_at > %s GROUP BY +subject_id
    ) later ON later.subject_id = t.subject_id
""".format(listable=_LISTABLE.format(row="learn_article"), indexable=_INDEXABLE.format(row="learn_article"))


class Counts(NamedTuple):
    """How many articles `listable()` and `indexable()` of a subject hold."""

    listable: int
    indexable: int


NONE = Counts(0, 0)


def of_subjects(at: dt.datetime | None = None) -> dict[int, Counts]:
    """The counts of each subject with articles, by its key, at a moment (None: now). One query."""
    return {subject: Counts(*counts) for subject, *counts in _read(_READ, [], at)}


def of_subject(pk: int, at: dt.datetime | None = None) -> Counts:
    """The counts of one subject. One query."""
    return next(
        (Counts(*counts) for _pk, *counts in _read(f"{_READ} WHERE t.subject_id = %s", [pk], at)), NONE
    )


def with_counts(subjects: Iterable[Subject]) -> list[Subject]:
    """`subjects`, each with `article_count`: how many articles its list holds. One query more."""
    counts = of_subjects()
    counted = list(subjects)
    for subject in counted:
        subject.article_count = counts.get(subject.pk, NONE).listable
    return counted


def _read(statement: str, parameters: list[Any], at: dt.datetime | None) -> list[tuple[int, int, int]]:
    connection = connections[router.db_for_read(Article)]
    moment = connection.ops.adapt_datetimefield_value(at or timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(statement, [moment, *parameters])
        return list(cursor.fetchall())


def set_up(sender: AppConfig, using: str, **_kwargs: Any) -> None:  # noqa: ARG001 the signal names its sender
    """Receiver of post_migrate: make the triggers, and count once.

    After every migration rather than by one: SQLite drops a table's triggers whenever a migration rebuilds the table,
    and migrations write past them.
    """
    connection = connections[using]
    if not router.allow_migrate_model(using, Tally):
        return
    if Tally._meta.db_table not in connection.introspection.table_names():
        return  # migrated back to before it existed
    with transaction.atomic(using=using), connection.cursor() as cursor:
        for statement in _triggers(connection.vendor):
            cursor.execute(statement)
        cursor.execute("DELETE FROM learn_tally")
        cursor.execute(_ADD.format(rows=_rows("learn_article", source="learn_article")))


def _rows(row: str, *, source: str = "", sign: str = "") -> str:
    """What `row` (or each row of the table `source`) adds, or, with the sign -, takes away."""
    columns = (
        f"SELECT {row}.subject_id AS subject_id, {sign}{_LISTABLE.format(row=row)} AS listable, "
        f"{sign}{_INDEXABLE.format(row=row)} AS indexable"
    )
    return f"{columns} FROM {source}" if source else columns


def _triggers(vendor: str) -> Iterator[str]:
    """SQL that makes the triggers. On PostgreSQL one per statement: an import writes hundreds of rows at once.

    A row that goes takes away only from a tally that is there, so that a table may be emptied in any order.
    """
    if vendor != "postgresql":
        removed = (
            f"UPDATE learn_tally SET listable = listable - {_LISTABLE.format(row='old')}, "
            f"indexable = indexable - {_INDEXABLE.format(row='old')} WHERE subject_id = old.subject_id"
        )
        both = f"{_rows('old', sign='-')} UNION ALL {_rows('new')}"
        changed = " OR ".join(f"old.{name} IS NOT new.{name}" for name in _COLUMNS)
        bodies = {
            "insert": ("AFTER INSERT", _ADD.format(rows=_rows("new"))),
            "delete": ("AFTER DELETE", removed),
            "update": (f"AFTER UPDATE OF {', '.join(_COLUMNS)}", _ADD.format(rows=both)),
        }
        for event, (when, body) in bodies.items():
            guard = f" WHEN {changed}" if event == "update" else ""
            yield f"DROP TRIGGER IF EXISTS learn_tally_{event}"
            yield f"CREATE TRIGGER learn_tally_{event} {when} ON learn_article{guard} BEGIN {body}; END"
        return
    removed = f"""
        UPDATE learn_tally SET listable = learn_tally.listable - gone.listable,
            indexable = learn_tally.indexable - gone.indexable
        FROM (SELECT subject_id, SUM(listable) AS listable, SUM(indexable) AS indexable
            FROM ({_rows("was", source="before was")}) counted GROUP BY subject_id) gone
        WHERE learn_tally.subject_id = gone.subject_id
    """
    both = f"{_rows('was', source='before was', sign='-')} UNION ALL {_rows('became', source='after became')}"
    statements = {
        "insert": ("NEW TABLE AS after", _ADD.format(rows=_rows("became", source="after became"))),
        "delete": ("OLD TABLE AS before", removed),
        "update": ("OLD TABLE AS before NEW TABLE AS after", _ADD.format(rows=both)),
    }
    for event, (tables, statement) in statements.items():
        yield (
            f"CREATE OR REPLACE FUNCTION learn_tally_{event}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {statement}; RETURN NULL; END $$"
        )
        yield (
            f"CREATE OR REPLACE TRIGGER learn_tally_{event} AFTER {event} ON learn_article "
            f"REFERENCING {tables} FOR EACH STATEMENT EXECUTE FUNCTION learn_tally_{event}()"
        )
