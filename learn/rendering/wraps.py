"""Elements around a part of a formula for which TeX has no words: a background, a size, a box without height.

``mark`` marks the part in the TeX; ``unwrap`` puts the element in the place of the mark in the MathML.
"""

from __future__ import annotations

import re

# What marks a wrapped part. An author's own are taken out: none means anything, and one could make broken MathML.
_MARKS = "\ue000\ue001"
_MARK = re.compile("[\ue000\ue001]")
_MARKED = re.compile("<mtext>\ue000(\\d+)\ue001</mtext>\\Z")
_MOVER = re.compile(r"(</?mover(?:\s[^<>]*)?>)")

Wraps = list[tuple[str, str]]


def mark(wraps: Wraps, opening: str, tex: str, closing: str) -> str:
    """The part, given as TeX, with a mark for an element between the tags ``opening`` and ``closing``."""
    wraps.append((opening, closing))
    return rf"\overset{{\text{{{_MARKS[0]}{len(wraps) - 1}{_MARKS[1]}}}}}{{{{{tex}}}}}"


def without_marks(tex: str) -> str:
    return _MARK.sub("", tex) if _MARKS[0] in tex or _MARKS[1] in tex else tex


def unwrap(mathml: str, wraps: Wraps) -> str:
    """The MathML with the elements in the place of their marks."""
    if not wraps:
        return mathml
    out: list[str] = []
    opened: list[int] = []
    for piece in _MOVER.split(mathml):
        if piece == "</mover>":
            start = opened.pop()
            if marked := _MARKED.search(out[-1]):
                out[-1] = out[-1][: marked.start()]
                out[start], piece = wraps[int(marked[1])]  # noqa: PLW2901
        elif piece.startswith("<mover"):
            opened.append(len(out))
        out.append(piece)
    return "".join(out)
