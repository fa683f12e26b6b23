"""TeX to MathML Core by math-core: repairs before it what real answers need, removes inline styles after it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from . import breaking, chemistry, commands, environments, repairs, wraps
from .arguments import closing_brace
from .formula_text import measure
from .mathml import parse
from .speech import speak
from .styles import CLASSES, in_classes
from .vocabulary import MACROS

if TYPE_CHECKING:
    from math_core import LatexToMathML

__all__ = ["CLASSES", "NOTHING", "WIDE", "Converted", "FormulaError", "convert"]

# math-core reads groups by recursion and ends the process when its stack is full, which begins near 200 kB of open
# braces or 2,500 nested exponents. No formula of the library is longer than 500 characters or deeper than 8.
MAX_LENGTH = 2_000
# A formula wider than this, in em by the estimate of Converted, may not fit a phone's line: it is broken where that can
# be, or gets a box that scrolls. The narrowest page, 320 px with a list's indentation, has 15 em.
WIDE = 14.0
MAX_DEPTH = 60
# And it looks for the partner of every opening bracket by trying, which doubles its time with each that has none:
# twenty take a tenth of a second, forty a day. The library's formulas leave two open.
MAX_UNCLOSED = 12

_DEFINITION = re.compile(
    r"\\(?:re|provide)?newcommand|\\[gex]?def(?![A-Za-z])|\\let(?![A-Za-z])|\\DeclareMathOperator"
)
_JOINED = re.compile(r'(?<=\d)</mn><mo rspace="0">,</mo><mn>(?=\d)')
_OPENING = (
    r"[(\[⟨⌊⌈⟦⟪⦃⦅⎰⟮⦇⦉]|\\\{|\\mathopen(?![A-Za-z])|\\pm?od(?![A-Za-z])(?!\s*[{A-Za-z0-9])"
    r"|\\(?:[lu]l?(?:[bB]rac[ek](?:t)?|[pP]aren(?:thesis)?|[aA]ng(?:le)?|floor|ceil|[vV]ert|group|moustache|bracket|corner))(?![A-Za-z])"
)
_CLOSING = (
    r"[)\]⟩⌋⌉⟧⟫⦄⦆⎱⟯⦈⦊]|\\\}"
    r"|\\(?:[ru]r?(?:[bB]rac[ek](?:t)?|[pP]aren(?:thesis)?|[aA]ng(?:le)?|floor|ceil|[vV]ert|group|moustache|bracket|corner))(?![A-Za-z])"
)
_BRACKET = re.compile(_OPENING)
_BRACKET_OR_GROUP = re.compile(
    rf"\\(?:left|right|middle)(?![A-Za-z])\s*(?:\\[A-Za-z]+|\\.|.)?|(?P<opening>{_OPENING})|(?P<closing>{_CLOSING})"
    r"|\\[A-Za-z]+|\\.|[{}_^]|\S",
    re.DOTALL,
)
_TAKES_ARGUMENT = re.compile(
    r"\\(?:[cdt]?frac|sqrt|[dt]?binom|genfrac|(?:over|under)(?:set|line|brace|bracket|paren|group|(?:left|right|leftright)arrow)"
    r"|stackrel|substack|(?:wide)?(?:hat|tilde|check)|bar|vec|d+ot|acute|grave|breve|mathring|math[a-z]+|text[a-z]*|bm|pmb"
    r"|bold[a-z]*|operatorname|[hv]?phantom|boxed|[bx]?cancel|x[A-Za-z]+|not|tag|pmod|smash|mbox|hbox|norm|abs|root)"
)
# What editors paste from a page's HTML: Markdown reads these in a text, and in TeX they mean nothing.
_ENTITY = re.compile(r"&(lt|gt|amp|nbsp|quot|#39);")
_ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "nbsp": "~", "quot": '"', "#39": "'"}
_LOW_LINE = '<mo stretchy="true">\u0332</mo>'
# Text is space to MathML (https://w3c.github.io/mathml-core/#dfn-space-like): a group of one operator between words is
# itself the operator, which gets its space around the group, a whole fraction even, and none inside.
_SPACE_LIKE = r"(?:<mtext[^<>]*>[^<]*</mtext>|<mspace[^<>]*/>|<mspace[^<>]*[^/<>]></mspace>)+"
_ONE_OPERATOR = re.compile(rf"(<mrow[^<>]*>)(?={_SPACE_LIKE}<mo[^<>]*>[^<]*</mo>{_SPACE_LIKE}</mrow>)")
_OPERATOR_IN_CELL = re.compile(rf"(<mtd[^<>]*>)(?=(?:{_SPACE_LIKE})?<mo[^<>]*>[^<]*</mo>{_SPACE_LIKE}</mtd>)")
_FIRST_OPERATOR = re.compile(r"<math><mo(?: [lr]space=\"0\")*>")
_OVER_UNDER = re.compile(r"(</?m(?:over|under)(?:\s[^<>]*)?>)")
_STUB_ROW = re.compile(r'<mtr><mtd class="[^"]*m-line-top[^"]*"></mtd></mtr></mtable>')
_ENCLOSURE = re.compile(r'<menclose notation="([^"]*)">')
_ENCLOSURE_MARK = re.compile(r'<mrow class="menclose-[^"]*"></mrow>')
_ENCLOSURES = {
    "updiagonalstrike": "m-strike-up",
    "downdiagonalstrike": "m-strike-down",
    "updiagonalstrike downdiagonalstrike": "m-strike-both",
    "phasorangle": "m-phase",
}


@dataclass(frozen=True, slots=True)
class Converted:
    """A formula as MathML, as a line of text, and in words; ``width`` is an estimate in em of the line it needs.

    ``pieces`` is the MathML of a wide formula in a line of text once more, in pieces between which the line may break.
    """

    mathml: str
    text: str
    width: float
    spoken: str = ""
    pieces: tuple[str, ...] = ()


# What a formula shows that only defines commands.
NOTHING = Converted("", "", 0.0)


class FormulaError(ValueError):
    """A formula that cannot be converted; the message says what is wrong with it, for an editor."""


@lru_cache(maxsize=4096)
def convert(tex: str, *, is_display: bool) -> Converted:
    """Converts one formula, without its delimiters, to MathML Core without ``style``, ``id`` or links.

    A third of all formulas are repeated within a few hundred answers, so the last ones are remembered.
    Raises FormulaError.
    """
    _refuse(tex)
    is_open = tex.count("{") > tex.count("}")
    if "&" in tex:
        tex = _ENTITY.sub(lambda match: _ENTITIES[match[1]], tex)
    if "\\ce" in tex or "\\pu" in tex:
        tex = chemistry.write_out(tex)
    number = ""
    if "\\tag" in tex:
        tex, number = repairs.take_number(tex)
    mathml, text, spoken, width = _measured(
        repairs.numbered(tex, number, is_display=is_display), is_display=is_display
    )
    if not text and is_open:
        raise FormulaError("A brace of the formula is never closed, and nothing stands in it.")
    if width > WIDE and is_display:
        broken = _in_rows(tex, number)
        if broken is not None and broken[3] < width:
            mathml, width = broken[0], broken[3]
    pieces = (
        _in_pieces(repairs.numbered(tex, number, is_display=False)) if width > WIDE and not is_display else ()
    )
    return Converted(mathml, text, width, spoken, pieces)


def _measured(tex: str, *, is_display: bool) -> tuple[str, str, str, float]:
    """The MathML of a formula as browsers get it, its text, its words, and its width."""
    mathml = _converted(tex, is_display=is_display)
    root = parse(mathml)
    text, width = measure(root)
    return _for_browsers(mathml), text, speak(root), width


def _converted(tex: str, *, is_display: bool) -> str:
    if not tex.isascii():
        tex = repairs.set_scripts(tex)
    if environments.HINT.search(tex):
        tex = environments.write_out(tex)
    written, marked = commands.write_out(tex, is_display=is_display)
    prepared = repairs.prepare(written)
    try:
        mathml = _convert(prepared, is_display=is_display)
    except FormulaError:
        mathml = _convert(repairs.repair(prepared), is_display=is_display)
    return _JOINED.sub(",", wraps.unwrap(mathml, marked))


@lru_cache(maxsize=1024)
def _width_of(tex: str) -> float:
    """The width of a piece of a formula; the same pieces are measured for several ways to break it."""
    return measure(parse(_converted(tex, is_display=True)))[1]


def _in_rows(tex: str, number: str) -> tuple[str, str, str, float] | None:
    try:
        broken = breaking.rows(_bare(tex), WIDE - 0.6 * len(number), _width_of)
        return (
            None
            if broken is None
            else _measured(repairs.numbered(broken, number, is_display=True), is_display=True)
        )
    except FormulaError:
        return None  # a piece that cannot stand alone: the whole scrolls


def _in_pieces(tex: str) -> tuple[str, ...]:
    """The MathML of the pieces of a formula in a line of text; none where it cannot be broken."""
    try:
        pieces = breaking.inline_pieces(_bare(tex), WIDE, _width_of)
        written = [_measured(piece, is_display=False) for piece in pieces]
    except FormulaError:
        return ()
    if len(written) < 2 or max(width for *_, width in written) > WIDE:
        return ()
    # A sign at the beginning of a row is taken for that of a number: here it stands between the pieces.
    first, *others = (mathml for mathml, *_ in written)
    return first, *(_FIRST_OPERATOR.sub('<math><mo form="infix">', mathml) for mathml in others)


def _bare(tex: str) -> str:
    """A formula without braces around the whole of it, which ``\\ce`` leaves."""
    while tex[:1] == "{" and closing_brace(tex, 1) == len(tex) - 1:
        tex = tex[1:-1]
    return tex


@cache
def _converter() -> LatexToMathML:
    from math_core import LatexToMathML  # noqa: PLC0415 -- loaded with the first formula: most answers have none

    return LatexToMathML(
        macros=MACROS, fancy_error=False, allow_unreliable_rendering=True, max_expansions=200
    )


def _convert(tex: str, *, is_display: bool) -> str:
    from math_core import LatexError  # noqa: PLC0415

    if _unclosed_brackets(tex) > MAX_UNCLOSED:
        raise FormulaError(f"More than {MAX_UNCLOSED} brackets of the formula are never closed.")
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


def _unclosed_brackets(tex: str) -> int:
    """How many opening brackets find no closing one in their group; any kind closes any."""
    if len(_BRACKET.findall(tex)) <= MAX_UNCLOSED:
        return 0
    unclosed = [0]
    total = 0
    before = ""
    for match in _BRACKET_OR_GROUP.finditer(tex):
        mark = match[0]
        if mark == "{":
            unclosed.append(0)
        elif mark == "}":
            if len(unclosed) > 1:
                total += unclosed.pop()
        elif match["opening"]:
            unclosed[-1] += 1
        elif match["closing"] and before not in {"_", "^"} and not _TAKES_ARGUMENT.fullmatch(before):
            # Behind a script or a command the bracket is its argument.
            unclosed[-1] -= bool(unclosed[-1])
        before = mark
    return total + sum(unclosed)


def _for_browsers(mathml: str) -> str:
    """The MathML with classes for styles, and without what browsers do not draw as math-core means it."""
    mathml = in_classes(mathml)
    if "<menclose" in mathml:
        # Not in MathML Core: browsers show its content and nothing else.
        mathml = _ENCLOSURE_MARK.sub("", mathml).replace("</menclose>", "</mrow>")
        mathml = _ENCLOSURE.sub(lambda match: f'<mrow class="{_ENCLOSURES.get(match[1], "m-box")}">', mathml)
    if "<mtext" in mathml:
        mathml = _ONE_OPERATOR.sub(r"\1<mi></mi>", mathml)
        if "<mtd" in mathml:
            mathml = _OPERATOR_IN_CELL.sub(r"\1<mi></mi>", mathml)
    if _LOW_LINE in mathml:
        mathml = _draw_lines(mathml)
    if _STUB_ROW.search(mathml):
        mathml = _close_tables(mathml)
    return mathml


def _draw_lines(mathml: str) -> str:
    """Lines over and under formulas as borders: fonts do not stretch the character that math-core uses."""
    out: list[str] = []
    opened: list[int] = []
    for piece in _OVER_UNDER.split(mathml):
        if piece in {"</mover>", "</munder>"}:
            start = opened.pop()
            if out[-1].endswith(_LOW_LINE):
                out[-1] = out[-1].removesuffix(_LOW_LINE)
                name = "m-overline" if piece == "</mover>" else "m-underline"
                out[start] = f'<mrow class="{name}">'
                piece = "</mrow>"  # noqa: PLW2901
        elif piece.startswith(("<mover", "<munder")) and not piece.startswith("<munderover"):
            opened.append(len(out))
        out.append(piece)
    return "".join(out)


def _close_tables(mathml: str) -> str:
    r"""A line below the last row, which math-core makes of a last ``\hline`` by a row without cells."""
    while match := _STUB_ROW.search(mathml):
        table = mathml.rfind("<mtable", 0, match.start())
        opening, rest = mathml[table : match.start()].split(">", 1)
        if "</mtable>" in rest:
            opening, rest = mathml[table : match.start()], ""
        elif ' class="' in opening:
            opening = opening.replace(' class="', ' class="m-line-bottom ') + ">"
        else:
            opening += ' class="m-line-bottom">'
        mathml = f"{mathml[:table]}{opening}{rest}</mtable>{mathml[match.end() :]}"
    return mathml
