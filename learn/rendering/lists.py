"""Keeps a numbered list together where an author wrote its display formulas at the margin.

To CommonMark a block at the margin ends the item and with it the list, and what follows begins another. Chat tools
and people write formulas so all the time, and mean them to belong to the item above: the numbers go on behind them.
"""

from __future__ import annotations

import re

from .formulas import Protected
from .placeholders import FIRST_PLACEHOLDER

_ITEM = re.compile(r"(?P<indent> *)(?P<number>\d{1,9})(?P<mark>[.)])(?P<space> {1,4})(?=\S)")
_FENCE = re.compile(r" *(`{3,}|~{3,})")
# What ends a list whatever number comes behind it: a heading, a rule, a quotation, a table.
_ENDS_LIST = re.compile(r" {0,3}(?:#{1,6} |>|\||(?:-[ \t]*){3,}\Z|(?:\*[ \t]*){3,}\Z)")
_BULLET = re.compile(r"(?P<indent> *)[-*+] ")
# How far behind a formula the next number is looked for, in lines.
_REACH = 30


def keep_together(protected: Protected) -> str:
    """The text with the formulas of numbered items, and what follows them up to the next number, indented."""
    text = protected.text
    if not any(formula.is_display for formula in protected.formulas):
        return text
    lines = text.split("\n")
    item: re.Match[str] | None = None
    fence = ""
    index = 0
    while index < len(lines):
        line = lines[index]
        opening = _FENCE.match(line)
        if fence:
            fence = "" if _closes(line, fence) else fence
        elif opening:
            fence = opening[1]
        elif found := _ITEM.match(line):
            item = found
        elif item is not None and _ENDS_LIST.match(line):
            item = None
        elif (
            item is not None
            and line[_indent(line) : _indent(line) + 1] >= FIRST_PLACEHOLDER
            and _indent(line) < item.end()
            and protected.is_display_line(line.strip())
            and (following := _next_item(lines, index + 1, item, protected))
        ):
            for between in range(index, following):
                if lines[between].strip() and _indent(lines[between]) < item.end():
                    lines[between] = " " * item.end() + lines[between].lstrip()
            index = following
            continue
        index += 1
    return "\n".join(lines)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _closes(line: str, fence: str) -> bool:
    marks = line.strip()
    return len(marks) >= len(fence) and not marks.strip(fence[0])


def _next_item(lines: list[str], start: int, item: re.Match[str], protected: Protected) -> int:
    """The line of the item with the next number, or 0 where something else comes before it.

    Who writes "1." before each item leaves the counting to Markdown: then nothing but formulas may stand between.
    """
    number = int(item["number"]) + 1
    for index in range(start, min(start + _REACH, len(lines))):
        line = lines[index]
        if found := _ITEM.match(line):
            is_next = (int(found["number"]), found["mark"], found["indent"]) == (
                number,
                item["mark"],
                item["indent"],
            )
            if is_next:
                return index
            is_same = (found["number"], found["mark"], found["indent"]) == ("1", item["mark"], item["indent"])
            between = (other.strip() for other in lines[start:index])
            if (
                is_same
                and item["number"] == "1"
                and all(not other or protected.is_display_line(other) for other in between)
            ):
                return index
            if _indent(line) < item.end():
                return 0
        elif (
            _ENDS_LIST.match(line)
            or _FENCE.match(line)
            or ((bullet := _BULLET.match(line)) and len(bullet["indent"]) < item.end())
        ):
            return 0
    return 0
