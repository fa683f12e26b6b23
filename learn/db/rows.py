"""Writes many rows of one model at little more than the cost of the database's own work.

`bulk_create` costs Django half a millisecond per article, several times what the database takes to store it: it makes
objects, prepares each of 50 columns by way of five methods, and compiles a statement for every 20 rows (SQLite takes
999 values at once). Here the statement is compiled once, and most values are passed as they are. psycopg's
COPY cannot update rows, and SQLite has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, islice
from typing import Any, TypeVar

from django.db import connections, models, router
from django.db.models.constants import OnConflict
from django.db.models.sql import InsertQuery, UpdateQuery
from django.utils import timezone

Row = Mapping[
    str, Any
]  # attribute of the model ("subject_id", not "subject") -> value; the rest is as by default


BATCH = 500  # rows or parameters in one statement: stays below SQLite's limit of variables
T = TypeVar("T")


def batched(items: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    """`items` in lists of `size`, the last one shorter. (`itertools.batched` came with Python 3.12.)"""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def insert(model: type[models.Model], rows: Sequence[Row]) -> None:
    """Insert `rows`. Automatic primary keys are the database's to choose."""
    _write(model, rows, {})


def upsert(
    model: type[models.Model], rows: Sequence[Row], unique_fields: Sequence[str], update_fields: Sequence[str]
) -> None:
    """Insert `rows`; where one with equal `unique_fields` is, set its `update_fields` instead."""
    field = model._meta.get_field
    conflict = {
        "on_conflict": OnConflict.UPDATE,
        "unique_fields": [field(name) for name in unique_fields],
        "update_fields": [field(name) for name in update_fields],
    }
    _write(model, rows, conflict)


def update(model: type[models.Model], rows: Sequence[Row], fields: Sequence[str]) -> None:
    """Set `fields` of the rows with these primary keys, which each of `rows` names as "pk"."""
    if not rows:
        return
    connection = connections[router.db_for_write(model)]
    by_name = {field.name: field for field in model._meta.concrete_fields}
    columns = [(by_name[name].attname, _adapter(by_name[name], connection.ops)) for name in fields]
    # Django's own UPDATE of one row, with places for the values of each.
    query = UpdateQuery(model)
    query.add_update_values(dict.fromkeys(fields))
    query.add_filter("pk", 0)  # type: ignore[arg-type]  # the types are of another version
    statement, _parameters = query.get_compiler(connection.alias).as_sql()
    statement = statement.replace("= NULL", "= %s")
    values = [
        [*(adapt(row[name]) if adapt else row[name] for name, adapt in columns), row["pk"]] for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(statement, values)


def analyze(*of_models: type[models.Model]) -> None:
    """Tell PostgreSQL's planner what these tables hold now, where much was written: autovacuum does a minute later.

    Until then it takes a table that was just filled for empty, and compares each row of one with all of another.
    SQLite's planner goes by the indexes alone.
    """
    connection = connections[router.db_for_write(of_models[0])]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for model in of_models:
                cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")


def row_of(instance: models.Model) -> Row:
    """The row that `instance` is."""
    return {field.attname: getattr(instance, field.attname) for field in _fields(type(instance))}


def _write(model: type[models.Model], rows: Sequence[Row], conflict: dict[str, Any]) -> None:
    if not rows:
        return
    using = router.db_for_write(model)
    connection = connections[using]
    fields = _fields(model)
    query = InsertQuery(model, **conflict)
    query.insert_values(fields, [model()])
    ((statement, _parameters),) = query.get_compiler(using=using).as_sql()
    columns = [(field.attname, field.get_default(), _adapter(field, connection.ops)) for field in fields]
    values = [
        [
            adapt(row.get(name, default)) if adapt else row.get(name, default)
            for name, default, adapt in columns
        ]
        for row in rows
    ]
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.executemany(statement, values)
            return
        # Triggers run once per statement there, with a copy of what it wrote: for one row they cost more than the row.
        places = f"({', '.join(['%s'] * len(fields))})"
        for together in batched(values):
            cursor.execute(
                statement.replace(places, ", ".join([places] * len(together)), 1),
                list(chain.from_iterable(together)),
            )


def _fields(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    options = model._meta
    return [
        field for field in options.concrete_fields if not field.generated and field is not options.auto_field
    ]


def _adapter(field: models.Field[Any, Any], operations: Any) -> Callable[[Any], Any] | None:
    """What makes of a value of `field` what the driver takes; None where it is that already: text, numbers, NULL."""
    if isinstance(field, models.DateTimeField):  # before DateField, which it also is
        adapt = lru_cache(maxsize=500)(operations.adapt_datetimefield_value)
        if field.auto_now or field.auto_now_add:
            now = timezone.now()
            return lambda value: adapt(value or now)
        return adapt
    if isinstance(field, models.DateField):
        return lru_cache(maxsize=500)(operations.adapt_datefield_value)
    if isinstance(field, models.JSONField):
        return lambda value: None if value is None else operations.adapt_json_value(value, field.encoder)
    return None
