r"""Chemistry in TeX: the ``\ce{...}`` and ``\pu{...}`` of the mhchem package, written out as plain TeX.

The syntax is that of the mhchem manual (https://mhchem.github.io/MathJax-mhchem/): formulas, charges, isotopes,
states, arrows with labels, bonds, precipitates and gases. What it does not know, it leaves as upright text. No
Python library reads mhchem; its own is JavaScript.
"""

from __future__ import annotations

import re

from .arguments import closing_brace as _closing_brace
from .arguments import option

_COMMAND = re.compile(r"\\(ce|pu)\s*\{")
_STATE = re.compile(r"\((?:aq|s|l|g|cr|am|sln|vap)\)")
_AFTER_CHARGE = frozenset(["", *" )]},;/^_+-\t\n"])
_TWO_DIGITS = re.compile(r"\d\s*\d")
_SCRIPT = re.compile(r"\d+[+\-−–]+|[+\-−–]\d+|[+\-−–]+|\d+|\$[^$]*\$|[A-Za-z]|\\[A-Za-z]+|\S")
_RADICAL = re.compile(r"(?<!\d)\.(?!\d)|(?<=\d)\.(?!\d)")

_ARROWS = {
    # An equilibrium that lies on one side: the arrow to it is the longer one.
    "<=>>": r"\;\mathrel{\underset{\leftharpoondown}{\rightharpoonup}}\;",
    "<<=>": r"\;\mathrel{\overset{\rightharpoonup{}}{\leftharpoondown}}\;",
    "<=>": r"\rightleftharpoons",
    "<-->": r"\rightleftarrows",
    "<->": r"\leftrightarrow",
    "-->": r"\longrightarrow",
    "->": r"\rightarrow",
    "<-": r"\leftarrow",
    "⇌": r"\rightleftharpoons",
    "⟶": r"\longrightarrow",
    "→": r"\rightarrow",
    "←": r"\leftarrow",
    "=>": r"\Rightarrow",
}
_LABELLED_ARROWS = {
    r"\rightleftarrows": r"\xtofrom",
    r"\rightleftharpoons": r"\xrightleftharpoons",
    r"\leftrightarrow": r"\xleftrightarrow",
    r"\leftarrow": r"\xleftarrow",
    r"\Rightarrow": r"\xRightarrow",
}
_BONDS = {"-": "-", "1": "-", "=": "=", "2": "=", "#": r"\equiv ", "3": r"\equiv "}
# The bonds of ``\\bond`` that are no signs; those of dashes are drawn (learn/rendering/commands.py).
_DOTTED_BONDS = {
    "...": r"{\cdot}{\cdot}{\cdot}",
    "....": r"{\cdot}{\cdot}{\cdot}{\cdot}",
    "->": r"\rightarrow ",
    "<-": r"\leftarrow ",
}

_TOKEN = re.compile(
    r"""
    (?P<arrow><=>>|<<=>|<=>|<-->|<->|-->|->|<-|=>|[⇌⟶→←])
    |(?P<command>\\(?:[A-Za-z]+\s*|.))
    |(?P<mark>\((?:v|\^)\))
    |(?P<half>\(\d+/\d+\))
    |(?P<state>\((?:aq|s|l|g|cr|am|sln|vap)\))
    |(?P<script>[_^])
    |(?P<element>[A-Za-z]+)
    |(?P<number>\d+/\d+|\d+(?:\.\d+)?)
    |(?P<open>[(\[{])
    |(?P<close>[)\]}])
    |(?P<sign>[+\-−–=\#])
    |(?P<math>\$[^$]*\$)
    |(?P<dot>[*.·•])
    |(?P<space>\s+)
    |(?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)  # fmt: skip


def write_out(tex: str) -> str:
    r"""Replaces every ``\ce{...}`` and ``\pu{...}`` by TeX that needs no package."""
    out = []
    position = 0
    while match := _COMMAND.search(tex, position):
        end = _closing_brace(tex, match.end())
        content = tex[match.end() : end]
        out.append(tex[position : match.start()])
        out.append("{" + (_reaction(content) if match[1] == "ce" else _quantity(content)) + "}")
        position = end + 1
    out.append(tex[position:])
    return "".join(out)


def _reaction(source: str) -> str:
    return _Reaction(source).write()


class _Reaction:
    """Reads the content of one ``\\ce`` from left to right; ``attached`` tells what a number or a sign belongs to."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.position = 0
        self.attached = False  # an element or a closing bracket stands directly before
        self.out: list[str] = []

    def write(self) -> str:
        while match := _TOKEN.match(self.source, self.position):
            self.position = match.end()
            getattr(self, f"_{match.lastgroup}")(match[0])
        return "".join(self.out)

    def _put(self, tex: str, *, attached: bool = False) -> None:
        self.out.append(tex)
        self.attached = attached

    def _arrow(self, mark: str) -> None:
        arrow = _ARROWS[mark]
        is_text = (
            self._following() in {"T", "C"} and self.source[self.position + 1 : self.position + 2] == "["
        )
        self.position += is_text
        above = self._label()
        below = self._label() if above is not None else None
        if above is None:
            self._put(f" {arrow} ")
            return
        if arrow.startswith(r"\;"):
            arrow = arrow[2:-2]
            lower = rf"\underset{{{_written_label(below, is_text=is_text)}}}{{{arrow}}}" if below else arrow
            self._put(rf" \;\mathrel{{\overset{{{_written_label(above, is_text=is_text)}}}{{{lower}}}}}\; ")
            return
        command = _LABELLED_ARROWS.get(arrow, r"\xrightarrow")
        option = f"[{{{_written_label(below, is_text=is_text)}}}]" if below else ""
        self._put(f" {command}{option}{{{_written_label(above, is_text=is_text)}}} ")

    def _label(self) -> str | None:
        """What stands in the square brackets after an arrow."""
        if self._following() != "[":
            return None
        label, end = option(self.source, self.position)
        if label is None:
            return None
        self.position = end
        return label

    def _command(self, mark: str) -> None:
        if mark.strip() == "\\bond" and self._following() == "{":
            end = _closing_brace(self.source, self.position + 1)
            kind = self.source[self.position + 1 : end]
            self.position = end + 1
            bond = _BONDS.get(kind) or _DOTTED_BONDS.get(kind) or rf"\bond{{{kind}}}"
            self._put(f"{{{bond}}}")
            return
        if mark.strip() == "\\ca":
            self._put(r"{\sim}")
            return
        # Any other command keeps its arguments as they are: they are TeX, not chemistry.
        written = [mark]
        if digits := mark.strip().endswith("frac") and _TWO_DIGITS.match(self.source, self.position):
            written.append(digits[0])
            self.position = digits.end()
        while self._following() == "{":
            end = _closing_brace(self.source, self.position + 1)
            written.append(self.source[self.position : end + 1])
            self.position = end + 1
        self._put("".join(written), attached=True)

    def _mark(self, mark: str) -> None:
        self._put(r"\downarrow " if mark == "(v)" else r"\uparrow ")

    def _half(self, mark: str) -> None:
        self._put(rf"{mark}\,")

    def _state(self, mark: str) -> None:
        self._put(rf"\,(\mathrm{{{mark[1:-1]}}})", attached=True)

    def _script(self, mark: str) -> None:
        """An explicit exponent or index: ``^{2-}``, ``^2-``, ``_2``; before an element it is that of an isotope."""
        following = self._following()
        if mark == "^" and (not following or following.isspace()):
            self._put(r"\uparrow ")
            return
        if following == "{":
            end = _closing_brace(self.source, self.position + 1)
            argument = self.source[self.position + 1 : end]
            self.position = end + 1
        elif match := _SCRIPT.match(self.source, self.position):
            argument = match[0]
            self.position = match.end()
        else:
            return
        base = "" if self.attached else "{}"
        # An x above is the neutral charge of Kröger and Vink; that of an unknown number is written $x$.
        written = r"\times" if mark == "^" and argument == "x" else _script_text(argument)
        self._put(f"{base}{mark}{{{written}}}", attached=True)

    def _element(self, mark: str) -> None:
        if mark == "v" and not self.attached and self._stands_alone():
            self._put(r"\downarrow ")
        elif mark in {"n", "m", "x", "y"} and not self.attached:
            self._put(mark)  # an amount: \ce{n H2O}
        else:
            self._put(rf"\mathrm{{{mark}}}", attached=True)

    def _stands_alone(self) -> bool:
        before = self.source[max(0, self.position - 2) : self.position - 1]
        after = self._following()
        return (not before or before.isspace()) and (not after or after.isspace())

    def _following(self) -> str:
        return self.source[self.position : self.position + 1]

    def _number(self, mark: str) -> None:
        if self.attached:
            index, point, rest = mark.partition(".")
            self.position -= len(point) + len(rest)  # the point of CuSO4.5H2O begins the water
            self._put(f"_{{{index}}}", attached=True)
        elif "/" in mark:
            numerator, denominator = mark.split("/")
            self._put(rf"\tfrac{{{numerator}}}{{{denominator}}}\,")
        else:
            self._put(rf"{mark}\,")

    def _open(self, mark: str) -> None:
        if mark == "{":
            end = _closing_brace(self.source, self.position)
            self._put(f"{{{_reaction(self.source[self.position : end])}}}", attached=True)
            self.position = end + 1
        else:
            self._put(mark)

    def _close(self, mark: str) -> None:
        if mark != "}":
            self._put(mark, attached=True)

    def _sign(self, mark: str) -> None:
        """A charge after an element (``Na+``), a bond between two (``C-C``), or an operator between spaces."""
        mark = {"−": "-", "–": "-"}.get(mark, mark)
        following = self._following()
        before = self.source[max(0, self.position - 2) : self.position - 1]
        if not self.attached and (not before or before.isspace()):
            self._put(f" {_BONDS.get(mark, mark)} ")
        elif (
            self.attached
            and mark in "+-"
            and (following in _AFTER_CHARGE or _STATE.match(self.source, self.position))
        ):
            self._put(f"^{{{mark}}}", attached=True)
        else:
            self._put(f"{{{_BONDS.get(mark, mark)}}}")

    def _math(self, mark: str) -> None:
        self._put(write_out(mark[1:-1]), attached=True)

    def _dot(self, _token: str) -> None:
        self._put(r"\cdot ")

    def _space(self, _token: str) -> None:
        # Operators and arrows bring their own space.
        self._put(r"\ " if self.attached and self._following() not in "+-−–=<⇌⟶→←^" else " ")

    def _other(self, mark: str) -> None:
        self._put(mark)


def _script_text(argument: str) -> str:
    """The inside of an exponent or index: symbols upright, a lone small letter a variable, the rest as it is."""
    if argument[:1] == "$" == argument[-1:]:
        return write_out(argument[1:-1])
    argument = _RADICAL.sub(r"{\\bullet}", argument)
    return re.sub(
        r"(?<![\\A-Za-z])(?:[A-Z][A-Za-z]*|[a-z]{2,})", lambda match: rf"\mathrm{{{match[0]}}}", argument
    )


def _written_label(label: str, *, is_text: bool) -> str:
    return rf"\text{{{label}}}" if is_text else _reaction(label)


_AMOUNT = re.compile(
    r"\s*(?P<number>[+\-−]?[\d.,]+(?:\s*(?:\+-|\\pm)\s*[\d.,]+)?)?"
    r"(?:(?P<mark>[eE]|\s*(?:[*x×]|\\times)\s*10\^)(?P<exponent>[+\-−]?\d+|\{[+\-−]?\d+\}))?\s*(?P<unit>.*?)\s*",
    re.DOTALL,
)


def _quantity(source: str) -> str:
    r"""A number with its unit, as ``\pu{8.314 J mol-1 K-1}``, ``\pu{1.2e3 kJ/mol}`` or ``\pu{123 kJ//mol}``."""
    match = _AMOUNT.fullmatch(source)
    if match is None:
        return source
    number = (match["number"] or "").replace("+-", r" \pm ")
    if match["exponent"]:
        power = f"10^{{{match['exponent'].strip('{}')}}}"
        sign = r"\cdot" if match["mark"].strip()[0] in "e*" else r"\times"
        number = f"{number} {sign} {power}" if number else power
    above, bar, below = match["unit"].partition("//")
    unit = rf"\tfrac{{{_unit(above)}}}{{{_unit(below)}}}" if bar else _unit(above)
    return rf"{number}\,{unit}" if number and unit else number + unit


def _unit(source: str) -> str:
    unit = source.strip().replace("%", r"\%") if "\\%" not in source else source.strip()
    unit = re.sub(r"(\d)(?=[A-Za-z])", r"\1\\,", unit)
    unit = re.sub(r"(?<![\\A-Za-z])([A-Za-zµΩ°]+)\^?([+\-−]?\d+)", r"\\mathrm{\1}^{\2}", unit)
    unit = re.sub(r"(?<![\\{A-Za-z])[A-Za-zµΩ]+", lambda word: rf"\mathrm{{{word[0]}}}", unit)
    unit = re.sub(r"\s*\*\s*", r"{\\cdot}", unit)
    return re.sub(r"(?:\s+(?![\^_{])|\.(?=\\))", r"\\,", unit)
