"""TeX to MathML Core: repairs what real answers need, converts it, and keeps inline styles out of the result."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from learn.rendering import repairs
from learn.rendering.formula_text import measure

if TYPE_CHECKING:
    from math_core import LatexToMathML

# math-core reads groups by recursion and ends the process when its stack is full, which begins near 200 kB of open
# braces or 2,500 nested exponents. No formula of the library is longer than 500 characters or deeper than 8.
MAX_LENGTH = 2_000
MAX_DEPTH = 60

# What math-core says in ``style`` attributes, which our Content-Security-Policy forbids, said by classes instead.
# The stylesheet defines every one of these; a test compares the two.
CLASSES = {
    "m-start": "text-align: start; justify-items: start",
    "m-end": "text-align: end; justify-items: end",
    "m-flush-start": "padding-inline-start: 0",
    "m-flush-end": "padding-inline-end: 0",
    "m-flush-block": "padding-block: 0",
    "m-gap-start": "padding-inline-start: 1em",
    "m-near-start": "padding-inline-start: 0.1em",
    "m-near-end": "padding-inline-end: 0.1em",
    "m-thin-end": "padding-inline-end: 0.1667em",
    "m-thin-top": "padding-block-start: 0.1667em",
    "m-line-top": "border-block-start: 0.05em solid currentcolor",
    "m-line-start": "border-inline-start: 0.05em solid currentcolor",
    "m-line-end": "border-inline-end: 0.05em solid currentcolor",
    "m-dash-top": "border-block-start: 0.05em dashed currentcolor",
    "m-dash-start": "border-inline-start: 0.05em dashed currentcolor",
    "m-dash-end": "border-inline-end: 0.05em dashed currentcolor",
    "m-full": "inline-size: 100%",
    "m-half": "inline-size: 50%",
    "m-margin": "inline-size: 7.5%",
    "m-back-thin": "margin-inline-start: -0.1667em",
    "m-back-medium": "margin-inline-start: -0.2222em",
    "m-back-thick": "margin-inline-start: -0.2778em",
    "m-compact": "math-shift: compact",
    "m-small-caps": "font-variant-caps: small-caps",
    "m-small": "font-size: 80%",
    "m-large": "font-size: 140%",
}

_DECLARATIONS = {
    "text-align:left": "m-start",
    "text-align:right": "m-end",
    "justify-items:start": "",
    "justify-items:end": "",
    "padding-left:0": "m-flush-start",
    "padding-right:0": "m-flush-end",
    "padding-top:0": "m-flush-block",
    "padding-bottom:0": "m-flush-block",
    "padding-left:1em": "m-gap-start",
    "padding-left:0.1em": "m-near-start",
    "padding-right:0.1em": "m-near-end",
    "padding-right:0.1667em": "m-thin-end",
    "padding-top:0.1667em": "m-thin-top",
    "border-top:0.05em solid currentcolor": "m-line-top",
    "border-left:0.05em solid currentcolor": "m-line-start",
    "border-right:0.05em solid currentcolor": "m-line-end",
    "border-top:0.05em dashed currentcolor": "m-dash-top",
    "border-left:0.05em dashed currentcolor": "m-dash-start",
    "border-right:0.05em dashed currentcolor": "m-dash-end",
    "width:100%": "m-full",
    "width:50%": "m-half",
    "width:7.5%": "m-margin",
    "margin-left:-0.16666667em": "m-back-thin",
    "margin-left:-0.22222222em": "m-back-medium",
    "margin-left:-0.2222222em": "m-back-medium",
    "margin-left:-0.2777778em": "m-back-thick",
    "margin-left:-0.27777778em": "m-back-thick",
    "math-shift:compact": "m-compact",
    "font-variant-caps:small-caps": "m-small-caps",
}

# What KaTeX knew, which the answers were written for, and math-core does not.
_MACROS = {
    "mbox": r"\text{#1}",
    "hbox": r"\text{#1}",
    "textnormal": r"\text{#1}",
    "textup": r"\text{#1}",
    "pmb": r"\bm{#1}",
    "mathds": r"\mathbb{#1}",
    "mathbbm": r"\mathbb{#1}",
    "substack": r"\begin{subarray}{c}#1\end{subarray}",
    "nicefrac": r"{#1}/{#2}",
    "sfrac": r"{#1}/{#2}",
    "llap": "#1",
    "rlap": "#1",
    "mathllap": "#1",
    "mathrlap": "#1",
    "mathclap": "#1",
    "smash": "#1",
    "vcenter": "#1",
    "colorbox": "#2",
    "norm": r"\lVert #1\rVert",
    "abs": r"\lvert #1\rvert",
    "dotsc": r"\ldots",
    "dotsb": r"\cdots",
    "dotsm": r"\cdots",
    "euro": "€",
    "permil": "‰",
    "ohm": r"\Omega",
    "micro": "µ",
    "textdegree": "°",
    "wideparen": r"\overparen{#1}",
    "overarc": r"\overparen{#1}",
}

_DEFINITION = re.compile(
    r"\\(?:re|provide)?newcommand|\\[gex]?def(?![A-Za-z])|\\let(?![A-Za-z])|\\DeclareMathOperator"
)
_JOINED = re.compile(r'(?<=\d)</mn><mo rspace="0">,</mo><mn>(?=\d)')
_STYLE = re.compile(r' style="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Converted:
    """A formula as MathML and as text; ``width`` is an estimate in em of the line it needs."""

    mathml: str
    text: str
    width: float


class FormulaError(ValueError):
    """A formula that cannot be converted; the message says what is wrong with it, for an editor."""


@lru_cache(maxsize=4096)
def convert(tex: str, *, is_display: bool) -> Converted:
    """Converts one formula, without its delimiters, to MathML Core without ``style``, ``id`` or links.

    A third of all formulas are repeated within a few hundred answers, so the last ones are remembered.
    Raises FormulaError.
    """
    _refuse(tex)
    prepared = repairs.prepare(tex)
    try:
        mathml = _convert(prepared, is_display=is_display)
    except FormulaError:
        mathml = _convert(repairs.repair(prepared), is_display=is_display)
    mathml = _JOINED.sub(",", _STYLE.sub(_class, mathml))
    text, width = measure(mathml)
    return Converted(mathml, text, width)


@cache
def _converter() -> LatexToMathML:
    from math_core import LatexToMathML  # noqa: PLC0415 -- loaded with the first formula: most answers have none

    return LatexToMathML(
        macros=_MACROS, fancy_error=False, allow_unreliable_rendering=True, max_expansions=200
    )


def _convert(tex: str, *, is_display: bool) -> str:
    from math_core import LatexError  # noqa: PLC0415

    try:
        return _converter().convert_with_local_state(tex, displaystyle=is_display)
    except LatexError as error:
        message = str(error).partition(": ")[2] or str(error)
        raise FormulaError(message) from None


def _refuse(tex: str) -> None:
    if len(tex) > MAX_LENGTH:
        raise FormulaError(f"The formula is longer than {MAX_LENGTH} characters.")
    if max(tex.count("{"), tex.count("\\")) > MAX_DEPTH and _depth(tex) > MAX_DEPTH:
        raise FormulaError(f"The formula is nested more than {MAX_DEPTH} levels deep.")
    if definition := _DEFINITION.search(tex):
        raise FormulaError(f"The formula defines a command with {definition[0]}.")


def _depth(tex: str) -> int:
    r"""The deepest nesting of groups, ``\left`` pairs and environments, and of commands in a row (``\sqrt\sqrt x``)."""
    depth = deepest = row = 0
    for match in re.finditer(r"\\[A-Za-z]+|[{}^_]|\S", tex):
        mark = match[0]
        if mark in {"{", "\\left", "\\begin"}:
            depth += 1
        elif mark in {"}", "\\right", "\\end"}:
            depth -= 1
        row = row + 1 if mark[0] == "\\" or mark in "{^_" else 0
        deepest = max(deepest, depth, row)
    return deepest


def _class(match: re.Match[str]) -> str:
    """The attribute that says what a ``style`` attribute said. What no class says is dropped."""
    classes: list[str] = []
    color = ""
    for declaration in match[1].split(";"):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        if name == "color" and re.fullmatch(r"#[0-9A-Fa-f]{6}", value):
            color = value
        elif name == "font-size" and value.endswith("%"):
            percent = float(value[:-1])
            classes.append("m-small" if percent < 100 else "m-large" if percent > 100 else "")
        else:
            classes.append(_DECLARATIONS.get(f"{name}:{value}", ""))
    written = f' class="{" ".join(dict.fromkeys(filter(None, classes)))}"' if any(classes) else ""
    return written + (f' mathcolor="{color}"' if color else "")
