"""The problems of a run by kind: how many there are of each, one of them, the worst kind first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from learn.files.problems import Problem, Severity

# Warnings of what visitors may see and nobody meant, then what waits for a person, then all others, then what is only
# untidy: without it, the few faults that embarrass a reader drown in thousands of repeated links.
SEEN, WAITS, OTHER, UNTIDY = range(4)
_RANKS = {
    "lifecycle": SEEN,
    "not-honoured": SEEN,
    "future-date": SEEN,
    "comment": SEEN,
    "body": SEEN,
    "no-break-space": SEEN,
    "conflict": WAITS,
    "superseded": WAITS,
    "gone-but-edited": WAITS,
    "dead-link": UNTIDY,
    "related-repeated": UNTIDY,
    "related-self": UNTIDY,
    "file-name": UNTIDY,
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: its code, in how many places it is, in how many files, and the first of them."""

    severity: Severity
    code: str
    count: int
    files: int
    example: Problem

    def as_json(self) -> dict[str, Any]:
        example = {"path": self.example.path, "line": self.example.line, "message": self.example.message}
        return {
            "severity": self.severity,
            "code": self.code,
            "count": self.count,
            "files": self.files,
            "example": example,
        }

    def line(self) -> str:
        """The same in a line for people; the example's message says what to do."""
        return f"{self.count:>7,} {self.code}, for example {self.example}"


def kinds_of(problems: Iterable[Problem]) -> list[Kind]:
    """The kinds of these problems: errors first, then the warnings by how much a visitor suffers, then by number."""
    found: dict[tuple[Severity, str], list[Problem]] = defaultdict(list)
    for problem in problems:
        found[problem.severity, problem.code].append(problem)
    kinds = [
        Kind(severity, code, len(members), len({member.path for member in members}), min(members))
        for (severity, code), members in found.items()
    ]
    return sorted(
        kinds,
        key=lambda kind: (kind.severity != "error", _RANKS.get(kind.code, OTHER), -kind.count, kind.code),
    )
