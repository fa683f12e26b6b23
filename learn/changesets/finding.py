"""Finds a text or a pattern, and says what stands there when it is replaced. Pure, knows no database.

Patterns are RE2's (https://github.com/google/re2/wiki/Syntax): their time is linear in the text, whatever they are.
Python's own engine backtracks, and one pattern would keep a process busy for hours.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import re2

from learn.rendering.spans import Span, code_and_formulas

FIND_MAX = 1_000  # characters
REPLACE_MAX = 5_000
RESULT_MAX = 1_000_000  # characters of one field; what may be saved is less
MEMORY_MAX = 8 << 20  # bytes that RE2 may take for one pattern
CONTEXT = 40  # characters on either side of a hit
FIELDS = {
    "question": "Question",
    "answer": "Answer",
    "description": "Description",
    "keywords": "Keywords",
    "links": "Titles of links",
}
MARKDOWN = {"question": True, "answer": False, "description": True}  # whether it is one line
EVERYWHERE, OUTSIDE, INSIDE = "everywhere", "outside", "inside"
_REFERENCE = re.compile(r"\\(?:(u?)(\d)|(n)|(\\)|(.?))", re.DOTALL)
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class PatternError(ValueError):
    """The search or its replacement cannot be used; the message says why, for people."""


class TooLongError(ValueError):
    """What would stand there is longer than any field may be."""


class Hit(NamedTuple):
    """A place that is found, and what is to stand there."""

    start: int
    end: int
    new: str


@dataclass(frozen=True)
class Search:
    """What is looked for, how, where, and what replaces it. Making one raises PatternError where it cannot be used."""

    find: str
    replace: str = ""
    is_pattern: bool = False
    whole_words: bool = False
    match_case: bool = True
    where: str = EVERYWHERE
    fields: Collection[str] = field(default=("answer",))

    def __post_init__(self) -> None:
        if not self.find:
            raise PatternError("Write what is to be found.")
        if len(self.find) > FIND_MAX:
            raise PatternError(f"Write at most {FIND_MAX:,} characters to be found.")
        if len(self.replace) > REPLACE_MAX:
            raise PatternError(f"Write at most {REPLACE_MAX:,} characters to stand there.")
        if _UNSTORABLE.search(self.find + self.replace):
            raise PatternError("It holds characters that no text can hold: NUL or half of a character.")
        if self.is_pattern and self.compiled.fullmatch("") is not None:
            raise PatternError(
                "This pattern also finds nothing at all, everywhere. Write + instead of *, for example."
            )
        _ = self._template

    @cached_property
    def compiled(self) -> Any:
        """RE2's program. Raises PatternError."""
        options = re2.Options()
        options.literal = not self.is_pattern
        options.case_sensitive = self.match_case
        options.max_mem = MEMORY_MAX
        options.log_errors = False
        try:
            return re2.compile(f"(?m){self.find}" if self.is_pattern else self.find, options)
        except re2.error as error:
            told = error.args[0]
            told = told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)
            told = told.replace("(?m)", "")
            raise PatternError(f"This is no pattern that can be used: {told}.") from error

    def hits(self, name: str, text: str) -> list[Hit]:
        """The places in the field `name`, which says `text`, from left to right. Raises TooLongError."""
        if name not in self.fields:
            return []
        if not self.is_pattern and self.match_case and self.find not in text:
            return []
        spans: list[Span] | None = None
        found, size = [], 0
        for match in self.compiled.finditer(text):
            start, end = match.span()
            if start == end or (self.whole_words and not _is_whole(text, start, end)):
                continue
            if self.where != EVERYWHERE:
                if spans is None:
                    spans = (
                        _merged(code_and_formulas(text, is_line=MARKDOWN[name])) if name in MARKDOWN else []
                    )
                if _place(spans, start, end) != self.where:
                    continue
            new = self._expanded(match)
            size += len(new)
            if size > RESULT_MAX:
                raise TooLongError
            found.append(Hit(start, end, new))
        return found

    @cached_property
    def _template(self) -> list[str | tuple[int, bool]]:
        """The replacement in pieces: text, or the number of a group and whether its first letter becomes a capital."""
        if not self.is_pattern:
            return [self.replace]
        pieces: list[str | tuple[int, bool]] = []
        last = 0
        for reference in _REFERENCE.finditer(self.replace):
            pieces.append(self.replace[last : reference.start()])
            last = reference.end()
            upper, number, newline, backslash, _other = reference.groups()
            if number is not None:
                if int(number) > self.compiled.groups:
                    raise PatternError(
                        f"\\{number} stands for a group that the pattern does not have: it has {self.compiled.groups}."
                    )
                pieces.append((int(number), bool(upper)))
            elif newline:
                pieces.append("\n")
            elif backslash:
                pieces.append("\\")
            else:
                raise PatternError(f"{reference[0]} stands for nothing. Write \\\\ for a backslash.")
        pieces.append(self.replace[last:])
        return pieces

    def _expanded(self, match: Any) -> str:
        parts = []
        for piece in self._template:
            if isinstance(piece, str):
                parts.append(piece)
            else:
                number, is_upper = piece
                text = match.group(number) or ""
                parts.append(text[:1].upper() + text[1:] if is_upper else text)
        return "".join(parts)


def replaced(text: str, hits: Collection[Hit]) -> str:
    """`text` with these hits replaced. Raises TooLongError."""
    parts, last = [], 0
    for hit in hits:
        parts += [text[last : hit.start], hit.new]
        last = hit.end
    parts.append(text[last:])
    if sum(map(len, parts)) > RESULT_MAX:
        raise TooLongError
    return "".join(parts)


def context(name: str, text: str, hits: Collection[Hit]) -> Iterator[dict[str, Any]]:
    """Each hit with what stands around it, for people."""
    line, counted = 1, 0
    for hit in hits:
        line += text.count("\n", counted, hit.start)
        counted = hit.start
        yield {
            "field": FIELDS[name],
            "line": line if name == "answer" else 0,
            "before": text[max(0, hit.start - CONTEXT) : hit.start],
            "text": text[hit.start : hit.end],
            "after": text[hit.end : hit.end + CONTEXT],
            "new": hit.new,
        }


def _is_whole(text: str, start: int, end: int) -> bool:
    """Whether no letter, digit or underscore stands right beside a place."""
    around = text[start - 1 : start] if start else "", text[end : end + 1]
    return not any(character.isalnum() or character == "_" for character in around)


def _merged(spans: list[Span]) -> list[Span]:
    """The same places without overlaps."""
    merged: list[Span] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _place(spans: list[Span], start: int, end: int) -> str:
    """Where a hit stands: inside code or a formula, outside of all, or across an edge (empty)."""
    at = bisect_left(spans, (end, -1)) - 1  # the last one that begins before its end
    if at < 0 or spans[at][1] <= start:
        return OUTSIDE
    return INSIDE if spans[at][0] <= start and end <= spans[at][1] else ""
