"""MathML to one readable line of text, for search, excerpts and structured data, and an estimate of its width.

No Python library writes one: those that read MathML write TeX or speech.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable

_NODE = re.compile(r"<(/?)([a-z]+)([^<>]*?)(/?)>|([^<]+)")
_LENGTH = re.compile(r'width="(-?[\d.]+)em"')

_SUPERSCRIPTS = dict(zip("0123456789+-−=()ni′″‴∘°", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ′″‴°°", strict=True))
_SUBSCRIPTS = dict(zip("0123456789+-−=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))

_ACCENTS = {
    "¯": "\u0304", "‾": "\u0304", "ˉ": "\u0304", "_": "\u0332", "\u0332": "\u0332",
    "^": "\u0302", "ˆ": "\u0302", "\u0302": "\u0302", "~": "\u0303", "˜": "\u0303", "\u0303": "\u0303",
    "→": "\u20d7", "\u20d7": "\u20d7", "˙": "\u0307", "¨": "\u0308", "˚": "\u030a",
    "ˇ": "\u030c", "´": "\u0301", "`": "\u0300", "˘": "\u0306",
}  # fmt: skip

# Operators that read better between spaces.
_SPACED = frozenset("=<>≤≥≠≈≡∼≅∝∈∉⊂⊆⊃⊇∪∩∧∨→←↔⇒⇐⇔⟹⟺⟶⟷↦⇌×÷±∓+−⋅∣∥⊥≪≫≜≔⊕⊗∖")
_ARROWS = frozenset("→←↔⇒⇐⇔⟶⟵⇌↦")
_INVISIBLE = re.compile("[\u2061-\u2064\u200b]")
_SPACES = re.compile(r"\s+")
_ALPHABETS = re.compile("[\U0001d400-\U0001d7ff]+")
# What needs no brackets as half of a fraction or under a root, and as a script.
_ATOM = re.compile(r"\w*(?:\([^()]*\))?|[\w.,%°′]+")
_SCRIPT_ATOM = re.compile(r"\w*|.", re.DOTALL)

# Widths in em of the math font at the size of the text; scripts are set at 71 %.
_LETTER, _SPACED_OPERATOR, _SCRIPT, _COLUMN_GAP = 0.55, 1.35, 0.71, 0.8


class _Node:
    __slots__ = ("attributes", "children", "name", "text")

    def __init__(self, name: str, attributes: str = "", text: str = "") -> None:
        self.name = name
        self.attributes = attributes
        self.text = text
        self.children: list[_Node] = []


def measure(mathml: str) -> tuple[str, float]:
    """The formula as one line of Unicode text, and the width in em it takes on a page, roughly.

    Takes the MathML that math-core writes: well-formed, without comments.
    """
    root = _Node("mrow")
    open_nodes = [root]
    for match in _NODE.finditer(mathml):
        closing, name, attributes, alone, text = match.groups()
        if text is not None:
            open_nodes[-1].children.append(_Node("#text", "", html.unescape(text)))
        elif closing:
            open_nodes.pop()
        else:
            node = _Node(name, attributes)
            open_nodes[-1].children.append(node)
            if not alone:
                open_nodes.append(node)
    line, width = _write(root)
    return _SPACES.sub(" ", line).strip(), width


def _write(node: _Node) -> tuple[str, float]:
    return _WRITERS.get(node.name, _row)(node)


def _text(node: _Node) -> tuple[str, float]:
    # Bold, italic and script letters have code points of their own; the blackboard letters of number sets stay.
    text = _ALPHABETS.sub(lambda match: unicodedata.normalize("NFKC", match[0]), node.text)
    return text, _LETTER * len(text)


def _row(node: _Node) -> tuple[str, float]:
    out: list[str] = []
    total = 0.0
    before = ""
    for child in node.children:
        text, width = _write(child)
        if (
            child.name == "mo"
            and text in "+−±∓"
            and (not before.strip() or before.rstrip()[-1] in _BEFORE_SIGN)
        ):
            width = _LETTER
        elif child.name == "mo" and text in _SPACED and 'rspace="0"' not in child.attributes:
            text = f" {text} "
        elif _needs_space(before, text):
            text = f" {text}"
        out.append(text)
        total += width
        before = text or before
    return "".join(out), total


_BEFORE_SIGN = _SPACED | frozenset("([{|,;:/^_")


def _needs_space(before: str, text: str) -> bool:
    """Whether a name ("sin", "kg") would run together with what stands beside it."""
    if not before or not text or not before[-1].isalnum() or not text[0].isalnum():
        return False
    return _is_name(before) or _is_name(text)


def _is_name(text: str) -> bool:
    return len(text) > 1 and text.isalpha() and text.isascii()


def _operator(node: _Node) -> tuple[str, float]:
    text = _INVISIBLE.sub("", "".join(child.text for child in node.children))
    if text == ",":
        return ", ", _LETTER
    return (
        text,
        _SPACED_OPERATOR if text in _SPACED and 'lspace="0"' not in node.attributes else _LETTER * len(text),
    )


def _space(node: _Node) -> tuple[str, float]:
    length = _LENGTH.search(node.attributes)
    width = float(length[1]) if length else 0.0
    return " " if width > 0.1 else "", width


def _nothing(node: _Node) -> tuple[str, float]:
    return "", _row(node)[1]


def _fraction(node: _Node) -> tuple[str, float]:
    (above, width_above), (below, width_below) = _two(node)
    width = max(width_above, width_below) + 0.2
    if "linethickness" in node.attributes:
        return f"{above} choose {below}", width
    return f"{_grouped(above)}/{_grouped(below)}", width


def _root(node: _Node) -> tuple[str, float]:
    text, width = _row(node)
    return f"√{_grouped(text)}", width + 0.9


def _indexed_root(node: _Node) -> tuple[str, float]:
    (text, width), (index, _) = _two(node)
    return f"{_raised(index, bare=True)}√{_grouped(text)}", width + 1.1


def _superscript(node: _Node) -> tuple[str, float]:
    (base, width), (script, script_width) = _two(node)
    return base + _raised(script), width + _SCRIPT * script_width


def _subscript(node: _Node) -> tuple[str, float]:
    (base, width), (script, script_width) = _two(node)
    return base + _lowered(script), width + _SCRIPT * script_width


def _both_scripts(node: _Node) -> tuple[str, float]:
    (base, width), (below, width_below), (above, width_above) = _three(node)
    return base + _lowered(below) + _raised(above), width + _SCRIPT * max(width_below, width_above)


def _over(node: _Node) -> tuple[str, float]:
    (base, width), (above, width_above) = _two(node)
    accent = _ACCENTS.get(above.strip())
    if accent == "\u0332":
        accent = "\u0305"  # math-core writes the same character above and below
    if accent and len(base) <= 4:
        return "".join(character + accent for character in base), width
    if "accent" in node.attributes:
        return base, width
    if base.strip() in _ARROWS:
        return f" {base}[{above.strip()}] ", max(width, width_above) + 1
    return base + _raised(above), max(width, _SCRIPT * width_above)


def _under(node: _Node) -> tuple[str, float]:
    (base, width), (below, width_below) = _two(node)
    accent = _ACCENTS.get(below.strip())
    if accent and len(base) <= 4:
        return "".join(character + accent for character in base), width
    if "accent" in node.attributes:
        return base, width
    return f"{base}{_lowered(below)} ", max(width, _SCRIPT * width_below)


def _under_and_over(node: _Node) -> tuple[str, float]:
    (base, width), (below, width_below), (above, width_above) = _three(node)
    width = max(width, _SCRIPT * width_below, _SCRIPT * width_above)
    if base.strip() in _ARROWS:
        labels = "; ".join(filter(None, (above.strip(), below.strip())))
        return f" {base}[{labels}] ", width + 1
    return f"{base}{_lowered(below)}{_raised(above)} ", width


def _table(node: _Node) -> tuple[str, float]:
    rows = [[_row(cell) for cell in row.children] for row in node.children]
    columns = max(map(len, rows), default=0)
    widths = [
        max((row[index][1] for row in rows if index < len(row)), default=0.0) for index in range(columns)
    ]
    lines = (" ".join(text.strip() for text, _ in row if text.strip()) for row in rows)
    return "; ".join(filter(None, lines)), sum(widths) + _COLUMN_GAP * columns


def _two(node: _Node) -> list[tuple[str, float]]:
    return _parts(node, 2)


def _three(node: _Node) -> list[tuple[str, float]]:
    return _parts(node, 3)


def _parts(node: _Node, count: int) -> list[tuple[str, float]]:
    parts = [_write(child) for child in node.children[:count]]
    return parts + [("", 0.0)] * (count - len(parts))


def _grouped(text: str) -> str:
    text = text.strip()
    return text if _ATOM.fullmatch(text) else f"({text})"


def _raised(text: str, *, bare: bool = False) -> str:
    text = _squeezed(text)
    if all(character in _SUPERSCRIPTS for character in text):
        return "".join(_SUPERSCRIPTS[character] for character in text)
    if bare:
        return text
    return f"^{text}" if _SCRIPT_ATOM.fullmatch(text) else f"^({text})"


def _lowered(text: str) -> str:
    text = _squeezed(text)
    if all(character in _SUBSCRIPTS for character in text):
        return "".join(_SUBSCRIPTS[character] for character in text)
    return f"_{text}" if _SCRIPT_ATOM.fullmatch(text) else f"_({text})"


def _squeezed(text: str) -> str:
    """A script without the spaces around its operators, unless it holds words."""
    text = text.strip()
    return text if re.search(r"[A-Za-z]{2}", text) else text.replace(" ", "")


_WRITERS: dict[str, Callable[[_Node], tuple[str, float]]] = {
    "#text": _text,
    "mo": _operator,
    "mspace": _space,
    "mphantom": _nothing,
    "mfrac": _fraction,
    "msqrt": _root,
    "mroot": _indexed_root,
    "msup": _superscript,
    "msub": _subscript,
    "msubsup": _both_scripts,
    "mover": _over,
    "munder": _under,
    "munderover": _under_and_over,
    "mtable": _table,
}
