"""The difference of two texts, line by line and word by word, for people to read. Pure, knows no database.

difflib compares; its own HtmlDiff writes tables with inline styles, which the content security policy forbids."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby, zip_longest
from typing import Literal, NamedTuple

MAX_LINES = 4_000  # beyond this the whole text counts as one change: comparing is quadratic in the worst case
MAX_LINE_LENGTH = 5_000  # characters: longer lines are not compared word by word
CONTEXT = 2  # unchanged lines shown around a change
_WORDS = re.compile(r"\w+|\s+|[^\w\s]")


class Piece(NamedTuple):
    """A stretch of a line; `is_changed` where the other side differs."""

    text: str
    is_changed: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a diff: unchanged, removed or added, with its number on either side (0: not there); or a gap."""

    kind: Literal["same", "removed", "added", "gap"]
    pieces: Sequence[Piece] = ()
    old_number: int = 0
    new_number: int = 0

    @property
    def mark(self) -> str:
        return {"removed": "−", "added": "+"}.get(self.kind, "")


def compare(old: str, new: str) -> list[Line]:
    """The lines of a unified diff from `old` to `new`; empty where they are equal."""
    if old == new:
        return []
    old_lines, new_lines = old.split("\n"), new.split("\n")
    if max(len(old_lines), len(new_lines)) > MAX_LINES:
        return list(_replaced(old_lines, new_lines, 0, 0))
    lines: list[Line] = []
    groups = list(SequenceMatcher(None, old_lines, new_lines, autojunk=False).get_grouped_opcodes(CONTEXT))
    for number, group in enumerate(groups):
        if number or group[0][1]:
            lines.append(Line("gap"))
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                lines += [
                    Line("same", (Piece(old_lines[i], is_changed=False),), i + 1, j1 + i - i1 + 1)
                    for i in range(i1, i2)
                ]
            else:
                lines += _replaced(old_lines[i1:i2], new_lines[j1:j2], i1, j1)
    if groups[-1][-1][2] < len(old_lines):
        lines.append(Line("gap"))
    return lines


def side_by_side(lines: Sequence[Line]) -> list[tuple[Line | None, Line | None]]:
    """The lines of `compare` in two columns: what was removed beside what was added in its place."""
    rows: list[tuple[Line | None, Line | None]] = []
    for is_kept, group in groupby(lines, key=lambda line: line.kind in ("same", "gap")):
        run = list(group)
        if is_kept:
            rows += [(line, line) for line in run]
        else:
            removed, added = ([line for line in run if line.kind == kind] for kind in ("removed", "added"))
            rows += zip_longest(removed, added)
    return rows


def _replaced(old: Sequence[str], new: Sequence[str], at_old: int, at_new: int) -> Iterator[Line]:
    """First what went, then what came; line for line compared by words."""
    pairs = [_words(a, b) for a, b in zip_longest(old, new)]
    for number, (pieces, _) in enumerate(pairs[: len(old)], start=at_old + 1):
        yield Line("removed", pieces, old_number=number)
    for number, (_, pieces) in enumerate(pairs[: len(new)], start=at_new + 1):
        yield Line("added", pieces, new_number=number)


def _words(old: str | None, new: str | None) -> tuple[Sequence[Piece], Sequence[Piece]]:
    if old is None or new is None or max(len(old), len(new)) > MAX_LINE_LENGTH:
        return (Piece(old or "", is_changed=True),), (Piece(new or "", is_changed=True),)
    a, b = _WORDS.findall(old), _WORDS.findall(new)
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    if matcher.quick_ratio() < 0.4:  # another sentence altogether: marking single words only confuses
        return (Piece(old, is_changed=True),), (Piece(new, is_changed=True),)
    left: list[Piece] = []
    right: list[Piece] = []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if i1 < i2:
            left.append(Piece("".join(a[i1:i2]), tag != "equal"))
        if j1 < j2:
            right.append(Piece("".join(b[j1:j2]), tag != "equal"))
    return left, right
