r"""The commands that an author defines in an answer: ``\newcommand``, ``\def``, ``\let``, ``\DeclareMathOperator``.

A definition holds from where it stands to the end of the answer, whatever group it stands in. Expanding is bounded in
steps and in length, so that no definition can grow without end (https://en.wikipedia.org/wiki/Billion_laughs_attack).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .arguments import argument, option, skip_space

DEFINITION = re.compile(
    r"(?:\\(?:global|long)\s*)*\\(?:(?P<new>(?:re|provide)?newcommand|providecommand)\*?|(?P<operator>DeclareMathOperator\*?)|(?P<let>let)"
    r"|(?P<plain>[gex]?def))(?![A-Za-z])"
)
_NAME = re.compile(r"\\(?:[A-Za-z]+|.)", re.DOTALL)
_PARAMETER = re.compile(r"#(\d)")
_PARAMETERS = re.compile(r"(?:#\d)*")
MAX_STEPS = 500
MAX_ALL_STEPS = 10_000  # of all formulas of an answer
MAX_LENGTH = 4_000  # characters of a formula written out
MAX_DEFINITIONS = 100
# Without these no formula is read; an answer that redefined one would be shown in a way that nobody foresees.
_FIXED = frozenset(
    {"\\begin", "\\end", "\\left", "\\right", "\\def", "\\newcommand", "\\let", "\\text", "\\\\"}
)


class MacroError(ValueError):
    """A definition that cannot be read or used; the message is for an editor."""


@dataclass(frozen=True, slots=True)
class Macro:
    parameters: int
    default: str | None  # of the first parameter, where it is optional
    body: str


class Macros:
    """The definitions of one answer."""

    def __init__(self) -> None:
        self._known: dict[str, Macro] = {}
        self._pattern: re.Pattern[str] | None = None
        self._steps = 0

    def __bool__(self) -> bool:
        return bool(self._known)

    def expand(self, tex: str) -> str:
        """A formula without its definitions, which are remembered, and with every command of the author's written out.

        Raises MacroError.
        """
        if "\\" not in tex:
            return tex
        if DEFINITION.search(tex):
            tex = self._read_definitions(tex)
        if self._pattern is None or not self._pattern.search(tex):
            return tex
        return self._write_out(tex)

    def _read_definitions(self, tex: str) -> str:
        out = []
        position = 0
        while match := DEFINITION.search(tex, position):
            out.append(self._written(tex[position : match.start()]))
            position = self._define(match, tex)
        out.append(tex[position:])
        return "".join(out).strip()

    def _written(self, tex: str) -> str:
        return self._write_out(tex) if self._pattern is not None and self._pattern.search(tex) else tex

    def _define(self, match: re.Match[str], tex: str) -> int:  # noqa: C901 -- one branch for each way to define
        position = skip_space(tex, match.end())
        if tex[position : position + 1] == "{":
            written, position = argument(tex, position)
            name = written.strip()
        else:
            found = _NAME.match(tex, position)
            name, position = (found[0], found.end()) if found else ("", position)
        if not _NAME.fullmatch(name) or name in _FIXED:
            raise MacroError(f"The formula defines a command with {match[0]} that cannot be defined here.")
        parameters, default = 0, None
        if match["new"]:
            count, position = option(tex, position)
            if count is not None and count.strip().isdigit():
                parameters = int(count)
                default, position = option(tex, position)
            body, position = argument(tex, position)
        elif match["operator"]:
            body, position = argument(tex, position)
            body = rf"\operatorname{'*' if match[0].endswith('*') else ''}{{{body}}}"
        elif match["let"]:
            position = skip_space(tex, position)
            if tex[position : position + 1] == "=":
                position += 1
            body, position = argument(tex, position)
            body = self._known[body].body if body in self._known else body
        else:
            marks = _PARAMETERS.match(tex, skip_space(tex, position))
            parameters = len(marks[0]) // 2 if marks else 0
            position = marks.end() if marks else position
            if tex[position : position + 1] != "{":
                raise MacroError(
                    f"The formula defines a command with {match[0]} in a form that is not read here."
                )
            body, position = argument(tex, position)
            if match["plain"] in {"edef", "xdef"}:
                body = self._written(body)  # as the commands in it stand here, not where it is used
        if parameters > 9 or len(self._known) >= MAX_DEFINITIONS:
            raise MacroError("The answer defines too many commands, or one with too many arguments.")
        self._known[name] = Macro(parameters, default, body)
        names = sorted(map(re.escape, self._known), key=len, reverse=True)
        self._pattern = re.compile("|".join(f"{n}(?![A-Za-z])" if n[-1].isalpha() else n for n in names))
        return position

    def _write_out(self, tex: str) -> str:
        pattern = self._pattern
        if pattern is None:
            return tex
        position = 0
        for _ in range(MAX_STEPS):
            match = pattern.search(tex, position)
            if match is None:
                return tex
            self._steps += 1
            if self._steps > MAX_ALL_STEPS:
                break
            if match.start() and tex[match.start() - 1] == "\\" and _is_escaped(tex, match.start()):
                position = match.end()
                continue
            written, end = self._call(self._known[match[0]], tex, match.end())
            if tex[: match.start()].rstrip()[-1:] in {"_", "^"}:
                # Behind a script the command is one argument, and so is what it stands for.
                written = f"{{{written}}}"
            elif _CONTROL_WORD.search(written):
                written += " "
            elif command := _CONTROL_WORD.search(tex, 0, match.start()):
                # "\\sqrt\\a" takes all of it, and "\\sin\\a" must not become another command.
                written = f"{{{written}}}" if _TAKES_ONE.fullmatch(command[0]) else f" {written}"
            tex = f"{tex[: match.start()]}{written}{tex[end:]}"
            position = match.start()
            if len(tex) > MAX_LENGTH:
                break
        raise MacroError("The commands that the answer defines write out to something too long.")

    def _call(self, macro: Macro, tex: str, position: int) -> tuple[str, int]:
        given = []
        for number in range(macro.parameters):
            if number == 0 and macro.default is not None:
                value, position = option(tex, position)
                given.append(macro.default if value is None else value)
            else:
                value, position = argument(tex, position)
                given.append(value)
        return _PARAMETER.sub(
            lambda mark: given[int(mark[1]) - 1] if 0 < int(mark[1]) <= len(given) else "", macro.body
        ), position


_CONTROL_WORD = re.compile(r"\\[A-Za-z]+\Z")
_TAKES_ONE = re.compile(
    r"\\(?:[cdt]?frac|sqrt|[dt]?binom|(?:over|under)line|(?:wide)?(?:hat|tilde|check)|bar|vec|d+ot|acute|grave|breve|math[a-z]+"
    r"|text[a-z]*|bm|boldsymbol|operatorname|[bx]?cancel|boxed)"
)


def _is_escaped(tex: str, position: int) -> bool:
    """Whether the backslash at ``position`` belongs to the one before it: a row break, and no command."""
    count = 0
    while position > count and tex[position - count - 1] == "\\":
        count += 1
    return count % 2 == 1
