"""Rows for a schema of any age: one more in each table of the application, from nothing but its models."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from itertools import count
from typing import Any

from django.db.models import NOT_PROVIDED, Field, Model, fields
from django.utils import timezone

_numbers = count(1)
# Triggers write these; a row where one is, is not added to.
DERIVED = {
    "learn_sitestate",
    "learn_tally",
    "learn_subjecttorelate",
    "learn_articletorelate",
    "learn_articletoplace",
}
SINGLE = {"learn_sitestate", "learn_similaritybasis"}  # tables of one row, whose key is 1


def fill(models: Iterable[type[Model]]) -> dict[type[Model], Model]:
    """Add a row to the table of each of these models, which refers to the rows that were added to the others."""
    made: dict[type[Model], Model] = {}
    waiting = list(models)
    while waiting:
        for model in waiting:
            others = {other._meta.label for other in waiting} - {model._meta.label}
            if not others & {field.related_model._meta.label for field in _links(model)}:
                break
        else:
            raise AssertionError(f"{waiting} refer to each other")
        waiting.remove(model)
        made[model] = _row(model, made)
    return made


def _row(model: type[Model], made: dict[type[Model], Model]) -> Model:
    if model._meta.db_table in DERIVED | SINGLE and (row := model._default_manager.first()):
        return row
    number = next(_numbers)
    keys = {
        other._meta.label: row.pk for other, row in made.items()
    }  # a state may hold two classes of one model
    values: dict[str, Any] = {"pk": 1} if model._meta.db_table in SINGLE else {}
    for field in model._meta.concrete_fields:
        if field.is_relation:
            values[field.attname] = keys.get(field.related_model._meta.label)
        elif not (getattr(field, "auto_created", False) or isinstance(field, fields.AutoField)):
            values[field.attname] = _value(field, number)
        elif not field.primary_key:
            values[field.attname] = number  # the key of what a revision is about
    return model._default_manager.create(**values)


def _links(model: type[Model]) -> list[Any]:
    return [field for field in model._meta.concrete_fields if field.is_relation]


def _value(field: Field[Any, Any], number: int) -> Any:  # noqa: C901, PLR0911 one kind of column each
    if field.default is not NOT_PROVIDED:
        return field.get_default()
    if field.null:
        return None
    if field.blank and not field.unique:
        return ""
    if field.choices:
        return field.choices[0][0]
    if isinstance(field, (fields.CharField, fields.TextField)):
        return f"word{number}"
    if isinstance(field, fields.BinaryField):
        return b""
    if isinstance(field, fields.DateTimeField):
        return timezone.now()
    if isinstance(field, fields.DateField):
        return dt.date(2025, 2, 8)
    if isinstance(field, fields.BooleanField):
        return False
    if isinstance(field, (fields.IntegerField, fields.FloatField)):
        return number
    return {}
