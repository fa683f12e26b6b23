"""Reads `subjects.yaml`: title, description and place of a subject, and whether it is listed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from learn import files
from learn.editing.subjects import renamed_slugs
from learn.exporting.subjects import entry_key
from learn.files.problems import Problem
from learn.models import Subject, validate_subject_slug

from .report import ImportReport
from .sources import SourceFile

KEYS = {"title": "title", "description": "description", "listed": "is_listed", "position": "position"}
LAST_PLACE = 32_767  # what the column holds
SHOWN = 60  # characters of a value in a message


@dataclass(frozen=True, slots=True)
class Entry:
    """What the file says of a subject, by key, with what it leaves unsaid; and the line and column of it."""

    slug: str
    values: Mapping[str, Any]
    place: tuple[int, int]


def read(source: SourceFile, report: ImportReport) -> list[Entry]:
    """The entries of a subjects file; problems go to `report`, and an entry with one is left out."""
    try:
        data = source.file.read_bytes()
        content, position = files.read_mapping(data, source.path)
    except OSError as error:
        report.reject(
            [Problem(source.path, 1, 1, "error", "unreadable", f"cannot read the file: {error.strerror}.")]
        )
        return []
    except files.DocumentError as error:
        report.reject(error.problems)
        return []
    entries = []
    for slug, fields in content.items():
        if message := _complaint(slug, fields):
            report.reject([Problem(source.path, *position(slug), "error", "subject", message)])
        else:
            values = {
                "title": fields.get("title") or slug.replace("-", " ").capitalize(),
                "description": fields.get("description") or "",
                "listed": fields.get("listed", True),
                "position": fields.get("position"),
            }
            entries.append(Entry(slug, values, position(slug)))
    return entries


def _complaint(slug: str, fields: object) -> str | None:
    try:
        validate_subject_slug(slug)
    except ValidationError as error:
        return f"{slug}: {error.messages[0]}"
    if not isinstance(fields, dict):
        return f"{slug}: not a mapping. Write title, description, listed and position below it, indented."
    if unknown := set(fields) - KEYS.keys():
        return f"{slug}: unknown key {min(map(str, unknown))}. Known are title, description, listed and position."
    for name in ("title", "description"):
        if not isinstance(fields.get(name, ""), str):
            return f"{slug}: {name} is not text. Put it in quotes."
    if not isinstance(fields.get("listed", True), bool):
        return f"{slug}: listed is neither true nor false."
    place = fields.get("position")
    is_place = isinstance(place, int) and not isinstance(place, bool) and 0 <= place <= LAST_PLACE
    if place is not None and not is_place:
        return f"{slug}: position is not a whole number from 0 to {LAST_PLACE:,}. Write 1 for the first in lists."
    return None


def write(entries: list[Entry], path: str, report: ImportReport, *, overwrite: bool = False) -> bool:
    """Create and update subjects as the file says, key by key as `learn.importing.cases` has it for articles.

    A key that the file did not change since its last import stays as the site has it. One that both changed in
    different ways stays, too, and is a conflict, in every run until both say the same; `overwrite` takes the file's.
    In a dry run conflicts are reported and nothing is written. Returns whether anything that pages show was.
    """
    written = False
    with transaction.atomic():
        renamed = renamed_slugs()  # an entry under a former slug is the subject's own
        known = {subject.slug: subject for subject in Subject.objects.all()}
        named = {entry.slug for entry in entries}
        for entry in entries:
            if renamed.get(entry.slug) in named:
                continue  # its subject was merged into one that has an entry of its own
            subject = known.get(renamed.get(entry.slug, entry.slug)) or Subject(slug=entry.slug)
            base = _base(subject, entry)
            present = subject.entry()
            changed = {
                key: value for key, value in entry.values.items() if key not in base or base[key] != value
            }
            clashes = [
                key
                for key, value in changed.items()
                if present[key] != value and (key not in base or base[key] != present[key]) and not overwrite
            ]
            if clashes:
                report.conflicts += 1
                report.problems.append(
                    Problem(path, *entry.place, "warning", "conflict", _clash(entry, present, clashes))
                )
            if report.dry_run:
                continue
            before = (subject.imported_entry, subject.imported_key)
            taken = {key: value for key, value in changed.items() if key not in clashes}
            for key, value in taken.items():
                setattr(subject, KEYS[key], value)
            subject.imported_entry = base | taken
            if not clashes:
                subject.imported_key = entry_key(entry.values)
            if subject.pk is None or subject.entry() != present:
                subject.save()
                written = True
            elif before != (subject.imported_entry, subject.imported_key):
                Subject.objects.filter(pk=subject.pk).update(
                    imported_entry=subject.imported_entry, imported_key=subject.imported_key
                )
    return written


def _base(subject: Subject, entry: Entry) -> dict[str, Any]:
    """What the entry said when it was last imported, as far as it is known; where it is new, what is so by default."""
    present = subject.entry()
    if subject.imported_entry:
        return dict(subject.imported_entry)
    if subject.imported_key:  # by a release that kept no more of it
        if entry_key(entry.values) == subject.imported_key:
            return dict(entry.values)
        return present if entry_key(present) == subject.imported_key else {"position": None}
    base = {**present, "description": "", "listed": True, "position": None}
    if subject.pk and (subject.description or not subject.is_listed):
        del base["title"]  # not its first article's: whoever changed these may have changed it, too
    return base


def _clash(entry: Entry, present: Mapping[str, Any], keys: list[str]) -> str:
    def shown(value: object) -> str:
        text = json.dumps(value, ensure_ascii=False)
        return f"{text[:SHOWN]}…" if len(text) > SHOWN else text

    said = "; ".join(
        f"{key}: {shown(entry.values[key])} here, {shown(present[key])} on the site" for key in keys
    )
    return (
        f"the entry of {entry.slug} changed, and so did the subject on the site ({said}). The site's stays: write it "
        "here, too, or let --overwrite-edits take what stands here."
    )
