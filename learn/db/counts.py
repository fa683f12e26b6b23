"""How many articles each subject shows, stored as numbers, so that no request counts a million rows.

Triggers (learn.db.triggers) keep the rows of `SubjectCount`, in the transaction that writes the articles, so that no
writer can bypass them. Time alone publishes articles, too, and takes them down: a row counts the scheduled ones and
those that expired since publish_due last ran, and a reader subtracts them. They are few, and the indexes
article_publish_at and article_expires find them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from .connection import connection_for_read

if TYPE_CHECKING:
    from learn.models import Subject

# What an article adds to the counts: the conditions of ArticleQuerySet.listable() and indexable(), but for time.
LISTABLE = "CAST({row}.status = 'published' AND NOT {row}.no_index AS integer)"
INDEXABLE = "CAST({row}.status = 'published' AND {row}.is_indexable AS integer)"

_ADD = """
    INSERT INTO learn_tally (subject_id, listable, indexable)
    SELECT subject_id, SUM(listable), SUM(indexable) FROM ({rows}) counted WHERE true
    GROUP BY subject_id HAVING SUM(listable) <> 0 OR SUM(indexable) <> 0 ORDER BY subject_id
    ON CONFLICT (subject_id) DO UPDATE SET
        listable = learn_tally.listable + excluded.listable, indexable = learn_tally.indexable + excluded.indexable
"""
# The plus signs keep SQLite, which knows nothing of how few are due later, from walking through a subject for it.
_READ = """
    SELECT t.subject_id, t.listable - COALESCE(hidden.listable, 0), t.indexable - COALESCE(hidden.indexable, 0)
    FROM learn_tally t LEFT JOIN (
        SELECT +subject_id AS subject_id, SUM({listable}) AS listable, SUM({indexable}) AS indexable
        FROM learn_article WHERE publish_at > %s OR (status = 'published' AND expires <= %s) GROUP BY +subject_id
    ) hidden ON hidden.subject_id = t.subject_id
""".format(listable=LISTABLE.format(row="learn_article"), indexable=INDEXABLE.format(row="learn_article"))


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


def recount(pk: int, connection: BaseDatabaseWrapper) -> None:
    """Count the articles of one subject anew, into the row that it has."""
    sums = ", ".join(
        f"{name} = (SELECT COALESCE(SUM({condition.format(row='learn_article')}), 0) FROM learn_article "
        "WHERE learn_article.subject_id = learn_tally.subject_id)"
        for name, condition in (("listable", LISTABLE), ("indexable", INDEXABLE))
    )
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE learn_tally SET {sums} WHERE subject_id = %s", [pk])


def _read(statement: str, parameters: list[Any], at: dt.datetime | None) -> list[tuple[int, int, int]]:
    connection = connection_for_read("SubjectCount")
    moment = connection.ops.adapt_datetimefield_value(at or timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(statement, [moment, moment, *parameters])
        return list(cursor.fetchall())


def add(counted: str) -> str:
    """SQL that adds to learn_tally what the query `counted` (see `rows`) gives."""
    return _ADD.format(rows=counted)


def rows(row: str, *, source: str = "", sign: str = "") -> str:
    """SQL for what `row` (or each row of the table `source`) adds, or, with the sign -, takes away."""
    columns = (
        f"SELECT {row}.subject_id AS subject_id, {sign}{LISTABLE.format(row=row)} AS listable, "
        f"{sign}{INDEXABLE.format(row=row)} AS indexable"
    )
    return f"{columns} FROM {source}" if source else columns
