r"""Breaks a formula that is too wide for a phone where an author would: before a relation, then before a plus or minus.

A display formula becomes rows aligned at their relations, as in amsmath's ``split``
(https://ctan.org/pkg/amsmath, section 3.3); one in a line of text becomes pieces between which the line may break.
Nothing is broken inside brackets, groups, ``\left`` pairs and environments.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

_TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|[^\\\s]", re.DOTALL)
_RELATIONS = frozenset(
    {
        "=", "<", ">", "≤", "≥", "≠", "≈", "≡", "→", "⇌", r"\leq", r"\geq", r"\le", r"\ge", r"\neq", r"\ne", r"\approx",
        r"\equiv", r"\sim", r"\simeq", r"\cong", r"\lt", r"\gt", r"\propto", r"\coloneqq", r"\triangleq", r"\doteq",
        r"\rightarrow", r"\longrightarrow", r"\leftrightarrow", r"\rightleftharpoons", r"\xrightarrow", r"\to",
        r"\xrightleftharpoons", r"\rightleftarrows", r"\subseteq", r"\subset", r"\ll", r"\gg", r"\leqslant",
        r"\geqslant",
    }
)  # fmt: skip
_STATEMENTS = frozenset(
    {
        r"\implies", r"\Rightarrow", r"\iff", r"\Leftrightarrow", r"\Longrightarrow", r"\Longleftrightarrow",
        r"\therefore",
    }
)  # fmt: skip
_OPERATORS = frozenset(
    {"+", "-", "−", r"\pm", r"\mp", r"\cup", r"\cap", r"\lor", r"\land", r"\vee", r"\wedge", r"\oplus"}
)
_TIMES = frozenset({r"\times", r"\cdot", "×", "⋅", r"\ast"})
_OPENING = frozenset({"(", "[", r"\{", r"\lbrace", r"\langle", r"\lfloor", r"\lceil", r"\lvert", r"\lVert"})
_CLOSING = frozenset({")", "]", r"\}", r"\rbrace", r"\rangle", r"\rfloor", r"\rceil", r"\rvert", r"\rVert"})
# These hold for the rest of a row, or say where a row is: what has them is left to its author.
_UNBREAKABLE = re.compile(
    r"\\(?:\\|begin|tag|label|color|displaystyle|textstyle|scriptstyle|limits|nolimits|over|atop|choose|middle|hline|newline"
    r"|overset\{\\text\{\ue000)(?![A-Za-z])|&|\ue000"
)
_COMMA_IN_NUMBER = re.compile(r"(?<=\d),(?=\d)")  # 46,500 and 3,14; a list has spaces
_MOST_ROWS = 12
_MOST_PLACES = 80  # more than that fills no twelve rows: it is a list, or hostile
_INDENT = r"\quad "


class _Place(NamedTuple):
    position: int
    tier: int  # 0 between statements, 1 before a relation, 2 before a plus, 3 before a times


def rows(tex: str, widest: float, width_of: Callable[[str], float]) -> str | None:
    """A display formula as rows no wider than ``widest`` (em), if that can be; None where there is nothing to gain.

    ``width_of`` tells the width of a piece of TeX, and raises ValueError for one that cannot stand alone.
    """
    pieces = _pieces(tex)
    if len(pieces) < 2:
        return None
    statements = [piece for piece in pieces if piece[0] == 0]
    if statements:
        lines = _filled(_joined(pieces, 0), widest, width_of)
        written = [row for line in lines for row in _split_long(line, widest, width_of)]
        written = [row if "&" in row else f"&{row}" for row in written]
    else:
        written = _aligned(tex, widest, width_of)
    if not 1 < len(written) <= _MOST_ROWS:
        return None
    return r"\begin{aligned}" + r" \\ ".join(written) + r"\end{aligned}"


def inline_pieces(tex: str, widest: float, width_of: Callable[[str], float]) -> list[str]:
    """The pieces of a formula in a line of text, no wider than ``widest`` if that can be; one where it is whole."""
    pieces = _joined(_pieces(tex), 1)
    out: list[str] = []
    for piece in pieces:
        if width_of(piece) > widest:
            out += _filled(_joined(_pieces(piece), 3), widest, width_of)
        else:
            out.append(piece)
    return out if len(out) <= 2 * _MOST_ROWS else [tex]


def _pieces(tex: str) -> list[tuple[int, str]]:
    """The formula in pieces, each with the tier of the place that it begins at; the first has 9."""
    if _UNBREAKABLE.search(tex):
        return [(9, tex)]
    places = [_Place(0, 9), *_places(tex), _Place(len(tex), 9)]
    found = [
        (here.tier, tex[here.position : following.position].strip()) for here, following in pairwise(places)
    ]
    return [(tier, piece) for tier, piece in found if piece]


def _places(tex: str) -> list[_Place]:  # noqa: C901 -- one branch for each kind of mark
    places = []
    within = {comma.end() for comma in _COMMA_IN_NUMBER.finditer(tex)}
    depth = brackets = 0
    before = ""
    for match in _TOKEN.finditer(tex):
        mark = match[0]
        if mark in {"{", "\\left"}:
            depth += 1
        elif mark in {"}", "\\right"}:
            depth -= 1
        elif depth == 0 and before not in {"\\left", "\\right", "_", "^"}:
            if mark in _OPENING or (mark == "|" and brackets == 0 and before in {"", "="}):
                brackets += 1
            elif mark in _CLOSING:
                brackets = max(0, brackets - 1)
            elif brackets == 0 and match.start():
                tier = _tier(mark, before)
                if tier is not None and before != "\\not":
                    places.append(_Place(match.start(), tier))
                elif (before in {",", ";"} and match.start() not in within) or (
                    before == "\\quad" and mark != "\\quad"
                ):
                    places.append(_Place(match.start(), 0))
            if mark == "\\not" and brackets == 0 and match.start():
                places.append(_Place(match.start(), 1))
        before = mark
    return places


def _tier(mark: str, before: str) -> int | None:
    is_binary = before not in _RELATIONS and before not in _OPERATORS and before not in _TIMES
    is_binary = (
        is_binary
        and before not in _STATEMENTS
        and before not in _OPENING
        and before not in {"", ",", ";", "\\quad"}
    )
    if mark in _STATEMENTS:
        return 0
    if mark in _RELATIONS:
        return 1 if before not in _RELATIONS else None
    if mark in _OPERATORS:
        return 2 if is_binary else None
    return 3 if mark in _TIMES and is_binary else None


def _joined(pieces: list[tuple[int, str]], tier: int) -> list[str]:
    """The pieces that begin at places up to a tier, each with what follows it."""
    out: list[str] = []
    for own, piece in pieces:
        if out and own > tier:
            out[-1] = f"{out[-1]} {piece}"
        else:
            out.append(piece)
    return out


def _filled(pieces: list[str], widest: float, width_of: Callable[[str], float]) -> list[str]:
    """The pieces put together again as far as they fit."""
    out: list[str] = []
    for piece in pieces:
        if out and width_of(f"{out[-1]} {piece}") <= widest:
            out[-1] = f"{out[-1]} {piece}"
        else:
            out.append(piece)
    return out


def _aligned(tex: str, widest: float, width_of: Callable[[str], float]) -> list[str]:
    """Rows of one statement: each begins with a relation, under the first; long sides go on below, indented."""
    left, *sides = _joined(_pieces(tex), 1)
    if not sides:
        return _split_long(tex, widest, width_of)
    margin = width_of(left)
    # Where the left side takes most of the line, or what is aligned behind it stays too wide, it has a row of its own.
    parts = [part for side in sides for part in _joined(_pieces(side), 3)]
    if margin > widest / 2 or margin + 1 + max(map(width_of, parts)) > widest:
        rows_ = _split_long(left, widest, width_of)
        rows_ = [row if "&" in row else f"&{row}" for row in rows_]
        for side in _filled(sides, widest - 1, width_of):
            rows_ += [f"&{_INDENT}{row}" for row in _filled(_joined(_pieces(side), 3), widest - 2, width_of)]
        return rows_
    out: list[str] = []
    for side in _filled(sides, widest - margin, width_of):
        first, *rest = _filled(_joined(_pieces(side), 3), widest - margin, width_of)
        out.append(f"{left}&{first}" if not out else f"&{first}")
        out += [f"&{_INDENT}{row}" for row in rest]
    return out


def _split_long(tex: str, widest: float, width_of: Callable[[str], float]) -> list[str]:
    if width_of(tex) <= widest:
        return [tex]
    first, *rest = _filled(_joined(_pieces(tex), 3), widest, width_of)
    return [f"&{first}", *(f"&{_INDENT}{row}" for row in rest)] if rest else [tex]
