"""Where code and formulas stand in a text as it is written: what a change of the words around them must leave alone."""

from __future__ import annotations

import re

from .math import Finder
from .placeholders import neutralise
from .rendered import Problems

Span = tuple[int, int]  # from, to


def code_and_formulas(text: str, *, is_line: bool = False) -> list[Span]:
    """The places of all code and all formulas in a Markdown text, in order; they may overlap. Linear."""
    places = _found(text, is_line=is_line)
    return sorted([*places.code, *places.formulas]) if places else []


def formulas(text: str) -> list[Span]:
    """The places of all formulas in a Markdown text, in order. Linear."""
    places = _found(text, is_line=False)
    return sorted(places.formulas) if places else []


def _found(text: str, *, is_line: bool) -> _Places | None:
    if not any(mark in text for mark in "$\\`~"):
        return None
    finder = _Places(neutralise(text), Problems(), is_line=is_line)
    finder.protect()
    return finder


class _Places(Finder):
    """Notes where each formula and each piece of code stands, and converts none."""

    def __init__(self, text: str, problems: Problems, *, is_line: bool) -> None:
        super().__init__(text, problems, is_line=is_line)
        self.code: list[Span] = []
        self.formulas: list[Span] = []

    def _after_code(self, opening: re.Match[str]) -> int:
        end = super()._after_code(opening)
        if end > opening.end():
            self.code.append((opening.start(), end))
        return end

    def _take(self, start: int, end: int, body: str, *, is_display: bool) -> None:  # noqa: ARG002 the parent's
        self.formulas.append((start, end))
