r"""Environments and infix commands that math-core does not read, written as ones that it does.

``\begin{pmatrix*}[r]`` with the sides of its columns, commutative diagrams (``\begin{CD}``), and ``{a \above{1pt} b}``.
"""

from __future__ import annotations

import re

from .arguments import argument, closing_brace, length, option, rest_of_group

HINT = re.compile(r"\\(?:begin\{(?:[pbBvV]?matrix\*|CD)\}|above(?![A-Za-z]))")
_STARRED = re.compile(r"\\begin\{([pbBvV]?)matrix\*\}")
_DIAGRAM = re.compile(r"\\begin\{CD\}(.*?)\\end\{CD\}", re.DOTALL)
_ABOVE = re.compile(r"\\above(?![A-Za-z])|\\\\|\\(?:left|right|begin|end)(?![A-Za-z])|\\.|[{}&]", re.DOTALL)
_BARE_LENGTH = re.compile(r"\s*-?(?:\d+\.?\d*|\.\d+)\s*[a-z]{2}")
_FENCES = {
    "p": ("(", ")"), "b": ("[", "]"), "B": (r"\{", r"\}"), "v": (r"\lvert ", r"\rvert "), "V": (r"\lVert ", r"\rVert "),
}  # fmt: skip
_TOKEN = re.compile(r"\\(?:begin|end|\\|[A-Za-z]+|.)|[{}&@]", re.DOTALL)
# https://ctan.org/pkg/amscd: each arrow is an @, its direction, a label, the direction, a label, the direction.
_ARROWS = {">": r"\xrightarrow", "<": r"\xleftarrow", "V": r"\bigg\downarrow", "A": r"\bigg\uparrow"}
_DOUBLE = {"=": r"\xlongequal{\hphantom{xx}}", "|": r"\bigg\Vert", ".": ""}
_MOST_COLUMNS = 30


def write_out(tex: str) -> str:
    """The formula without those; what cannot be read stays as it is, and is refused."""
    while match := _STARRED.search(tex):
        written, end = _matrix(match, tex)
        if not end:
            break
        tex = f"{tex[: match.start()]}{written}{tex[end:]}"
    tex = _DIAGRAM.sub(_diagram, tex)
    return _fractions(tex) if "\\above" in tex else tex


def _matrix(opening: re.Match[str], tex: str) -> tuple[str, int]:
    name = f"{opening[1]}matrix*"
    end = tex.find(rf"\end{{{name}}}", opening.end())
    side, start = option(tex, opening.end())
    side = (side or "c").strip()
    if end < start or side not in {"l", "c", "r"}:
        return "", 0
    body = tex[start:end]
    columns = max(len(_split(row, "&")) for row in _split(body, r"\\"))
    if columns > _MOST_COLUMNS:
        return "", 0
    left, right = _FENCES.get(opening[1], ("", ""))
    written = rf"\begin{{array}}{{{side * columns}}}{body}\end{{array}}"
    return (rf"\left{left}{written}\right{right}" if left else written), end + len(rf"\end{{{name}}}")


def _split(tex: str, mark: str) -> list[str]:
    """The parts between the marks outside groups and inner environments."""
    parts, depth, start = [], 0, 0
    for match in _TOKEN.finditer(tex):
        if match[0] in {"{", r"\begin"}:
            depth += 1
        elif match[0] in {"}", r"\end"}:
            depth -= 1
        elif match[0] == mark and not depth:
            parts.append(tex[start : match.start()])
            start = match.end()
    return [*parts, tex[start:]]


def _diagram(match: re.Match[str]) -> str:
    rows = []
    for line in _split(match[1].strip(), r"\\"):
        cells = _cells(line)
        if cells is None:
            return match[0]
        rows.append(cells)
    if not rows:
        return match[0]
    columns = max(map(len, rows))
    if columns > _MOST_COLUMNS:
        return match[0]
    body = r" \\ ".join(" & ".join(row) for row in rows)
    return rf"\begin{{array}}{{{'c' * columns}}}{body}\end{{array}}"


def _cells(line: str) -> list[str] | None:
    """The cells of a row: objects and the arrows between them, or arrows and the empty columns between them."""
    cells: list[str] = []
    position = 0
    is_between = False  # whether the row has arrows alone, which stand below objects
    for at in re.finditer("@", line):
        if at.start() < position:
            continue
        object_ = line[position : at.start()].strip()
        arrow, position = _arrow(line, at.end())
        if arrow is None:
            return None
        if not cells and not object_:
            is_between = True
        if is_between:
            cells += ["", arrow] if cells else [arrow]
        else:
            cells += [object_, arrow]
    rest = line[position:].strip()
    if rest or not is_between:
        cells.append(rest)
    return cells


def _arrow(line: str, position: int) -> tuple[str | None, int]:
    kind = line[position : position + 1]
    if kind in _DOUBLE and kind:
        return _DOUBLE[kind], position + 1
    if kind not in _ARROWS or not kind:
        return None, position
    labels, start = [], position + 1
    for _ in range(2):
        end = start
        while end < len(line) and line[end] != kind:
            if line[end] == "{":
                end = closing_brace(line, end + 1)
            end += 2 if line[end : end + 1] == "\\" else 1
        if end >= len(line):
            return None, position
        labels.append(line[start:end].strip())
        start = end + 1
    first, second = labels
    if kind in "<>":
        # An arrow with little or nothing above it is as wide as one with a word.
        above = first or r"\hphantom{xx}"
        below = f"[{second}]" if second else ""
        return f"{_ARROWS[kind]}{below}{{{above}}}", start
    left = rf"\mathllap{{\scriptstyle {first}\;}}" if first else ""
    right = rf"\mathrlap{{\;\scriptstyle {second}}}" if second else ""
    return f"{left}{_ARROWS[kind]}{right}", start


def _fractions(tex: str) -> str:
    r"""``\above`` as ``\genfrac``: what stands before it in its group over what stands behind it."""
    while True:
        starts = [0]
        for match in _ABOVE.finditer(tex):
            mark = match[0]
            if mark in {"{", r"\left", r"\begin"}:
                starts.append(match.end())
            elif mark in {"}", r"\right", r"\end"} and len(starts) > 1:
                starts.pop()
            elif mark in {"&", r"\\"}:
                starts[-1] = match.end()
            elif mark == r"\above":
                break
        else:
            return tex
        bare = _BARE_LENGTH.match(tex, match.end())
        value, position = (bare[0], bare.end()) if bare else argument(tex, match.end())
        thickness = length(value)
        if thickness is None:
            return tex
        start, end = starts[-1], rest_of_group(tex, position)
        above, below = tex[start : match.start()], tex[position:end]
        tex = rf"{tex[:start]}\genfrac{{}}{{}}{{{thickness:g}em}}{{}}{{{above}}}{{{below}}}{tex[end:]}"
