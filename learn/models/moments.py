"""Moments as the fields of forms hold them: as text in the current time zone; stored in UTC.

The time zone is that of whoever asks (quicktakes.time_zones) in a request of the desk, and UTC everywhere else.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.forms.utils import from_current_timezone
from django.utils import timezone

FIELDS = ("publish_at", "expires")  # of the form of an article


def local_text(moment: dt.datetime) -> str:
    """The moment as a form shows it: `2027-03-01T05:45:00`, with an offset where the clock says that twice."""
    try:
        local = timezone.localtime(moment).replace(microsecond=0)
    except OverflowError:  # the last hours of the year 9999
        return moment.replace(microsecond=0).isoformat()
    text = local.replace(tzinfo=None).isoformat()
    try:
        from_current_timezone(local.replace(tzinfo=None))
    except ValidationError:
        return local.isoformat()
    return text


def text_in_utc(text: str) -> str:
    """A moment in the current time zone, as UTC; with the name of the time zone where it has no such moment."""
    if timezone.get_current_timezone_name() == "UTC":
        return text
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return text
    try:
        aware = from_current_timezone(moment) if timezone.is_naive(moment) else moment
        return aware.astimezone(dt.UTC).replace(tzinfo=None).isoformat()
    except ValidationError:
        return f"{text} {timezone.get_current_timezone_name()}"
    except OverflowError:
        return text


def text_from_utc(text: str) -> str:
    """What `text_in_utc` made of a text, in the current time zone."""
    name = timezone.get_current_timezone_name()
    try:
        moment = dt.datetime.fromisoformat(text)
        return text if name == "UTC" or moment.tzinfo else local_text(moment.replace(tzinfo=dt.UTC))
    except (ValueError, OverflowError):
        return text.removesuffix(f" {name}")


def _with_moments(values: Any, convert: Any) -> Any:
    if not isinstance(values, dict):
        return values
    return {name: convert(text) if name in FIELDS else text for name, text in values.items()}


class FormValuesField(models.JSONField):
    """The fields of a form by name: its moments in UTC in the database, in the current time zone in Python."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return _with_moments(super().from_db_value(value, expression, connection), text_from_utc)

    def get_prep_value(self, value: Any) -> Any:
        return _with_moments(super().get_prep_value(value), text_in_utc)

    def deconstruct(self) -> Any:
        """As the field that it is in the database: nothing to migrate."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs
