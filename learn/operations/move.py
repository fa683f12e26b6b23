"""Moves everything from a SQLite database to PostgreSQL: table by table, row by row, and then compares all of it.

Rows stream from one driver into the other (COPY), so that memory does not grow with the library. All of it is one
transaction: a move that is stopped leaves PostgreSQL as it was.
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import zip_longest
from pathlib import Path
from typing import Any

import psycopg
from django.apps import apps
from django.core.management.color import no_style
from django.db import DatabaseError, connection, models, transaction

from learn import search
from learn.models import Article

Progress = Callable[[str, int], None]  # table, rows
Model = type[models.Model]

READ_AT_ONCE = 500  # rows


class MoveError(Exception):
    """Nothing was moved; the message says why and what to do."""


def move(
    path: Path, *, replace: bool = False, progress: Progress = lambda _table, _rows: None
) -> dict[str, int]:
    """Copy all rows of the SQLite database at `path` to the (migrated) PostgreSQL of DATABASE_URL.

    Returns the number of rows by table. Afterwards each row of each table is read from both and compared, to the
    microsecond. `replace` empties a database that holds articles; without it that is an error. `path` is only read, and
    as it was at one moment: editors may go on, but what they write after that is not moved.

    Raises MoveError.
    """
    if connection.vendor != "postgresql":
        raise MoveError("DATABASE_URL must name the PostgreSQL to move to.")
    if not path.is_file():
        raise MoveError(f"{path}: no such file. Give the file of the SQLite database.")
    with closing(
        sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    ) as source:
        try:
            source.execute("BEGIN")
            _check_migrations(source)
        except sqlite3.DatabaseError as error:
            raise MoveError(f"{path}: not a database of this site: {error}.") from error
        if Article.objects.exists() and not replace:
            raise MoveError(
                "The database at DATABASE_URL holds articles already. Give --replace to empty it first."
            )
        tables = list(_tables())
        with transaction.atomic():
            rows = _copy_all(source, tables, progress)
        search.rebuild()
    return rows


def _check_migrations(source: sqlite3.Connection) -> None:
    query = "SELECT app, name FROM django_migrations"
    with connection.cursor() as cursor:
        cursor.execute(query)
        here = set(cursor.fetchall())
    there = set(source.execute(query))
    if here != there:
        names = ", ".join(sorted(f"{app}.{name}" for app, name in here ^ there))
        raise MoveError(f"Run `manage.py migrate` on both databases first; one of them lacks {names}.")


def _tables() -> Iterator[Model]:
    """The models of all tables, each table once: also those between two models, and the history."""
    told: set[str] = set()
    for model in apps.get_models(include_auto_created=True):
        options = model._meta
        if options.managed and not options.proxy and options.db_table not in told:
            told.add(options.db_table)
            yield model


def _copy_all(source: sqlite3.Connection, tables: list[Model], progress: Progress) -> dict[str, int]:
    quoted = [connection.ops.quote_name(model._meta.db_table) for model in tables]
    rows = {}
    with connection.cursor() as cursor:
        # What triggers keep is in tables of its own, which are copied as well.
        for table in quoted:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(f"TRUNCATE {', '.join(quoted)}")
        for model in tables:
            rows[model._meta.db_table] = _copy(source, cursor, model)
            progress(model._meta.db_table, rows[model._meta.db_table])
        for model in tables:
            _compare(source, model)
        cursor.execute(
            "SET CONSTRAINTS ALL IMMEDIATE"
        )  # the foreign keys: a table with open ones cannot be altered
        for table in quoted:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        for statement in connection.ops.sequence_reset_sql(no_style(), tables):
            cursor.execute(statement)
        for table in quoted:
            cursor.execute(f"ANALYZE {table}")
    return rows


def _columns(model: Model) -> list[models.Field[Any, Any]]:
    return [field for field in model._meta.concrete_fields if not field.generated]


def _source_rows(source: sqlite3.Connection, model: Model) -> Iterator[tuple[Any, ...]]:
    columns = ", ".join(f'"{field.column}"' for field in _columns(model))
    order = model._meta.pk.column
    cursor = source.execute(f'SELECT {columns} FROM "{model._meta.db_table}" ORDER BY "{order}"')
    while rows := cursor.fetchmany(READ_AT_ONCE):
        yield from rows


def _copy(source: sqlite3.Connection, cursor: Any, model: Model) -> int:
    """Stream the rows of one table: PostgreSQL reads SQLite's texts of moments, truth values and JSON as they are."""
    table = model._meta.db_table
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in _columns(model))
    count = 0
    try:
        with cursor.copy(f"COPY {connection.ops.quote_name(table)} ({columns}) FROM STDIN") as copy:
            for row in _source_rows(source, model):
                copy.write_row(row)
                count += 1
    except (DatabaseError, psycopg.Error) as error:
        first = str(error).strip().splitlines()[0]
        raise MoveError(
            f"{table}, after row {count:,}: PostgreSQL refuses what SQLite holds: {first}."
        ) from error
    return count


def _compare(source: sqlite3.Connection, model: Model) -> None:
    """Read both tables in the order of their keys; raise MoveError at the first row that differs."""
    fields = _columns(model)
    table = model._meta.db_table
    tests = [_test(field) for field in fields]
    theirs, ours = _source_rows(source, model), _copied_rows(model)
    for number, (before, after) in enumerate(zip_longest(theirs, ours), 1):
        if before is None or after is None:
            raise MoveError(f"{table}: the number of rows differs from row {number:,} on.")
        for field, is_equal, value, copied in zip(fields, tests, before, after, strict=True):
            both = value is not None and copied is not None
            if not (is_equal(value, copied) if both else value is copied):
                raise MoveError(f"{table}, row {number:,}: {field.column} became {copied!r} of {value!r}.")


def _copied_rows(model: Model) -> Iterator[tuple[Any, ...]]:
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in _columns(model))
    pk = model._meta.pk
    # Texts in the order of their bytes, as SQLite has them.
    collation = ' COLLATE "C"' if isinstance(pk, models.CharField) else ""
    statement = (
        f"SELECT {columns} FROM {connection.ops.quote_name(model._meta.db_table)} "
        f"ORDER BY {connection.ops.quote_name(str(pk.column))}{collation}"
    )
    with connection.chunked_cursor() as cursor:  # stays on the server
        cursor.execute(statement)
        while rows := cursor.fetchmany(READ_AT_ONCE):
            yield from rows


def _test(field: models.Field[Any, Any]) -> Callable[[Any, Any], bool]:
    """What tells whether SQLite's value of `field` and psycopg's for PostgreSQL's are the same."""
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    if isinstance(field, models.DateTimeField):
        return lambda value, copied: dt.datetime.fromisoformat(value).replace(tzinfo=dt.UTC) == copied
    if isinstance(field, models.DateField):
        return lambda value, copied: dt.date.fromisoformat(value) == copied
    if isinstance(field, models.JSONField):
        return lambda value, copied: bool(json.loads(value) == json.loads(copied))
    return lambda value, copied: bool(value == copied)
