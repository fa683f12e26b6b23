"""Reads the arguments of TeX's commands, as far as replacing one command by another needs it."""

from __future__ import annotations

import re

_GROUP = re.compile(r"\\.|[{}]", re.DOTALL)
_TOKEN = re.compile(r"\\(?:[A-Za-z]+\*?|.)|\S", re.DOTALL)
_SPACE = re.compile(r"\s*")
_LENGTH = re.compile(r"\s*(-?(?:\d+\.?\d*|\.\d+))\s*(em|ex|pt|mu|mm|cm|in|px|pc|bp|dd|cc|nd|nc|sp)\s*")
_EM = {
    "em": 1.0, "ex": 0.431, "pt": 0.1, "mu": 1 / 18, "mm": 0.2845, "cm": 2.845, "in": 7.227, "px": 0.0753, "pc": 1.2,
    "bp": 0.1004, "dd": 0.107, "cc": 1.284, "nd": 0.1067, "nc": 1.2804, "sp": 0.1 / 65536,
}  # fmt: skip
_LONGEST = 30.0  # em: a longer rule or space is a mistake


def closing_brace(tex: str, start: int) -> int:
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


def skip_space(tex: str, position: int) -> int:
    match = _SPACE.match(tex, position)
    return match.end() if match else position


def argument(tex: str, position: int) -> tuple[str, int]:
    """The argument at ``position``, a group without its braces or one token, and where it ends; empty at the end."""
    position = skip_space(tex, position)
    if tex[position : position + 1] == "{":
        end = closing_brace(tex, position + 1)
        return tex[position + 1 : end], min(end + 1, len(tex))
    token = _TOKEN.match(tex, position)
    if token is None or token[0] == "}":
        return "", position
    return token[0], token.end()


def option(tex: str, position: int) -> tuple[str | None, int]:
    """The optional argument at ``position``, without its square brackets, and where it ends; None where none is."""
    begun = skip_space(tex, position)
    if tex[begun : begun + 1] != "[":
        return None, position
    depth = 0
    for match in re.finditer(r"\\.|[{}\]]", tex[begun + 1 :], re.DOTALL):
        if match[0] == "{":
            depth += 1
        elif match[0] == "}":
            depth -= 1
        elif match[0] == "]" and depth <= 0:
            end = begun + 1 + match.start()
            return tex[begun + 1 : end], end + 1
    return None, position


def rest_of_group(tex: str, position: int) -> int:
    """Where the group that holds ``position`` ends, or the cell of a table in it: what a declaration reaches."""
    depth = 0
    for match in re.finditer(r"\\(?:begin|end|left|right|\\|[A-Za-z]+|.)|[{}&]", tex[position:], re.DOTALL):
        mark = match[0]
        if mark in {"{", "\\begin", "\\left"}:
            depth += 1
        elif mark in {"}", "\\end", "\\right"}:
            depth -= 1
        if depth < 0 or (depth == 0 and mark in {"&", "\\\\"}):
            return position + match.start()
    return len(tex)


def length(value: str) -> float | None:
    """A length of TeX in em, or None where it is none, or longer than a line."""
    match = _LENGTH.fullmatch(value)
    if not match:
        return None
    em = float(match[1]) * _EM[match[2]]
    return em if abs(em) <= _LONGEST else None
