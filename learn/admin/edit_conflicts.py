"""Edit conflicts: two editors saved one article. The second save is refused; both texts are shown and merged."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import QueryDict

from learn.editing import diffs, merge, related_links
from learn.identity import row_key
from learn.models import Article, Revision

from .revisions import latest

MERGED_BY_LINE = ("answer", "related", "body")


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
    article: Article, form_class: type[forms.ModelForm], posted: QueryDict
) -> tuple[EditConflict, QueryDict]:
    """Compare what was `posted` with the article as it is now; return the conflict and the merged form data.

    `posted` says in `seen_version` which version its editor began with. Where only one side changed a field, that side
    is taken; where both did, texts are merged by lines and for the rest the editor's own value is kept.
    """
    latest_revision = latest(article.pk)
    conflict = EditConflict(
        who=str(latest_revision.history_user or "Somebody") if latest_revision else "Somebody",
        when=latest_revision.history_date if latest_revision else article.updated_at,
        source=latest_revision.get_source_display() if latest_revision else "",
    )
    theirs = posted_values(form_class(instance=article))
    base = _base_values(article, form_class, posted.get("seen_version", "")) or theirs
    merged = posted.copy()
    merged["seen_version"] = str(article.version)
    form = form_class(instance=article)
    for name in theirs:
        if name in ("seen_version", "note") or name not in form.fields:
            continue
        mine = _normal(posted.get(name, ""))
        old, new = base.get(name, ""), theirs[name]
        if new in (old, mine):
            continue  # they left it alone, or both say the same
        label = str(form[name].label)
        if mine == old:
            conflict.only_theirs.append(label)
            value, marks = new, 0
        else:
            value, marks = merge.merge(old, mine, new) if name in MERGED_BY_LINE else (mine, 0)
            conflict.both.append(
                FieldConflict(
                    name, label, mine, new, value, marks, diffs.side_by_side(diffs.compare(new, mine))
                )
            )
        if value or not isinstance(form.fields[name], forms.BooleanField):
            merged[name] = value
        else:
            merged.pop(name, None)
    return conflict, merged


def posted_values(form: forms.ModelForm) -> dict[str, str]:
    """The fields of an unbound form as a browser would send them back untouched."""
    values: dict[str, str] = {}
    for name, form_field in form.fields.items():
        value = form[name].value()
        if isinstance(form_field, forms.BooleanField):
            values[name] = "on" if value else ""
        elif isinstance(form_field, forms.ModelChoiceField):
            values[name] = str(value or "")
        else:
            values[name] = _normal(str(form_field.widget.format_value(value) or ""))
    return values


def _base_values(
    article: Article, form_class: type[forms.ModelForm], version: str
) -> Mapping[str, Any] | None:
    """The form as it was when the editor began; None where the history does not reach back (it always should)."""
    if row_key(version) is None:
        return None
    revision = Revision.objects.filter(id=article.pk, version=int(version)).first()
    if revision is None:
        return None
    before = revision.history_object
    form = form_class(instance=before)
    # As the form writes them: where each leads now.
    targets = related_links.look_up(row[-1] for row in revision.related)
    form.initial["related"] = "\n".join(
        target.article.get_absolute_url() if target.article else target.url for target in targets
    )
    return posted_values(form)


def _normal(text: str) -> str:
    return text.replace("\r\n", "\n")
