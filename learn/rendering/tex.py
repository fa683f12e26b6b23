"""TeX to MathML Core by math-core: repairs before it what real answers need, removes inline styles after it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from . import repairs
from .formula_text import measure

if TYPE_CHECKING:
    from math_core import LatexToMathML

# math-core reads groups by recursion and ends the process when its stack is full, which begins near 200 kB of open
# braces or 2,500 nested exponents. No formula of the library is longer than 500 characters or deeper than 8.
MAX_LENGTH = 2_000
MAX_DEPTH = 60
# And it looks for the partner of every opening bracket by trying, which doubles its time with each that has none:
# twenty take a tenth of a second, forty a day. The library's formulas leave two open.
MAX_UNCLOSED = 12

# The padding lets a stroke begin outside of what it strikes out: that of an x would else be hidden by the x.
_STRUCK = "padding: 0.15em 0.2em"
_STROKE = "transparent calc(50% - 0.03em), currentcolor calc(50% - 0.03em) calc(50% + 0.03em), transparent 0"

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
    "m-display": "math-style: normal",
    "m-text": "math-style: compact",
    "m-whole": "font-size: math; math-depth: 0",
    "m-script": "font-size: math; math-depth: 1",
    "m-scriptscript": "font-size: math; math-depth: 2",
    "m-line-bottom": "border-block-end: 0.05em solid currentcolor",
    "m-overline": "border-block-start: 0.06em solid currentcolor; padding-block-start: 0.1em",
    "m-underline": "border-block-end: 0.06em solid currentcolor; padding-block-end: 0.1em",
    "m-box": "border: 0.06em solid currentcolor; padding: 0.2em 0.3em",
    "m-strike-up": f"{_STRUCK}; background: linear-gradient(to bottom right, {_STROKE})",
    "m-strike-down": f"{_STRUCK}; background: linear-gradient(to top right, {_STROKE})",
    "m-strike-both": (
        f"{_STRUCK}; background: linear-gradient(to top right, {_STROKE}), linear-gradient(to bottom right, {_STROKE})"
    ),
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

# What KaTeX knew, which the answers were written for, and what the packages for physics and units bring, as far as
# math-core does not.
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
    "fcolorbox": r"\boxed{#3}",
    "mathnormal": "#1",
    "textsuperscript": r"^{\text{#1}}",
    "textsubscript": r"_{\text{#1}}",
    "dv": r"\frac{d#1}{d#2}",
    "pdv": r"\frac{\partial #1}{\partial #2}",
    "dd": r"\mathrm{d}#1",
    "num": "#1",
    "si": r"\mathrm{#1}",
    "unit": r"\mathrm{#1}",
    "SI": r"#1\,\mathrm{#2}",
    "qty": r"#1\,\mathrm{#2}",
    **{name: rf"\operatorname{{{name}}}" for name in ("lcm", "sgn", "tr", "rank", "Var", "Cov")},
    "Q": r"\mathbb{Q}",
    "C": r"\mathbb{C}",
    "norm": r"\lVert #1\rVert",
    "abs": r"\lvert #1\rvert",
    "dotsc": r"\ldots",
    "dotsb": r"\cdots",
    "dotsm": r"\cdots",
    "dotso": r"\ldots",
    "dotsi": r"\cdots",
    "hdots": r"\ldots",
    "adots": r"\iddots",
    "centerdot": r"\cdot",
    "sdot": r"\cdot",
    "thickapprox": r"\approx",
    "varpropto": r"\propto",
    "intop": r"\int",
    "smallint": r"\int",
    "celsius": r"{}^{\circ}\mathrm{C}",
    "angstrom": "Å",
    "percent": r"\%",
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
_LOW_LINE = '<mo stretchy="true">\u0332</mo>'
# Text is space to MathML (https://w3c.github.io/mathml-core/#dfn-space-like): a group of one operator between words is
# itself the operator, which gets its space around the group, a whole fraction even, and none inside.
_SPACE_LIKE = r"(?:<mtext[^<>]*>[^<]*</mtext>|<mspace[^<>]*></mspace>)+"
_ONE_OPERATOR = re.compile(rf"(<mrow[^<>]*>)(?={_SPACE_LIKE}<mo[^<>]*>[^<]*</mo>{_SPACE_LIKE}</mrow>)")
_OVER_UNDER = re.compile(r"(</?m(?:over|under)(?:\s[^<>]*)?>)")
_STUB_ROW = re.compile(r'<mtr><mtd class="[^"]*m-line-top[^"]*"></mtd></mtr></mtable>')
_ENCLOSURE = re.compile(r'<menclose notation="([^"]*)">')
_ENCLOSURE_MARK = re.compile(r'<mrow class="menclose-[^"]*"></mrow>')
_ENCLOSURES = {
    "updiagonalstrike": "m-strike-up",
    "downdiagonalstrike": "m-strike-down",
    "updiagonalstrike downdiagonalstrike": "m-strike-both",
}
_STYLE = re.compile(r' style="([^"]*)"')
# Two attributes that MathML Core allows everywhere, but the HTML checker only on some elements: classes say the same.
_STYLED = re.compile(r'<(m(?!ath\b|style\b)[a-z]+)( [^>]*(?:displaystyle|scriptlevel)="[^>]*)>')
_ATTRIBUTE = re.compile(r'([a-z]+)="([^"]*)"')
_LEVELS = {"0": "m-whole", "1": "m-script", "2": "m-scriptscript"}


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
    mathml = _JOINED.sub(",", mathml)
    text, width = measure(mathml)
    return Converted(_for_browsers(mathml), text, width)


@cache
def _converter() -> LatexToMathML:
    from math_core import LatexToMathML  # noqa: PLC0415 -- loaded with the first formula: most answers have none

    return LatexToMathML(
        macros=_MACROS, fancy_error=False, allow_unreliable_rendering=True, max_expansions=200
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
    mathml = _STYLE.sub(_class, mathml)
    mathml = _STYLED.sub(_styled, mathml)
    if "<menclose" in mathml:
        # Not in MathML Core: browsers show its content and nothing else.
        mathml = _ENCLOSURE_MARK.sub("", mathml).replace("</menclose>", "</mrow>")
        mathml = _ENCLOSURE.sub(lambda match: f'<mrow class="{_ENCLOSURES.get(match[1], "m-box")}">', mathml)
    if "<mtext" in mathml:
        mathml = _ONE_OPERATOR.sub(r"\1<mi></mi>", mathml)
    if _LOW_LINE in mathml:
        mathml = _draw_lines(mathml)
    if _STUB_ROW.search(mathml):
        mathml = _close_tables(mathml)
    return mathml


def _styled(match: re.Match[str]) -> str:
    """The opening tag with the size and style of its content as classes."""
    tag = match[1]
    attributes = dict(_ATTRIBUTE.findall(match[2]))
    classes = [_LEVELS.get(attributes.pop("scriptlevel", ""), "")]
    if tag != "mtable" and "displaystyle" in attributes:
        classes.append("m-display" if attributes.pop("displaystyle") == "true" else "m-text")
    attributes["class"] = " ".join(filter(None, [*classes, attributes.get("class", "")]))
    return f"<{tag}" + "".join(f' {name}="{value}"' for name, value in attributes.items() if value) + ">"


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
