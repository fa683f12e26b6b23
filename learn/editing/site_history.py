"""Every change of the whole site, the newest first: filtered, one bulk action as one line, with what was before.

It reads the revisions of articles by their keys, backwards from a place, as far as READ_AT_MOST: what a page costs does
not grow with the library. Who may see it is the caller's to check.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Max, OuterRef, Q, QuerySet, Subquery

from learn.db.rows import batched
from learn.files.tables import without_formula
from learn.models import Revision, RevisionDetails, Subject

from . import diffs

LINES = 25  # on a page
OPENED = 50  # changes of one line, on a page
READ_AT_MOST = 20_000  # revisions that are read for one page, without their texts
LOOKED_BACK = 200_000  # revisions among which a page looks for those that pass the filters
# Between two articles of one action: it works in batches, each a transaction, and others may save in between.
GAP = dt.timedelta(seconds=60)
IN_ONE_LINE = (RevisionDetails.Source.ACTION, RevisionDetails.Source.IMPORT)
# What the changes of one action share, where no change set names them.
SHARED = ("source", "history_user_id", "history_change_reason", "history_type", "change_set_id")
EXPORTED_TOGETHER = 200
KINDS = {"+": "Created", "~": "Changed", "-": "Deleted"}
# In the order in which they matter to a reader of the diff.
COMPARED = (
    "question", "answer", "related", "description", "keywords", "status", "publish_at", "expires", "no_index",
    "subject_id",
    "slug", "author", "date", "is_preferred", "title", "article_title", "seo_title", "subject_label", "date_format",
    "post_on_text", "file_name", "body", "extra",
)  # fmt: skip
LABELS = {
    "related": "Related questions",
    "subject_id": "Subject",
    "publish_at": "Publish at",
    "expires": "Expires",
    "no_index": "No index",
}
LIGHT = (
    "history_id", "id", "history_date", "history_type", "history_change_reason", "source", "history_user_id",
    "history_user__username", "question", "subject_id", "version", "change_set_id", "change_set__name",
)  # fmt: skip
COLUMNS = (
    "when (UTC)", "who", "from", "what", "reason", "article", "version", "question", "field", "before", "after",
)  # fmt: skip


Key = tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class FieldDiff:
    label: str
    lines: Sequence[diffs.Line]


@dataclass(frozen=True)
class Filters:
    """What to show; None and "" stand for everything."""

    person: int | None = None
    subject: int | None = None
    change_set: int | None = None
    source: str = ""
    kind: str = ""
    since: dt.datetime | None = None
    until: dt.datetime | None = None

    def apply(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Those of the revisions `rows` that pass."""
        asked = {
            "history_user": self.person,
            "subject": self.subject,
            "change_set": self.change_set,
            "source": self.source or None,
            "history_type": self.kind or None,
            "history_date__gte": self.since,
            "history_date__lt": self.until,
        }
        return rows.filter(**{name: value for name, value in asked.items() if value is not None})


@dataclass
class Line:
    """One change, or all of one action: `first` is the newest; `changes` say what a single one changed."""

    first: Mapping[str, Any]
    count: int = 1
    oldest: dt.datetime | None = None
    changes: Sequence[FieldDiff] = ()
    kind: str = field(init=False)
    source: str = field(init=False)

    def __post_init__(self) -> None:
        self.kind = KINDS[self.first["history_type"]]
        self.source = str(RevisionDetails.Source(self.first["source"]).label)
        self.oldest = self.first["history_date"]


@dataclass
class Page:
    lines: list[Line]
    before: int | None = None  # where the next page begins; None on the last one
    is_cut: bool = False  # the last line goes on beyond what was read


def line_key(row: Mapping[str, Any]) -> Key | None:
    """The fields, with their values, that the changes of one action share; None for one that stands alone."""
    if row["change_set_id"]:
        return (("change_set_id", row["change_set_id"]),)
    if row["source"] not in IN_ONE_LINE:
        return None
    return tuple((name, row[name]) for name in SHARED)


def page(filters: Filters, before: int | None = None) -> Page:
    """The lines that begin below the revision `before`, or the newest. Six queries at most."""
    newest = before or (Revision.objects.aggregate(Max("history_id"))["history_id__max"] or 0) + 1
    floor = max(0, newest - LOOKED_BACK)
    rows = _light(filters).filter(history_id__lt=newest, history_id__gte=floor)
    found = Page([])
    open_lines: dict[Key, Line] = {}
    begun: set[Key] | None = None  # those that a page before this one shows
    read = 0
    for row in rows[:READ_AT_MOST].iterator(1_000):
        read += 1  # noqa: SIM113 how many there were is asked below
        key = line_key(row)
        if begun is None:
            begun = _open_above(row, before, filters)
            for earlier in begun:
                open_lines[earlier] = Line(row)
        line = open_lines.get(key) if key else None
        if line is not None and line.oldest and line.oldest - row["history_date"] <= GAP:
            line.count += 1
            line.oldest = row["history_date"]
        elif found.before is not None:
            if all(one.oldest and one.oldest - row["history_date"] > GAP for one in open_lines.values()):
                break
        elif len(found.lines) == LINES:
            found.before = row["history_id"] + 1
        else:
            found.lines.append(Line(row))
            if key:
                open_lines[key] = found.lines[-1]
    else:
        found.is_cut = read == READ_AT_MOST
        if found.before is None and (found.is_cut or floor):
            found.before = row["history_id"] if found.is_cut else floor
    _compare([line for line in found.lines if line.count == 1])
    return found


def _light(filters: Filters) -> QuerySet[Any]:
    rows: QuerySet[Any] = filters.apply(Revision.objects.all()).order_by("-history_id").values(*LIGHT)
    return rows


def _open_above(row: Mapping[str, Any], before: int | None, filters: Filters) -> set[Key]:
    """The keys of actions that were at work just above the first row of a page: their line stands there."""
    if before is None:
        return set()
    above = _light(filters).filter(
        Q(source__in=IN_ONE_LINE) | Q(change_set__isnull=False),
        history_id__gte=before, history_date__lte=row["history_date"] + GAP,
    )  # fmt: skip
    found = above.order_by().values(*SHARED).distinct()[:LINES]
    return {key for one in found if (key := line_key(one))}


def opened(number: int, filters: Filters, start: int = 0) -> tuple[Line | None, list[Line], bool]:
    """The line that begins with revision `number`; OPENED of its changes from `start` on; whether there are more."""
    first = _light(Filters()).filter(history_id=number).first()
    key = line_key(first) if first else None
    if first is None or key is None:
        return None, [], False
    rows = _light(filters).filter(history_id__lte=number, **dict(key))
    line, members = Line(first, count=0), []
    for row in rows[:READ_AT_MOST].iterator(1_000):
        if line.oldest and line.oldest - row["history_date"] > GAP and not row["change_set_id"]:
            break
        line.oldest = row["history_date"]
        if start <= line.count < start + OPENED:
            members.append(Line(row))
        line.count += 1
    _compare(members)
    return line, members, line.count > start + OPENED


# --- What was before ----------------------------------------------------------------------------------------------


def _compare(lines: Sequence[Line]) -> None:
    """Say of each single change which fields it changed, from what to what: three queries for all."""
    pairs = with_previous([line.first["history_id"] for line in lines])
    subjects = subject_titles(pair for pair in pairs.values() for pair in pair)
    for line in lines:
        line.changes = compare(*pairs[line.first["history_id"]], subjects)


def with_previous(numbers: Sequence[int]) -> dict[int, tuple[Any, Any]]:
    """Of each of these revisions that of its article before it (None: there is none), and itself; two queries."""
    previous = Revision.objects.filter(id=OuterRef("id"), history_id__lt=OuterRef("history_id"))
    rows = list(
        Revision.objects.filter(history_id__in=numbers)
        .select_related("history_user")
        .annotate(previous=Subquery(previous.order_by("-history_id").values("history_id")[:1]))
    )
    earlier = Revision.objects.in_bulk([row.previous for row in rows if row.previous])
    return {row.history_id: (earlier.get(row.previous), row) for row in rows}


def subject_titles(rows: Any) -> dict[int, str]:
    """The titles of the subjects that these revisions name; one query."""
    pks = {row.subject_id for row in rows if row is not None}
    return dict(Subject.objects.filter(pk__in=pks).values_list("pk", "title")) if pks else {}


def compare(old: Any, new: Any, subjects: Mapping[int, str] | None = None) -> list[FieldDiff]:
    """The fields in which two revisions differ; `old` None: everything that `new` says."""
    titles = subject_titles((old, new)) if subjects is None else subjects
    return [FieldDiff(label(name), diffs.compare(*said)) for name, said in _differing(old, new, titles)]


def _differing(old: Any, new: Any, titles: Mapping[int, str]) -> Iterator[tuple[str, tuple[str, str]]]:
    for name in COMPARED:
        before, after = (text_of(row, name, titles) if row is not None else "" for row in (old, new))
        if before != after:
            yield name, (before, after)


def label(name: str) -> str:
    """A field as people call it."""
    return LABELS.get(name) or name.replace("_", " ").capitalize()


def text_of(row: Any, name: str, subjects: Mapping[int, str]) -> str:
    """What a revision says in a field, as people read it."""
    value = getattr(row, name)
    if name == "related":
        return "\n".join(f"{link[-1]}  {link[2]}" for link in value)
    if name == "subject_id":
        return subjects.get(value, "a subject that is gone")
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None or value == {} else str(value)


# --- As a table ---------------------------------------------------------------------------------------------------


def as_csv(filters: Filters) -> Iterator[str]:
    """All changes that pass, the newest first, one row for each field: four queries per EXPORTED_TOGETHER of them.

    What a spreadsheet would take for a formula is written as text.
    """
    sink = io.StringIO()
    writer = csv.writer(sink)
    writer.writerow(COLUMNS)
    numbers = filters.apply(Revision.objects.order_by("-history_id")).values_list("history_id", flat=True)
    for batch in batched(numbers.iterator(2_000), EXPORTED_TOGETHER):
        pairs = with_previous(batch)
        titles = subject_titles(row for pair in pairs.values() for row in pair)
        for number in batch:
            if number in pairs:
                writer.writerows(_rows(*pairs[number], titles))
        yield sink.getvalue()
        sink.seek(0)
        sink.truncate()
    yield sink.getvalue()


def _rows(old: Any, new: Any, titles: Mapping[int, str]) -> Iterator[list[str]]:
    told = [
        f"{new.history_date:%Y-%m-%d %H:%M:%S}",
        str(new.history_user or ""),
        str(new.get_source_display()),
        KINDS[new.history_type],
        new.history_change_reason or "",
        str(new.id),
        str(new.version),
        new.question,
    ]
    changed = [(label(name), *said) for name, said in _differing(old, new, titles)] if old is not None else []
    for cells in changed or [("", "", "")]:
        yield [without_formula(cell) for cell in (*told, *cells)]
