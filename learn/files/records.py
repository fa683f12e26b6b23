"""An article as a record: one object of JSON, the keys of its front matter with the answer as it is read.

What a record needs beside them stands under two more keys: `_body`, the text below the front matter, where that is not
the usual one, and `_layout`, how its file was laid out, where that is unusual. A file's own key of such a name has one
more underscore.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from .document import ArticleDocument
from .layout import front_matter
from .problems import DocumentError
from .reading import document_of_values, read_document
from .writer import write_document

BODY, LAYOUT = "_body", "_layout"
_USUAL_BODY = ArticleDocument.model_fields["body"].default
_RESERVED = re.compile(r"_+(?:body|layout)")


def record_of(document: ArticleDocument) -> dict[str, Any]:
    """The record of a document; `text_of(record_of(document))` is the text of its file."""
    record: dict[str, Any] = {}
    for key, value in front_matter(document).items():
        name = f"_{key}" if _RESERVED.fullmatch(key) else key
        record[name] = value.isoformat() if isinstance(value, dt.date) else value
    if document.body != _USUAL_BODY:
        record[BODY] = document.body
    if document.layout:
        record[LAYOUT] = document.layout
    return record


def text_of(record: Mapping[str, Any]) -> str:
    """The text of the file that says what a record does. Raises InvalidValuesError (learn.files.reading)."""
    values = {
        key[1:] if _RESERVED.fullmatch(key) else key: value
        for key, value in record.items()
        if key not in (BODY, LAYOUT)
    }
    body = record.get(BODY)
    document = document_of_values(values, _USUAL_BODY if body is None else body)
    if layout := record.get(LAYOUT):
        try:
            text = write_document(document.model_copy(update={"layout": layout}))
            read, _warnings = read_document(text.encode(), "")
            if read.model_copy(update={"layout": None}) == document:
                return text
        except (AttributeError, KeyError, TypeError, ValueError, DocumentError, ValidationError):
            pass  # it was not made by an export: nothing but the looks of a file is lost
    return write_document(document)
