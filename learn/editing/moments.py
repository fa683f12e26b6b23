"""The field of a moment in a form: in the time zone of whoever fills it in, which it names."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from learn.models.moments import local_text


class MomentInput(forms.DateTimeInput):
    """A browser's own field for moments; it takes no offset, so that one with an offset stands in a field of text."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(attrs={"step": "1"}, format="%Y-%m-%dT%H:%M:%S")

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        text = str(context["widget"]["value"] or "")
        if text and not _is_naive(text):
            context["widget"]["type"] = "text"
        return context


class MomentField(forms.DateTimeField):
    widget = MomentInput

    def prepare_value(self, value: Any) -> Any:
        return local_text(value) if isinstance(value, dt.datetime) else value

    def to_python(self, value: Any) -> Any:
        """The moment in UTC. Raises ValidationError, also for one that the clock skips or says twice."""
        try:
            moment = super().to_python(value)
            return moment.astimezone(dt.UTC) if moment else None
        except OverflowError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error
        except ValidationError as error:
            if error.code != "ambiguous_timezone":
                raise
            raise ValidationError(_no_such_moment(str(value).strip()), code=error.code) from error

    def get_bound_field(self, form: Any, field_name: str) -> Any:
        bound = super().get_bound_field(form, field_name)
        bound.help_text = f"{timezone.get_current_timezone_name()}. {bound.help_text}"
        return bound


def _is_naive(text: str) -> bool:
    try:
        return dt.datetime.fromisoformat(text).tzinfo is None
    except ValueError:
        return True


def _no_such_moment(text: str) -> str:
    """Why the clock of the current time zone does not say `text`, or says it twice; and what to write instead."""
    zone = timezone.get_current_timezone()
    try:
        local = dt.datetime.fromisoformat(text)
    except ValueError:  # in another way than browsers write it
        return f"In {zone} the clock skips {text}, or says it twice. Choose another time."
    first, second = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    told = f"{local:%H:%M} on {local:%d %b %Y}"
    if first.astimezone(dt.UTC).astimezone(zone).replace(tzinfo=None) != local:
        return f"In {zone} the clock skips {told}. Choose another time."
    return f"In {zone} the clock says {told} twice. Write {first.isoformat()} or {second.isoformat()}."
