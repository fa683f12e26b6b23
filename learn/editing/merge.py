"""Three-way merge of a text that two people changed: conflicts are marked for a person to decide.

Line by line, as version control does it: merge3 finds the conflicts. Pure, knows no database.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from merge3 import Merge3

MINE, DIVIDER, THEIRS = "<<<<<<< yours", "=======", ">>>>>>> theirs"
# SequenceMatcher is quadratic in the worst case; the longest real answer has 150 lines.
MAX_LINES = 4_000


class Merged(NamedTuple):
    text: str
    conflicts: int  # marked in the text, because both sides changed the same lines differently


def merge(base: str, mine: str, theirs: str) -> Merged:
    """Put the changes from `base` to `mine` and from `base` to `theirs` together."""
    if mine in (base, theirs):
        return Merged(theirs, 0)
    if theirs == base:
        return Merged(mine, 0)
    of_base, of_mine, of_theirs = (text.split("\n") for text in (base, mine, theirs))
    if max(map(len, (of_base, of_mine, of_theirs))) > MAX_LINES:
        return Merged("\n".join([MINE, mine, DIVIDER, theirs, THEIRS]), 1)
    lines: list[str] = []
    conflicts = 0
    # The type that merge3 asks for is too narrow even for difflib's own class.
    merge3 = Merge3(of_base, of_mine, of_theirs, sequence_matcher=_LineMatcher)  # type: ignore[arg-type]
    for group in merge3.merge_groups():
        if group[0] == "conflict":
            lines += [MINE, *group[2], DIVIDER, *group[3], THEIRS]
            conflicts += 1
        else:
            lines += group[1]
    return Merged("\n".join(lines), conflicts)


def has_marks(text: str) -> bool:
    """Whether `text` still holds a conflict that `merge` marked."""
    lines = {line.rstrip() for line in text.split("\n")}
    return MINE in lines or THEIRS in lines


class _LineMatcher(SequenceMatcher[str]):
    """Counts every line: by default those that are frequent in a long text, as empty ones are, match nothing."""

    def __init__(self, isjunk: None, a: Sequence[str], b: Sequence[str]) -> None:
        super().__init__(isjunk, a, b, autojunk=False)
