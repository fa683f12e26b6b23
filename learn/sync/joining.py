"""Puts a change into a file that says more by now: field by field, in texts line by line."""

from __future__ import annotations

from pydantic import ValidationError

from learn import documents, files
from learn.editing import three_way
from learn.files.document import ArticleDocument
from learn.files.patch import patch_document
from learn.files.writer import write_document


def joined(before: bytes | None, present: bytes, wanted: bytes, path: str) -> bytes | None:
    """The file `present` with what changed from `before` to `wanted`; None where both changed the same thing."""
    if before is None:
        return None
    try:
        base, theirs = (three_way.side_of_file(data, path) for data in (before, wanted))
    except files.DocumentError:
        return None
    return changed(present, base, theirs, path)


def changed(present: bytes, base: three_way.Side, theirs: three_way.Side, path: str) -> bytes | None:
    """The file `present` with what changed from one side to the other; None where that cannot be."""
    try:
        document, _warnings = files.read_document(present, path)
        values = documents.row_values(document)
        mine = three_way.Side(values, documents.related_values(document), document.url)
        together = three_way.put_together(base, mine, theirs)
        if together.clashes:
            return None
        said = documents.document_from({**values, **together.values}, together.related, together.path)
    except (files.DocumentError, ValidationError):
        return None
    return patch_document(present, said)


def side_of_document(document: ArticleDocument) -> three_way.Side:
    return three_way.Side(documents.row_values(document), documents.related_values(document), document.url)


def address_in(data: bytes, path: str) -> str:
    """The url that a file says; empty where it cannot be read."""
    try:
        return files.read_document(data, path)[0].url
    except files.DocumentError:
        return ""


def written(document: ArticleDocument) -> bytes:
    return write_document(document).encode()
