"""subjects.yaml: what it says of each subject, written anew or changed in place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

import yaml

from learn.editing.subjects import renamed_slugs
from learn.files.roots import SUBJECTS_FILE
from learn.identity import digest
from learn.models import Subject

from .placing import Folder
from .report import ExportReport
from .writing import NO_ARTICLE, NotOursError, Target, unwritable

_TOP_LEVEL = re.compile(r"^(?![ \t#\n])([^:\n]+):", re.MULTILINE)


def entry_of(subject: Subject) -> dict[str, object]:
    """The subject's entry, without what is so by default."""
    return {key: value for key, value in subject.entry().items() if value not in ("", None)}


def entry_key(entry: Mapping[str, object]) -> str:
    """A digest of what an entry says; without a position the one that it had before there were any."""
    place = entry.get("position")
    said = (
        entry["title"],
        entry.get("description", ""),
        entry["listed"],
        *(() if place is None else (place,)),
    )
    return digest(*map(str, said))


def dumped(entries: dict[str, dict[str, object]]) -> str:
    return yaml.safe_dump(entries, sort_keys=False, allow_unicode=True, width=110) if entries else ""


def subjects_text() -> str:
    """The content of subjects.yaml."""
    return dumped({subject.slug: entry_of(subject) for subject in Subject.objects.order_by("slug")})


def export_subjects(folder: Folder, report: ExportReport) -> None:
    """Write subjects.yaml into `folder`, where it belongs there: of one that is there, the entries the site changed.

    The entry that a writer changed since it was imported is a problem of the report, and stays.
    """
    path = folder.here(SUBJECTS_FILE)
    if path is None:
        return
    target = Target(folder, path)
    try:
        present = target.read()
        if _read(present) is None:
            report.problems.append(unwritable(path, NotOursError("it is no YAML mapping. Mend it first")))
            return
        if present is None:
            data = subjects_text().encode()
        else:
            data, _changed, left = subjects_changed(present, present, is_ours=target.is_ours(present, set()))
            for subject in left:
                what = f"the entry of {subject.slug} was changed since it was imported. Import it first"
                report.problems.append(unwritable(path, NotOursError(what)))
        if data == (present or b""):
            report.unchanged += present is not None
            return
        target.prepare()
        target.write(data, NO_ARTICLE, is_known=False)
        report.written += 1
    except (NotOursError, OSError) as error:
        report.problems.append(unwritable(path, error))


class Changed(NamedTuple):
    """The bytes of subjects.yaml with what the site changed, whose entries these are, and whose were left alone."""

    data: bytes
    subjects: list[Subject]
    left: list[Subject]


def subjects_changed(present: bytes | None, imported: bytes | None, *, is_ours: bool = False) -> Changed:
    """Write the entries of the subjects that the site changed into the bytes `present` of subjects.yaml.

    `imported` is the file as it was imported last: what a writer changed since then is left alone, unless the whole
    file is one that an export wrote (`is_ours`). Only the lines of these entries are written anew; the entry of a
    subject that was merged into another goes, where that has one. Of a subject that the file does not name, only what
    is not said by default.
    """
    text = (present or b"").decode("utf-8", "surrogateescape")
    said, known = _read(present), _read(imported)
    renamed = renamed_slugs()
    former = {new: old for old, new in renamed.items()}
    changed: list[Subject] = []
    left: list[Subject] = []
    if said is None or known is None:
        return Changed(present or b"", changed, left)
    for subject in Subject.objects.order_by("slug"):
        slug = subject.slug if subject.slug in said else former.get(subject.slug, subject.slug)
        entry = entry_of(subject)
        told = _told(said.get(slug), slug)
        if (told == entry and slug == subject.slug) or (slug not in said and _is_default(subject)):
            continue
        before = known.get(slug)
        if before is not None and not is_ours and entry_key(_told(before, slug)) != subject.imported_key:
            if told != entry and entry_key(entry) != subject.imported_key:
                left.append(subject)  # a writer changed it, too
            continue
        text = _with_entry(text, slug, dumped({subject.slug: entry}))
        changed.append(subject)
    merged = {old: new for old, new in renamed.items() if old in said and new in said}
    for slug in merged:
        text = _with_entry(text, slug, "")
    into = set(merged.values()) - {subject.slug for subject in changed}
    changed += Subject.objects.filter(slug__in=into).order_by("slug")
    return Changed(text.encode("utf-8", "surrogateescape"), changed, left)


def _read(data: bytes | None) -> dict[str, object] | None:
    try:
        said = yaml.safe_load(data or b"") or {}
    except (yaml.YAMLError, UnicodeDecodeError):
        return None
    return said if isinstance(said, dict) else None


def _told(entry: object, slug: str) -> dict[str, object]:
    """An entry with what it leaves unsaid."""
    said: dict[str, object] = {"title": slug.replace("-", " ").capitalize(), "listed": True}
    if isinstance(entry, dict):
        said |= {name: value for name, value in entry.items() if value is not None}
    if not said.get("description"):
        said.pop("description", None)
    return said


def _is_default(subject: Subject) -> bool:
    """Whether a file need not say anything of the subject: its title is the one that its articles' files say."""
    says_more = subject.description or subject.position is not None or subject.imported_key
    return subject.is_listed and not says_more


def _with_entry(text: str, slug: str, entry: str) -> str:
    """The text with the lines of one entry replaced, or with the entry at its end."""
    keys = list(_TOP_LEVEL.finditer(text))
    for number, key in enumerate(keys):
        if key[1].strip().strip("\"'") == slug:
            end = keys[number + 1].start() if number + 1 < len(keys) else len(text)
            held = text[key.start() : end]
            # Comments and blank lines above the next entry are its own.
            own = re.sub(r"(?:\n[ \t]*(?:#[^\n]*)?)*\Z", "\n", held)
            return text[: key.start()] + entry + held[len(own) :] + text[end:]
    return text + ("" if not text or text.endswith("\n") else "\n") + entry
