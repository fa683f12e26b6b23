"""Two people changed one text: what can be put together is, what cannot is marked for a person to decide.

Line by line, as version control does it; pure, knows no database.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

MINE, DIVIDER, THEIRS = "<<<<<<< yours", "=======", ">>>>>>> theirs"
# SequenceMatcher is quadratic in the worst case; the longest real answer has 150 lines.
MAX_LINES = 4_000


class Merged(NamedTuple):
    text: str
    conflicts: int  # places marked in the text, because both changed them differently


def merge(base: str, mine: str, theirs: str) -> Merged:
    """Put the changes from `base` to `mine` and from `base` to `theirs` together."""
    if mine in (base, theirs):
        return Merged(theirs, 0)
    if theirs == base:
        return Merged(mine, 0)
    texts = [text.split("\n") for text in (base, mine, theirs)]
    if max(map(len, texts)) > MAX_LINES:
        return Merged("\n".join([MINE, mine, DIVIDER, theirs, THEIRS]), 1)
    lines: list[str] = []
    conflicts = 0
    for is_conflict, piece in _pieces(*texts):
        lines += piece
        conflicts += is_conflict
    return Merged("\n".join(lines), conflicts)


def has_marks(text: str) -> bool:
    """Whether `text` still holds a place that `merge` left to be decided."""
    lines = {line.rstrip() for line in text.split("\n")}
    return MINE in lines or THEIRS in lines


def _pieces(
    base: Sequence[str], mine: Sequence[str], theirs: Sequence[str]
) -> Iterator[tuple[bool, Sequence[str]]]:
    """The merged lines in order, each piece with whether it is a marked conflict."""
    at_base = at_mine = at_theirs = 0
    for begin, end, in_mine, in_theirs in _common(base, mine, theirs):
        yield _decide(base[at_base:begin], mine[at_mine:in_mine], theirs[at_theirs:in_theirs])
        yield False, base[begin:end]
        length = end - begin
        at_base, at_mine, at_theirs = end, in_mine + length, in_theirs + length


def _decide(base: Sequence[str], mine: Sequence[str], theirs: Sequence[str]) -> tuple[bool, Sequence[str]]:
    if mine in (base, theirs):
        return False, theirs
    if theirs == base:
        return False, mine
    return True, [MINE, *mine, DIVIDER, *theirs, THEIRS]


def _common(
    base: Sequence[str], mine: Sequence[str], theirs: Sequence[str]
) -> Iterator[tuple[int, int, int, int]]:
    """The runs of lines that all three share: begin and end in `base`, begin in `mine`, begin in `theirs`."""
    of_mine = SequenceMatcher(None, base, mine, autojunk=False).get_matching_blocks()
    of_theirs = SequenceMatcher(None, base, theirs, autojunk=False).get_matching_blocks()
    first = second = 0
    while first < len(of_mine) and second < len(of_theirs):
        a, b = of_mine[first], of_theirs[second]
        begin, end = max(a.a, b.a), min(a.a + a.size, b.a + b.size)
        if begin < end:
            yield begin, end, a.b + begin - a.a, b.b + begin - b.a
        if a.a + a.size < b.a + b.size:
            first += 1
        else:
            second += 1
    yield len(base), len(base), len(mine), len(theirs)
