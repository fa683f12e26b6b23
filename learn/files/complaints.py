"""Turns pydantic's validation errors into messages that say what an editor should write instead."""

from __future__ import annotations

import re
from typing import Any

from pydantic_core import ErrorDetails

from . import limits
from .document import ArticleDocument, RelatedArticle, Seo
from .strict_yaml import Path

_CONTROL_CHARACTER = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_QUOTED_CHARACTERS = 60  # how much of a wrong text a message repeats
_NOT_A_DAY = "`{name}` is {value}, not a day of the calendar: write year, month and day in {example}"

# Kind of error -> code of the problem, message. {name}: the key's full name, {key}: its last part, {value}: what
# stands there, {example}: what could.
_COMPLAINTS = {
    "missing": ("missing-field", "`{name}` is missing: write {example}"),
    "empty": ("empty-field", "`{name}` has no value: write {example}"),
    "blank": ("empty-field", "`{name}` is blank: write {example}"),
    "several-lines": ("line-break", "`{name}` has several lines: write it on one line, below `>-`"),
    "character": ("control-character", "`{name}` holds the control character {character}: remove it"),
    "string_too_long": (
        "too-long",
        "`{name}` has {length:,} characters, more than the {max_length:,} allowed: shorten it",
    ),
    "body": (
        "too-long",
        "the text after the front matter has {length:,} characters, more than the {max_length:,} allowed: shorten it",
    ),
    "string_type": (
        "wrong-type",
        "`{name}` is {value}, not text: write text, in quotes if it begins with a bracket",
    ),
    "unquoted": (
        "wrong-type",
        "`{name}` reads as {value}, not as text: put it in quotes, `{key}: '{written}'`",
    ),
    "int_type": ("wrong-type", "`{name}` is {value}, not a whole number: write {example}, without quotes"),
    "float_type": ("wrong-type", "`{name}` is {value}, not a number: write {example}, without quotes"),
    "bool_type": (
        "wrong-type",
        "`{name}` is {value}, neither true nor false: write {example}, without quotes",
    ),
    "model_type": (
        "wrong-type",
        "`{name}` is {value}, not a mapping: write its keys on the lines below it, indented",
    ),
    "date": ("wrong-date", _NOT_A_DAY),
    "date_type": ("wrong-date", _NOT_A_DAY),
    "url": (
        "wrong-url",
        "`{name}` is {value}: write /learn/<subject>/questions/<slug>, with lower-case letters, digits and hyphens",
    ),
    "related-url": ("wrong-url", "`{name}` is {value}: write an address without spaces"),
    "long_slug": (
        "too-long",
        f"`{{name}}` has a part of more than {limits.SLUG_MAX_LENGTH} characters: shorten it",
    ),
    "reserved_slug": (
        "reserved-subject",
        "`{name}` is {value}, but the site keeps that address for a page of its own: choose another subject",
    ),
    "extra_value": (
        "wrong-value",
        "`{name}` holds a control character or a number that cannot be kept: write plain text",
    ),
    "extra_too_long": (
        "too-long",
        f"the unknown keys have more than {limits.EXTRA_MAX_LENGTH:,} characters: remove what is not the article's",
    ),
}


def complain(error: ErrorDetails, path: Path, *, is_empty: bool = False) -> tuple[str, str]:
    """The code and the message for one error about the value at `path` of the front matter.

    `is_empty`: the key stands there without a value.
    """
    value = error["input"]
    kind = "empty" if error["type"] == "missing" and is_empty else _kind(error["type"], path, value)
    code, message = _COMPLAINTS.get(kind, ("wrong-value", "`{name}` is {value} ({reason}): write {example}"))
    return code, message.format(
        name=".".join(map(str, path)),
        key=path[-1] if path else "",
        value=describe(value),
        written=str(value).lower() if isinstance(value, bool) else value,
        length=len(value) if isinstance(value, str) else 0,
        max_length=error.get("ctx", {}).get("max_length", 0),
        character=_character(value),
        example=_example(path),
        reason=error["msg"],
    )


def describe(value: object) -> str:
    """A value of the front matter as a message names it."""
    if isinstance(value, str):
        short = value if len(value) <= _QUOTED_CHARACTERS else value[:_QUOTED_CHARACTERS] + "…"
        return f"the text “{short}”"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"the number {value}"
    return "a list" if isinstance(value, list) else "a mapping" if isinstance(value, dict) else "empty"


def _kind(kind: str, path: Path, value: object) -> str:
    """The key of `_COMPLAINTS`: pydantic's own kind, or a closer one for texts."""
    if path == ("body",):
        return "body"
    if kind == "string_type" and isinstance(value, bool | int | float):
        return "unquoted"
    if kind not in {"string_pattern_mismatch", "string_unicode"} or not isinstance(value, str):
        return kind
    if path == ("url",):
        return "url"
    if _CONTROL_CHARACTER.search(value):
        return "character"
    if not value.strip():
        return "blank"
    return "related-url" if path[-1] == "url" else "several-lines"


def _character(value: object) -> str:
    found = _CONTROL_CHARACTER.search(value) if isinstance(value, str) else None
    return f"U+{ord(found[0]):04X}" if found else ""


def _example(path: Path) -> str:
    """What to write for the key at `path`."""
    if path == ("answer",):
        return "`answer: >-`, and the text on the next line, indented by four spaces"
    model = {1: ArticleDocument, 2: Seo if path[0] == "seo" else RelatedArticle}.get(len(path))
    fields: dict[str, Any] = model.model_fields if model else {}
    field = next((field for name, field in fields.items() if path[-1] in {name, field.alias}), None)
    if field is None or not field.examples:
        return "its keys on the lines below it, indented"
    example = field.examples[0]
    return f"a line such as `{path[-1]}: {str(example).lower() if isinstance(example, bool) else example}`"
