r"""Chemistry in TeX: the ``\ce{...}`` and ``\pu{...}`` of the mhchem package, written out as plain TeX.

The syntax is that of the mhchem manual (https://mhchem.github.io/MathJax-mhchem/): formulas, charges, isotopes,
states, arrows with labels, bonds, precipitates and gases. What it does not know, it leaves as upright text. No
Python library reads mhchem; its own is JavaScript.
"""

from __future__ import annotations

import re

_COMMAND = re.compile(r"\\(ce|pu)\s*\{")
_STATE = re.compile(r"\((?:aq|s|l|g|cr|am|sln|vap)\)")
_AFTER_CHARGE = frozenset(["", *" )]},;/^_+-\t\n"])
_TWO_DIGITS = re.compile(r"\d\s*\d")
_GROUP = re.compile(r"\\.|[{}]", re.DOTALL)
_SCRIPT = re.compile(r"\d*[+\-−–]+|\d+|[A-Za-z]|\\[A-Za-z]+|\S")

_ARROWS = {
    "<=>>": r"\rightleftharpoons",
    "<<=>": r"\rightleftharpoons",
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
    r"\rightleftharpoons": r"\xrightleftharpoons",
    r"\leftrightarrow": r"\xleftrightarrow",
    r"\leftarrow": r"\xleftarrow",
    r"\Rightarrow": r"\xRightarrow",
}
_BONDS = {"-": "-", "=": "=", "#": r"\equiv ", "~": r"\sim "}

_TOKEN = re.compile(
    r"""
    (?P<arrow><=>>|<<=>|<=>|<-->|<->|-->|->|<-|=>|[⇌⟶→←])
    |(?P<command>\\(?:[A-Za-z]+\s*|.))
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


def _closing_brace(tex: str, start: int) -> int:
    """The position of the brace that closes the group whose content begins at ``start``, or the end of the text."""
    depth = 1
    for match in _GROUP.finditer(tex, start):
        if match[0] == "{":
            depth += 1
        elif match[0] == "}":
            depth -= 1
            if not depth:
                return match.start()
    return len(tex)


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
        above = self._label()
        below = self._label() if above is not None else None
        if above is None:
            self._put(f" {arrow} ")
            return
        command = _LABELLED_ARROWS.get(arrow, r"\xrightarrow")
        option = f"[{_reaction(below)}]" if below else ""
        self._put(f" {command}{option}{{{_reaction(above)}}} ")

    def _label(self) -> str | None:
        """What stands in the square brackets after an arrow."""
        if self._following() != "[":
            return None
        end = self.source.find("]", self.position)
        if end < 0:
            return None
        label = self.source[self.position + 1 : end]
        self.position = end + 1
        return label

    def _command(self, mark: str) -> None:
        if mark.strip() == "\\bond" and self._following() == "{":
            end = _closing_brace(self.source, self.position + 1)
            kind = self.source[self.position + 1 : end]
            self.position = end + 1
            self._put(_BONDS.get(kind, "-"))
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
        self._put(f"{base}{mark}{{{_script_text(argument)}}}", attached=True)

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
        self._put(mark[1:-1], attached=True)

    def _dot(self, _token: str) -> None:
        self._put(r"\cdot ")

    def _space(self, _token: str) -> None:
        # Operators and arrows bring their own space.
        self._put(r"\ " if self.attached and self._following() not in "+-−–=<⇌⟶→←^" else " ")

    def _other(self, mark: str) -> None:
        self._put(mark)


def _script_text(argument: str) -> str:
    """The inside of an exponent or index: symbols upright, a lone small letter a variable, the rest as it is."""
    return re.sub(
        r"(?<![\\A-Za-z])(?:[A-Z][A-Za-z]*|[a-z]{2,})", lambda match: rf"\mathrm{{{match[0]}}}", argument
    )


def _quantity(source: str) -> str:
    r"""A number with its unit, as ``\pu{8.314 J mol-1 K-1}`` or ``\pu{1.2e3 kJ/mol}``."""
    match = re.fullmatch(r"\s*([+\-−]?[\d.,]+)?(?:[eE]([+\-−]?\d+))?\s*(.*?)\s*", source, re.DOTALL)
    if match is None:
        return source
    number, exponent, unit = match[1] or "", match[2], match[3]
    written = number + (rf"\times 10^{{{exponent}}}" if exponent else "")
    unit = re.sub(r"([A-Za-zµΩ°]+)\^?([+\-−]?\d+)", r"\\mathrm{\1}^{\2}", unit)
    unit = re.sub(r"(?<![\\{A-Za-z])[A-Za-zµΩ]+", lambda word: rf"\mathrm{{{word[0]}}}", unit)
    unit = re.sub(r"(?:\s+|[*.](?=\\))", r"\\,", unit)
    return rf"{written}\,{unit}" if number and unit else written + unit
