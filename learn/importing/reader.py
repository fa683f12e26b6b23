"""Reads, validates and renders a file; runs in worker processes and knows no database."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, field
from typing import Any

from learn import derive, documents, files, rendering
from learn.files.packing import pack
from learn.files.problems import Problem
from learn.rendering import flaws

from .sources import SourceFile

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Loaded:
    """A file as the database will hold it. `values` is None where the file is rejected."""

    path: str
    problems: list[Problem]
    source_hash: str = ""
    url: str = ""
    subject_slug: str = ""
    slug: str = ""
    values: dict[str, Any] | None = None
    related: list[documents.Related] = field(default_factory=list)
    derived: dict[str, Any] = field(default_factory=dict)
    key: str = ""  # documents.import_key
    link_flaws: int = 0
    place: str = ""  # below the content root
    packed: bytes = b""  # the file's bytes, compressed
    pictures: tuple[str, ...] = ()  # the addresses of those that the answer names
    picture_names: list[str] | None = None  # what they are called here; None where there never was one


def load(source: SourceFile, *, render: bool = True) -> Loaded:
    """Read, validate and (unless told otherwise) render one file; what is wrong is in `problems`, never raised.

    A fault of our own is that file's problem, with a traceback in the log: never the end of everybody's import.
    """
    try:
        return _load(source, render=render)
    except Exception as error:
        logger.exception("%r could not be loaded", source.path)
        message = f"this file could not be loaded: {type(error).__name__}. The log says where; report it."
        return Loaded(source.path, [Problem(source.path, 1, 1, "error", "load-failed", message)])


def _load(source: SourceFile, *, render: bool) -> Loaded:
    try:
        data = source.file.read_bytes()
        document, problems = files.read_document(data, source.path)
    except OSError as error:
        return Loaded(source.path, [unreadable(source, error)])
    except files.DocumentError as error:
        return Loaded(source.path, error.problems)
    if source.is_converted:
        problems = [problem for problem in problems if problem.code not in files.NAME_WARNINGS]
    values = documents.row_values(document)
    derived = derive.derived_fields(document.question, document.answer) if render else {}
    for code, message in derived.get("render_problems", ()):
        if code == "picture-missing":  # learn.importing.pictures knows more
            continue
        line, column = files.key_position(data, "answer")
        problems.append(Problem(source.path, line, column, "warning", code, message))
    related = documents.related_values(document)
    return Loaded(
        path=source.path,
        problems=problems,
        source_hash=content_hash(data),
        url=document.url,
        subject_slug=document.subject_slug,
        slug=document.slug,
        values=values,
        related=related,
        derived=derived,
        key=documents.import_key(document.url, values, related),
        link_flaws=flaws.link_bits(document.url, [link.url for link in related]),
        place=source.place,
        packed=pack(data) if render else b"",
        pictures=rendering.picture_addresses(document.answer),
    )


def content_hash(data: bytes) -> str:
    """SHA-256 of a file's bytes: what decides whether it changed since its last import."""
    return hashlib.sha256(data).hexdigest()


def unreadable(source: SourceFile, error: OSError) -> Problem:
    return Problem(source.path, 1, 1, "error", "unreadable", f"cannot read the file: {error.strerror}.")


def crashed(source: SourceFile) -> Loaded:
    """What becomes of a file that ended the process which read it."""
    message = "the process that read this file ended abruptly. Look for extreme nesting or size."
    return Loaded(source.path, [Problem(source.path, 1, 1, "error", "crash", message)])
