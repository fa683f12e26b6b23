"""Headings, tables and pictures: what only looks like one, and what does not say what it is.

https://www.w3.org/WAI/WCAG22/Understanding/info-and-relationships
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from learn.rendering import Pictures

from .findings import Finding, Repair, Word
from .reading import FORMULA, Block, Sheet, lines_of

HEADING_CHARACTERS, HEADING_WORDS = 80, 12
FIRST_LEVEL, LOWEST_LEVEL = 3, 6
_HASHES = re.compile(r"( {0,3})(#{1,6})(?=[ \t])")
_BOLD_LINE = re.compile(r"\s*(?:\*\*|__)\s*(.+?)\s*(?:\*\*|__)\s*(:?)\s*\\?\Z")
_ROW = re.compile(r"\s*\|.*\|\s*\Z")
_DASHES = re.compile(r"\s*\|?\s*:?-{1,}:?\s*(?:\|\s*:?-{1,}:?\s*)*\|?\s*\Z")
_CELLS = re.compile(r"(?<!\\)\|")


def findings(sheet: Sheet, pictures: Pictures) -> Iterator[Finding]:
    """What is wrong with headings, tables and pictures."""
    yield from _headings(sheet)
    yield from _tables(sheet)
    yield from _pictures(sheet, pictures)


def _headings(sheet: Sheet) -> Iterator[Finding]:
    level = 0
    levels = [(block.lines[0], block.level) for block in sheet.blocks if block.kind == "heading"]
    for block in sheet.blocks:
        if block.kind == "heading":
            if level and block.level > level + 1:
                yield _skipped(sheet, block, level + 1)
            level = block.level
        elif block.kind == "paragraph" and block.is_top and (text := _faked(sheet, block)):
            line = block.lines[0]
            start, end = sheet.span(line)
            new = f"{'#' * _level(levels, line)} {text}"
            repair = Repair(start, end, new, f"Make it a heading: {new}")
            yield Finding(Word.FAKED_HEADING, line + 1, f"“{text}” looks like a heading and is none", repair)


def _level(levels: list[tuple[int, int]], line: int) -> int:
    """The level of a heading to be made at a line: below the highest of the answer, or beside what stands alone.

    The same whether the ones above it were made headings before or not.
    """
    used = [level for _line, level in levels]
    if not used:
        return FIRST_LEVEL
    is_first, is_last = line < levels[0][0], line > levels[-1][0]
    if is_first or (is_last and min(used) == max(used)):
        return min(used)
    return min(min(used) + 1, LOWEST_LEVEL)


def _skipped(sheet: Sheet, block: Block, wanted: int) -> Finding:
    line = block.lines[0]
    message = f"a heading of level {block.level} below one of level {wanted - 1}: level {wanted} is skipped"
    match = _HASHES.match(sheet.written(line))
    repair = None
    if match:
        start = sheet.span(line)[0] + match.start(2)
        repair = Repair(start, start + len(match[2]), "#" * wanted, f"Make it level {wanted}")
    return Finding(Word.SKIPPED_HEADING, line + 1, message, repair)


def _faked(sheet: Sheet, block: Block) -> str:
    """The words of a paragraph's first line, where that is bold from end to end and something stands below it."""
    children = list(block.children)
    first = next(
        (place for place, child in enumerate(children) if child.type.endswith("break")), len(children)
    )
    if block.is_last and first == len(children):
        return ""
    here = [child for child in children[:first] if child.content.strip() or child.nesting]
    if here and here[-1].type == "text" and here[-1].content.strip() == ":":
        here.pop()
    if len(here) < 3 or here[0].type != "strong_open" or here[-1].type != "strong_close":
        return ""
    if any(child.type in ("strong_open", "strong_close", "image", "link_open") for child in here[1:-1]):
        return ""
    if any(child.type == "strong_open" for child in children[first : first + 3]):
        return ""  # lines of bold text
    match = _BOLD_LINE.match(sheet.written(block.lines[0]))
    text = match[1].strip().rstrip(":").strip() if match else ""
    words = text.split()
    if not words or len(text) > HEADING_CHARACTERS or len(words) > HEADING_WORDS or text[-1] in ".!,;":
        return ""
    if (
        not any(character.isalpha() for character in text)
        or FORMULA in sheet.source[slice(*sheet.span(block.lines[0]))]
    ):
        return ""
    return text


def _tables(sheet: Sheet) -> Iterator[Finding]:
    for table in sheet.tables:
        if not any(table.head):
            yield Finding(
                Word.HEADLESS_TABLE, table.line, "the table has no head: say what each column holds"
            )
    for block in sheet.blocks:
        if block.kind != "paragraph" or block.lines[1] - block.lines[0] < 2:
            continue
        lines = [sheet.source[slice(*sheet.span(line))] for line in range(*block.lines)]
        rows = [place for place, text in enumerate(lines) if _ROW.match(text)]
        if len(rows) < 2 or rows[1] != rows[0] + 1:
            continue
        cells = _count(lines[rows[0]])
        if cells < 2:
            continue
        line = block.lines[0] + rows[0]
        indent = re.match(r"\s*", lines[rows[0]])[0]  # type: ignore[index]
        dashes = f"{indent}|{' --- |' * cells}"
        if _DASHES.fullmatch(lines[rows[1]]):
            message = (
                f"no table: its head has {cells} columns, and the line of dashes {_count(lines[rows[1]])}"
            )
            repair = Repair(*sheet.span(line + 1), dashes, "Mend the line of dashes")
        else:
            message = "no table: a line of dashes has to follow its head"
            start, end = sheet.span(line)
            repair = Repair(
                start, end, f"{sheet.answer[start:end]}\n{dashes}", "Put a line of dashes below its head"
            )
        yield Finding(Word.HEADLESS_TABLE, line + 1, message, repair)


def _count(row: str) -> int:
    return len(_CELLS.split(row.strip().removeprefix("|").removesuffix("|")))


def _pictures(sheet: Sheet, pictures: Pictures) -> Iterator[Finding]:
    for block in sheet.blocks:
        for line, child in lines_of(block):
            if child.type != "image" or child.content.strip():
                continue
            address = str(child.attrs.get("src", ""))
            known = pictures.get(address)
            if known is None or not (known.alt or known.is_decorative):
                message = f"say what {address[:80]} shows between the brackets, or in the library that it is decorative"
                yield Finding(Word.SILENT_PICTURE, line + 1, message)
