"""Who changed an article, in which steps: its revisions since the last push, as versions of its file."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import F
from django.utils import timezone
from pydantic import ValidationError

from learn import documents
from learn.editing import three_way
from learn.exporting import with_life
from learn.identity import article_path
from learn.models import Revision, RevisionDetails, Subject, Upload

from . import joining

if TYPE_CHECKING:
    from .outgoing import Collector, Wanted

Source = RevisionDetails.Source
BUTTONS = ("publish", "unpublish", "published", "unpublished")
_IMPORT = re.compile(r"import (\d+)")
_NOT_IN_NAMES = re.compile(r"[<>\n\r\0]+")
WORDS = {
    "seo_title": "title for search engines", "description": "description", "keywords": "keywords",
    "related": "related questions",
    "no_index": "listing", "subject_label": "subject", "article_title": "title", "extra": "publication",
    "url": "address", "body": "text below", "source_id": "id",
}  # fmt: skip
FIELDS_NAMED = 3


class Author(NamedTuple):
    """An account, as git names it."""

    pk: int | None
    name: str
    email: str

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


class Step(NamedTuple):
    """A version of an article's file, by whom and when; `note`: why, where somebody said so. `what`: a sentence."""

    moment: dt.datetime
    author: Author | None
    note: str
    path: str
    data: bytes | None
    what: str


def the_site() -> Author:
    """In whose name is pushed what no editor did."""
    return Author(None, _name(settings.SITE_NAME), f"noreply@{_host()}")


def author_of(user: Any) -> Author | None:
    if user is None:
        return None
    name = _name(user.get_full_name() or user.get_username())
    email = user.email or f"{_NOT_IN_NAMES.sub('', user.get_username()).replace(' ', '.')}@{_host()}"
    return Author(user.pk, name, _NOT_IN_NAMES.sub("", email))


def _host() -> str:
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def _name(text: str) -> str:
    return _NOT_IN_NAMES.sub(" ", text).strip(" .,:;\"'") or "Somebody"


def steps_of(wanted: list[Wanted], found: Collector) -> list[list[Step]]:
    """The steps that lead to each of these files: one per editor's revision since the last push."""
    keys = [one.key for one in wanted if one.deleted is None]
    revisions: dict[int, list[Any]] = defaultdict(list)
    rows = Revision.objects.filter(id__in=keys).select_related("history_user").order_by("id", "history_id")
    for row in rows:
        revisions[row.id].append(row)
    uploads = _uploads(revisions)
    slugs = dict(Subject.objects.values_list("pk", "slug"))
    return [
        [_removal(one)] if one.deleted else _Steps(one, revisions[one.key], found, uploads, slugs).all()
        for one in wanted
    ]


def _removal(one: Wanted) -> Step:
    deleted = one.deleted
    if deleted is None:
        raise ValueError("nothing was deleted")
    return Step(
        deleted.deleted_at, author_of(deleted.deleted_by), "", one.path, None, f"Delete {_quoted(deleted.question)}"
    )  # fmt: skip


def _uploads(revisions: dict[int, list[Any]]) -> dict[int, Upload]:
    """The uploads that these revisions came from, by the number of their import."""
    runs = {
        int(match[1])
        for rows in revisions.values()
        for row in rows
        if row.source == Source.IMPORT and (match := _IMPORT.match(row.history_change_reason or ""))
    }
    found = Upload.objects.filter(run__in=runs).select_related("user").defer("report")
    return {upload.run_id: upload for upload in found if upload.run_id}


class _Steps:
    """The steps of one article."""

    def __init__(
        self,
        one: Wanted,
        rows: list[Any],
        found: Collector,
        uploads: dict[int, Upload],
        slugs: dict[int, str],
    ) -> None:
        self.one, self.rows, self.found, self.uploads, self.slugs = one, rows, found, uploads, slugs
        self.present = next(
            (data for path in (one.path, *one.former) if (data := found.at_tip(path)) is not None), None
        )

    def all(self) -> list[Step]:
        one = self.one
        edits = [number for number, row in enumerate(self.rows) if self._is_edit(row)]
        steps: list[Step] = []
        current = self.present
        for number in edits[:-1]:
            made = self._between(number, current)
            if made and made.data not in (current, one.data):
                steps.append(made)
                current = made.data
        if edits:
            row = self.rows[edits[-1]]
            before = self._side(edits[-1] - 1) if edits[-1] else None
            steps.append(self._step(row, one.path, one.data, self._sentence(before, row)))
        else:
            verb = "Add" if self.present is None else "Change"
            made_at, author = self._made()
            steps.append(Step(made_at, author, "", one.path, one.data, f"{verb} {self._question()}"))
        return steps

    def _is_edit(self, row: Any) -> bool:
        if row.history_id <= self.found.since or row.history_type == "-":
            return False
        if self.one.edited_at and row.history_date < self.one.edited_at:
            return False  # after it, the article said once more what its file did
        if row.source == Source.IMPORT:
            return self._upload(row) is not None
        return True

    def _upload(self, row: Any) -> Upload | None:
        match = _IMPORT.match(row.history_change_reason or "")
        return self.uploads.get(int(match[1])) if match else None

    def _between(self, number: int, current: bytes | None) -> Step | None:
        """The file after an edit that is not the last; None where it says nothing that still can be told apart."""
        after = self._side(number)
        before = self._side(number - 1) if number else None
        if after is None:
            return None
        try:
            if current is None:
                document = documents.document_from(
                    {"layout": None, **after.values}, after.related, after.path
                )
                data: bytes | None = joining.written(document)
            else:
                data = joining.changed(current, before, after, self.one.path) if before else None
        except ValidationError:
            return None
        if data is None:
            return None
        row = self.rows[number]
        address = joining.address_in(data, self.one.path)
        if address != after.path:
            return None
        return self._step(row, self._place(address), data, self._sentence(before, row))

    def _place(self, address: str) -> str:
        """Where a file stands that says this address: as the last one does, in its subject's folder."""
        _, _, subject, _, slug = address.split("/")
        start, _subject, name = self.one.path.rsplit("/", 2)
        for former in (self.one.path, *self.one.former):
            data = self.found.at_tip(former)
            if data is not None and joining.address_in(data, former) == address:
                return former
        final = joining.address_in(self.one.data or b"", self.one.path)
        return self.one.path if address == final else f"{start}/{subject}/{slug}.{name.rpartition('.')[2]}"

    def _side(self, number: int) -> three_way.Side | None:
        row = self.rows[number]
        values = {column: getattr(row, column) for column in documents.FILE_COLUMNS}
        path = article_path(self.slugs.get(row.subject_id, "unknown"), row.slug)
        try:
            document = documents.document_from(
                values, [documents.Related(*link) for link in row.related], path
            )
        except ValidationError:
            return None
        return joining.side_of_document(with_life(document, row))

    def _step(self, row: Any, path: str, data: bytes | None, what: str) -> Step:
        upload = self._upload(row) if row.source == Source.IMPORT else None
        user = upload.user if upload else row.history_user
        reason = row.history_change_reason or ""
        # The name of a button that was pressed the sentence says better.
        note = f"Upload {upload.name}" if upload else "" if reason in BUTTONS else reason
        return Step(row.history_date, author_of(user), note, path, data, what)

    def _sentence(self, before: three_way.Side | None, row: Any) -> str:
        after = self._side(self.rows.index(row))
        question = self._question(row)
        if before is None or after is None or row.history_type == "+":
            return f"{'Add' if self.present is None else 'Change'} {question}"
        fields = list(
            dict.fromkeys(
                WORDS.get(name, name.replace("_", " ")) for name in three_way.differing(before, after)
            )
        )
        if not fields:
            return f"Change {question}"
        if "address" in fields:
            return f"Move {question}"
        more = len(fields) - FIELDS_NAMED
        said = ", ".join(fields[:FIELDS_NAMED]) + (f" and {more} more" if more > 0 else "")
        return f"Change {said} of {question}"

    def _question(self, row: Any = None) -> str:
        row = row or (self.rows[-1] if self.rows else None)
        if row is not None:
            return _quoted(row.question)
        return _quoted(self.one.path.rpartition("/")[2])

    def _made(self) -> tuple[dt.datetime, Author | None]:
        """When and by whom an article without revisions was brought here: by an editor's upload, or by the site."""
        moment = self.one.created_at or timezone.now()
        upload = (
            Upload.objects.filter(run__started_at__lte=moment, run__finished_at__gte=moment)
            .exclude(run=None)
            .select_related("user")
            .defer("report")
            .order_by(F("run").desc())
            .first()
        )
        return moment, author_of(upload.user) if upload else None


def _quoted(question: str) -> str:
    text = " ".join(question.split())
    return f"“{text if len(text) <= 50 else f'{text[:49]}…'}”"
