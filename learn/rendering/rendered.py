"""What rendering an answer gives: its HTML, its text, its headings, and what an editor should put right."""

from __future__ import annotations

from dataclasses import dataclass

# A hostile text has thousands of problems, and nobody reads more than these.
MAX_PROBLEMS = 50
_EXCERPT_LENGTH = 80


@dataclass(frozen=True, slots=True)
class RenderProblem:
    """One problem: a stable code, a sentence for the editor, and the place in the text."""

    code: str
    message: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of an answer, for a list of contents: its level in the page (3 to 6), its id, and its text."""

    level: int
    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """An answer as pages need it.

    ``html`` is safe to show as it is. ``text`` is the answer without markup: a line for each paragraph, list item and
    table row, formulas in Unicode. ``has_math`` and ``has_code`` (blocks of code) tell which styles a page needs.
    """

    html: str
    text: str
    has_math: bool
    has_code: bool
    headings: tuple[Heading, ...]
    problems: tuple[RenderProblem, ...]


class Problems:
    """Collects the problems of one answer, each once, up to MAX_PROBLEMS."""

    def __init__(self) -> None:
        self._found: dict[RenderProblem, None] = {}

    def add(self, code: str, message: str, excerpt: str) -> None:
        if len(self._found) < MAX_PROBLEMS:
            tidy = " ".join(excerpt.split())
            if len(tidy) > _EXCERPT_LENGTH:
                tidy = f"{tidy[: _EXCERPT_LENGTH - 1]}…"
            self._found.setdefault(RenderProblem(code, message, tidy))

    def found(self) -> tuple[RenderProblem, ...]:
        return tuple(self._found)
