"""A formula in plain English words, for what reads no MathML: ``alttext``, and people who copy a description.

Screen readers make their own speech of the MathML, by the reader's own rules. These words follow those of ClearSpeak
(https://www.w3.org/TR/mathml4/#mixing_intent) in short: "x squared", "the square root of 2", "1 over 2"; "end" closes
what is longer than one sign.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from .mathml import Node

MAX_LENGTH = 300  # characters: what is longer is no help to a listener

_SIGNS = {
    "+": "plus", "−": "minus", "-": "minus", "=": "equals", "<": "is less than", ">": "is greater than",
    "≤": "is at most", "≥": "is at least", "≠": "is not equal to", "≈": "is approximately", "≡": "is equivalent to",
    "×": "times", "⋅": "times", "∗": "star", "÷": "divided by", "/": "over", "±": "plus or minus", "∓": "minus or plus",
    "∈": "in", "∉": "not in", "⊂": "is a subset of", "⊆": "is a subset of or equal to", "∪": "union",
    "∩": "intersection", "∧": "and", "∨": "or", "¬": "not", "∀": "for all", "∃": "there exists", "∞": "infinity",
    "∑": "the sum", "∏": "the product", "∫": "the integral", "∮": "the contour integral", "∂": "partial d",
    "∇": "nabla", "→": "to", "⟶": "gives", "⇒": "implies", "⟹": "implies", "⇔": "if and only if",
    "⟺": "if and only if", "⇌": "is in equilibrium with", "↦": "maps to", "∣": "given", "∥": "parallel to",
    "⊥": "perpendicular to", "∝": "is proportional to", "∼": "similar to", "∘": "degrees", "°": "degrees",
    "′": "prime", "″": "double prime", "!": "factorial", "%": "percent", "…": "and so on", "⋯": "and so on",
    "(": "(", ")": ")", "∅": "the empty set", "∖": "without", "△": "triangle", "∠": "angle",
}  # fmt: skip
_ACCENTS = {
    "̂": "hat", "^": "hat", "ˆ": "hat", "~": "tilde", "̃": "tilde", "˜": "tilde", "¯": "bar", "ˉ": "bar", "̄": "bar",
    "̲": "bar", "→": "vector", "⃗": "vector", "˙": "dot", "¨": "double dot", "⃛": "triple dot", "ˇ": "check",
    "⏞": "under a brace",
    "⏟": "over a brace",
}  # fmt: skip
_POWERS = {
    "2": "squared",
    "3": "cubed",
    "∘": "degrees",
    "′": "prime",
    "″": "double prime",
    "∗": "star",
    "+": "plus",
    "−": "minus",
}
_SPACES = re.compile(r"\s+")
_INVISIBLE = re.compile("[\u2061-\u2064\u200b\ufe00\ufe01]")


def speak(root: Node) -> str:
    """The formula in words; cut behind MAX_LENGTH with an ellipsis."""
    words = _SPACES.sub(" ", _say(root)).replace("( ", "(").replace(" )", ")").replace(" ,", ",").strip()
    if len(words) > MAX_LENGTH:
        words = f"{words[:MAX_LENGTH].rpartition(' ')[0]} …"
    return words


def _say(node: Node) -> str:
    return _SPEAKERS.get(node.name, _row)(node)


def _row(node: Node) -> str:
    return " ".join(filter(None, map(_say, node.children)))


def _text(node: Node) -> str:
    text = _INVISIBLE.sub("", node.text)
    return (
        unicodedata.normalize("NFKC", text) if any(character > "\U0001d3ff" for character in text) else text
    )


def _sign(node: Node) -> str:
    text = _INVISIBLE.sub("", "".join(child.text for child in node.children))
    return _SIGNS.get(text, text)


def _parts(node: Node, count: int) -> list[str]:
    said = [_say(child) for child in node.children[:count]]
    return said + [""] * (count - len(said))


def _is_short(text: str) -> bool:
    return " " not in text.strip()


def _fraction(node: Node) -> str:
    above, below = _parts(node, 2)
    if 'linethickness="0"' in node.attributes:
        return f"{above} choose {below}"
    if _is_short(above) and _is_short(below):
        return f"{above} over {below}"
    return f"the fraction {above} over {below} end fraction"


def _root(node: Node) -> str:
    inside = _row(node)
    return f"the square root of {inside}{'' if _is_short(inside) else ' end root'}"


def _indexed_root(node: Node) -> str:
    inside, index = _parts(node, 2)
    name = {"3": "cube root"}.get(index.strip(), f"{index}-th root")
    return f"the {name} of {inside}{'' if _is_short(inside) else ' end root'}"


def _raised(script: str) -> str:
    script = script.strip()
    if script in _POWERS:
        return _POWERS[script]
    if script in _POWERS.values() or script in {"degrees", "prime"}:
        return script
    return f"to the {script}{'' if _is_short(script) else ' end exponent'}"


def _superscript(node: Node) -> str:
    base, script = _parts(node, 2)
    return f"{base} {_raised(script)}" if base.strip() else f"superscript {script}"


def _subscript(node: Node) -> str:
    base, script = _parts(node, 2)
    return f"{base} sub {script}{'' if _is_short(script) else ' end sub'}"


_LARGE = frozenset(_SIGNS[sign] for sign in "∑∏∫∮") | {"lim", "max", "min", "sup", "inf"}


def _both(node: Node) -> str:
    base, below, above = _parts(node, 3)
    if base.strip() in _LARGE:
        return f"{base} from {below} to {above} of"
    return f"{base} sub {below} {_raised(above)}"


def _over(node: Node) -> str:
    base, above = _parts(node, 2)
    sign = (
        _INVISIBLE.sub("", "".join(child.text for child in node.children[1].children))
        if len(node.children) > 1
        else ""
    )
    if sign in _ACCENTS:
        return f"{base} {_ACCENTS[sign]}"
    return f"{base} with {above} above" if above.strip() else base


def _under(node: Node) -> str:
    base, below = _parts(node, 2)
    sign = (
        _INVISIBLE.sub("", "".join(child.text for child in node.children[1].children))
        if len(node.children) > 1
        else ""
    )
    if sign in _ACCENTS:
        return f"{base} {_ACCENTS[sign]}"
    if base.strip() in _LARGE:
        return f"{base} over {below} of" if base.strip() != "lim" else f"the limit as {below} of"
    return f"{base} with {below} below" if below.strip() else base


def _table(node: Node) -> str:
    rows = (_cells(row) for row in node.children)
    return "; ".join(filter(None, rows))


def _cells(row: Node) -> str:
    # The columns of rows that are aligned at a relation are one formula; those of a matrix are numbers of their own.
    is_aligned = any("padding-left:0" in cell.attributes for cell in row.children)
    return (" " if is_aligned else ", ").join(filter(None, (_row(cell).strip() for cell in row.children)))


def _nothing(_node: Node) -> str:
    return ""


_SPEAKERS: dict[str, Callable[[Node], str]] = {
    "#text": _text,
    "mo": _sign,
    "mspace": _nothing,
    "mphantom": _nothing,
    "mfrac": _fraction,
    "msqrt": _root,
    "mroot": _indexed_root,
    "msup": _superscript,
    "msub": _subscript,
    "msubsup": _both,
    "mover": _over,
    "munder": _under,
    "munderover": _both,
    "mtable": _table,
}
