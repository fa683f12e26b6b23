"""What an export did, and what keeps an article from being a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pydantic import ValidationError

from learn.files.complaints import complain
from learn.files.problems import Problem


@dataclass(slots=True)
class ExportReport:
    """`written`, `unchanged`, `removed`, `merged` count files, `rows` those of a table, `left_out` articles whose files
    are gone.
    """

    written: int = 0
    unchanged: int = 0
    removed: int = 0
    merged: int = 0
    left_out: int = 0
    rows: int = 0
    problems: list[Problem] = field(default_factory=list)


def problems_of(path: str, error: ValidationError) -> Iterator[Problem]:
    """What an article says that no file may."""
    for fault in error.errors(include_url=False):
        _code, message = complain(fault, fault["loc"])
        yield Problem(
            path, 1, 1, "error", "invalid", f"{message}. Correct it in the admin, then export again."
        )
