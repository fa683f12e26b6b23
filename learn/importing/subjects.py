"""Reads `subjects.yaml`: title, description and whether a subject is listed."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction

from learn import files
from learn.editing.subjects import renamed_slugs
from learn.files.problems import Problem
from learn.identity import digest
from learn.models import Subject, validate_subject_slug

from .report import ImportReport
from .sources import SourceFile


@dataclass(frozen=True, slots=True)
class Entry:
    slug: str
    title: str
    description: str
    is_listed: bool

    def key(self) -> str:
        return digest(self.title, self.description, str(self.is_listed))


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
            title = fields.get("title") or slug.replace("-", " ").capitalize()
            entries.append(Entry(slug, title, fields.get("description") or "", fields.get("listed", True)))
    return entries


def _complaint(slug: str, fields: object) -> str | None:
    try:
        validate_subject_slug(slug)
    except ValidationError as error:
        return f"{slug}: {error.messages[0]}"
    if not isinstance(fields, dict):
        return f"{slug}: not a mapping. Write title, description and listed below it, indented."
    if unknown := set(fields) - {"title", "description", "listed"}:
        return f"{slug}: unknown key {min(map(str, unknown))}. Known are title, description and listed."
    for name in ("title", "description"):
        if not isinstance(fields.get(name, ""), str):
            return f"{slug}: {name} is not text. Put it in quotes."
    if not isinstance(fields.get("listed", True), bool):
        return f"{slug}: listed is neither true nor false."
    return None


def write(entries: list[Entry], path: str, report: ImportReport) -> bool:
    """Create and update subjects as the file says; one that was edited since its last import stays as it is.

    Returns whether any was written.
    """
    written = False
    with transaction.atomic():
        renamed = renamed_slugs()  # an entry under a former slug is the subject's own
        known = {subject.slug: subject for subject in Subject.objects.all()}
        for entry in entries:
            subject = known.get(renamed.get(entry.slug, entry.slug)) or Subject(slug=entry.slug)
            if subject.imported_key == entry.key():
                continue
            if subject.pk and _key_of(subject) == entry.key():  # the file says now what the site says
                Subject.objects.filter(pk=subject.pk).update(imported_key=entry.key())
                continue
            if _is_edited(subject):
                report.conflicts += 1
                message = f"the entry of {entry.slug} changed, and so did the subject on the site. The site's stays."
                report.problems.append(Problem(path, 1, 1, "warning", "conflict", message))
                continue
            subject.title, subject.description = entry.title, entry.description
            subject.is_listed, subject.imported_key = entry.is_listed, entry.key()
            subject.save()
            written = True
    return written


def _key_of(subject: Subject) -> str:
    return digest(subject.title, subject.description, str(subject.is_listed))


def _is_edited(subject: Subject) -> bool:
    """Whether somebody changed a subject here: since its last import, or since it was made for its first article."""
    if not subject.imported_key:
        return bool(subject.description) or not subject.is_listed
    return _key_of(subject) != subject.imported_key
