"""What is found in an answer, and the bits by which it is stored."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntFlag
from typing import NamedTuple

MOST = 10  # of one kind: nobody mends more at a time


class Word(IntFlag):
    """The bits of `AnswerWords.bits`. Stored, so a value never changes its meaning."""

    EMPTY_LINK = 1
    VAGUE_LINK = 2
    LOST_LINK = 4
    SKIPPED_HEADING = 8
    FAKED_HEADING = 16
    HEADLESS_TABLE = 32
    SILENT_PICTURE = 64
    COLOUR_ALONE = 128
    WALL = 256
    LONG_SENTENCE = 512
    HARD = 1024


class Repair(NamedTuple):
    """What is safe to put into the place of answer[start:end]; `label` says so on a button."""

    start: int
    end: int
    text: str
    label: str


class Finding(NamedTuple):
    """One thing to look at. `line` counts the lines of the answer from 1."""

    kind: Word
    line: int
    message: str
    repair: Repair | None = None


def bits(findings: Iterable[Finding]) -> int:
    """The value of `AnswerWords.bits`."""
    total = 0
    for finding in findings:
        total |= finding.kind
    return total
