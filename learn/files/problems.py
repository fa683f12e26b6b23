"""Problems of a file: position, severity, code and message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


def printable(text: str) -> str:
    """`text` without characters that a terminal obeys or that begin another line of a log, each as its escape.

    Names of files come from archives: an escape sequence in one could rename a window, or forge a line.
    """
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One problem: `path`, the line and column as a text editor shows them, and what to write instead.

    `line` and `column` count from 1, columns in characters. `code` names the kind of problem for programs. An
    error rejects the file; a warning does not.
    """

    path: str
    line: int
    column: int
    severity: Severity
    code: str
    message: str

    def __str__(self) -> str:
        return printable(f"{self.path}:{self.line}:{self.column}: {self.message}")


class DocumentError(Exception):
    """A file is rejected. `problems` lists everything that is wrong with it, warnings included, in file order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems)
        self.problems = list(problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))
