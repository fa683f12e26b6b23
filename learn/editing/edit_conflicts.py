"""Two wrote one article: what each changed, put together field by field, then line by line; and what clashes."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import QueryDict

from learn.identity import row_key
from learn.models import Article, Revision
from learn.models.articles import latest_revision

from . import diffs, merge, related_links

_TO_THE_MINUTE = re.compile(r"\d{4,}-\d\d-\d\dT\d\d:\d\d")
MERGED_BY_LINE = ("answer", "related", "body")
# Fields that say how the form was made, or why it is saved: they are nobody's change of the article.
OF_THE_FORM = ("seen_version", "seen_copy", "seen_values", "note")


@dataclass(frozen=True)
class FieldConflict:
    """A field that both changed; `merged` is what the form shows now."""

    name: str
    label: str
    mine: str
    theirs: str
    merged: str
    marks: int  # places in `merged` that a person has to decide
    rows: Sequence[tuple[diffs.Line | None, diffs.Line | None]]  # theirs beside mine


@dataclass
class EditConflict:
    """What happened to an article while somebody edited it, and what came of putting both together."""

    who: str
    when: dt.datetime
    source: str
    both: list[FieldConflict] = field(default_factory=list)
    only_theirs: list[str] = field(
        default_factory=list
    )  # labels of fields that only they changed: taken over

    @property
    def message(self) -> str:
        return (
            f"{self.who} changed this article while you were editing it. Nothing of yours is lost and nothing is "
            "saved yet: look at what is below, then save again."
        )


def find(
    article: Article, form_class: type[forms.ModelForm[Any]], posted: QueryDict
) -> tuple[EditConflict, QueryDict]:
    """Compare what was `posted` with the article as it is now; return the conflict and the merged form data.

    `posted` says in `seen_version` which version its editor began with.
    """
    theirs = posted_values(form_class(instance=article))
    base = _base_values(article, form_class, posted.get("seen_version", "")) or theirs
    conflict = of_article(article)
    form = form_class(instance=article)
    merged = put_into(posted, form, put_together(form, base, posted, theirs, conflict))
    merged["seen_version"] = str(article.version)
    return conflict, merged


def of_article(article: Article) -> EditConflict:
    """The conflict with whoever changed the article last, with nothing in it yet."""
    revision = latest_revision(article.pk)
    return EditConflict(
        who=str(revision.history_user or "Somebody") if revision else "Somebody",
        when=revision.history_date if revision else article.updated_at,
        source=revision.get_source_display() if revision else "",
    )


def put_together(
    form: forms.BaseForm,
    base: Mapping[str, Any],
    mine: Mapping[str, Any],
    theirs: Mapping[str, str],
    conflict: EditConflict,
) -> dict[str, str]:
    """What becomes of the fields that `theirs` changed since `base`; the others stay as `mine` has them.

    Where only one side changed a field, that side is taken; where both did, texts are merged by lines and for the rest
    `mine` is kept. `conflict` gets what both changed and what only they changed.
    """
    values: dict[str, str] = {}
    for name, new in theirs.items():
        if name in OF_THE_FORM or name not in form.fields:
            continue
        own, old = normal(str(mine.get(name, ""))), base.get(name, "")
        if new in (old, own):
            continue  # they left it alone, or both say the same
        label = str(form[name].label)
        if own == old:
            conflict.only_theirs.append(label)
            values[name] = new
            continue
        value, marks = merge.merge(old, own, new) if name in MERGED_BY_LINE else (own, 0)
        rows = diffs.side_by_side(diffs.compare(new, own))
        conflict.both.append(FieldConflict(name, label, own, new, value, marks, rows))
        values[name] = value
    return values


def put_into(posted: QueryDict, form: forms.BaseForm, values: Mapping[str, str]) -> QueryDict:
    """The posted data with these values; a box that is not ticked is not posted."""
    merged = posted.copy()
    for name, value in values.items():
        if value or not isinstance(form.fields[name], forms.BooleanField):
            merged[name] = value
        else:
            merged.pop(name, None)
    return merged


def posted_values(form: forms.BaseModelForm[Any]) -> dict[str, str]:
    """The fields of an unbound form as a browser would send them back untouched."""
    values: dict[str, str] = {}
    for name, form_field in form.fields.items():
        value = form[name].value()
        if isinstance(form_field, forms.BooleanField):
            values[name] = "on" if value else ""
        elif isinstance(form_field, forms.ModelChoiceField):
            values[name] = str(value or "")
        else:
            values[name] = normal(str(form_field.widget.format_value(value) or ""))
    return values


def _base_values(
    article: Article, form_class: type[forms.ModelForm[Any]], version: str
) -> Mapping[str, Any] | None:
    """The form as it was when the editor began; None where the history does not reach back (it always should)."""
    if row_key(version) is None:
        return None
    revision = Revision.objects.filter(id=article.pk, version=int(version)).first()
    return None if revision is None else values_of_revision(revision, form_class)


def values_of_revision(revision: Any, form_class: type[forms.ModelForm[Any]]) -> dict[str, str]:
    """The form as it was at this revision."""
    form = form_class(instance=revision.history_object)
    # As the form writes them: where each leads now.
    targets = related_links.look_up(row[-1] for row in revision.related)
    form.initial["related"] = "\n".join(
        target.article.get_absolute_url() if target.article else target.url for target in targets
    )
    return posted_values(form)


def normal(text: str) -> str:
    """A posted value as the form writes it: newlines as ours, a moment with the seconds that browsers leave out."""
    return f"{text}:00" if _TO_THE_MINUTE.fullmatch(text) else text.replace("\r\n", "\n")
