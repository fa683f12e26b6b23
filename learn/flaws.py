"""What is wrong with an answer, seen from its text alone: broken math and code, endings and phrases that betray haste.

Pure and cheap (0.03 ms for a page of text), so that it is decided at every import and save and stored as bits. Knows
no database. `learn.health` adds what only the whole library tells.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from enum import IntFlag
from typing import NamedTuple

THIN_WORDS = 80  # of 4,087 real answers 8 are shorter; the median has 339
REFUSAL_WITHIN = 400  # characters: an answer that refuses does so at once


class Flaw(IntFlag):
    """The bits of `Article.flaws`. Stored, so a value never changes its meaning."""

    FORMULA = 1
    UNBALANCED_MATH = 2
    UNBALANCED_CODE = 4
    CUT_OFF = 8
    REFUSAL = 16
    LEAK = 32
    THIN = 64


class LinkFlaw(IntFlag):
    """The bits of `Article.link_flaws`."""

    NONE = 1
    REPEATED = 2


class Finding(NamedTuple):
    flaw: Flaw
    line: int  # of the answer, from 1
    message: str


_Note = Callable[[Flaw, int, str], None]


_REFUSAL = re.compile(
    r"\b(?:cannot|can['’]t|can not|could not|am unable to|unable to) answer (?:this|the|your) question\b"
)
# What the program that wrote the answers says of its own work, not of the subject. "the gathered" and "on gathered":
# a chapter on research methods may well speak of gathered data.
_LEAK = re.compile(
    r"\b(?:the|on|from|in|of) gathered (?:information|data|documents?|sources?|materials?)\b"
    r"|\bin the (?:provided|retrieved|supplied) (?:context|data|documents?|information|sources?|text)\b"
    r"|\bas an ai (?:language )?(?:model|assistant)\b"
    r"|\b(?:please )?feel free to ask\b"
    r"|\blet me know if you\b"
    r"|\A(?:sure|certainly|of course)[,!]"
)
# One of these stands in every match of _LEAK; looking for them costs a tenth of the expression.
_LEAK_HINTS = (
    "gathered ",
    "in the provided",
    "in the retrieved",
    "in the supplied",
    "as an ai",
    "feel free",
    "let me know",
)
_LEAK_OPENINGS = ("sure", "certainly", "of course")
_FENCE = re.compile(r"(?:[ \t>]|[-*+][ \t]|\d{1,9}[.)][ \t])*(`{3,}(?=[^`]*\Z)|~{3,})")
_BACKTICKS = re.compile(r"(\\*)(`+)")
_DELIMITERS = re.compile(r"\\\\|\\[()\[\]]|\\(?:begin|end)\s*\{([A-Za-z]+\*?)\}|(?<!\\)\$\$")
_CLOSES = {r"\(": r"\)", r"\[": r"\]"}
_FINAL_PUNCTUATION = re.compile(r"[.!?…。؟](?:[\"'”’»)\]*_`]|\[\d+\])*\Z")
_LIST_ITEM = re.compile(r"[ \t]*(?:[-*+•]|\d{1,9}[.)])[ \t]+\S")


def examine(answer: str, *, word_count: int, problems: Iterable[Sequence[str]] = ()) -> list[Finding]:
    """Everything that is wrong with `answer` (Markdown), at most one finding of each kind, in the order of its lines.

    `word_count` counts the words of the rendered text; `problems` are what rendering reported, as (code, message).
    Linear in the length of the answer.
    """
    found: dict[Flaw, Finding] = {}

    def note(flaw: Flaw, line: int, message: str) -> None:
        found.setdefault(flaw, Finding(flaw, line, message))

    lines = answer.split("\n")
    prose = _without_code(lines, note) if "`" in answer or "~~~" in answer else lines
    for _code, message in problems:
        note(Flaw.FORMULA, 1, message)
    if "\\" in answer or "$$" in answer:
        _check_delimiters(prose, note)
    if problem := _ending(lines):
        note(Flaw.CUT_OFF, len(answer.rstrip().split("\n")), problem)
    lower = answer.lower()
    if " answer " in lower[:REFUSAL_WITHIN] and (match := _REFUSAL.search(lower, 0, REFUSAL_WITHIN)):
        note(Flaw.REFUSAL, _line_of(lower, match.start()), f"“{match[0]}”")
    suspicious = lower.startswith(_LEAK_OPENINGS) or any(hint in lower for hint in _LEAK_HINTS)
    if suspicious and (match := _LEAK.search(lower)):
        note(Flaw.LEAK, _line_of(lower, match.start()), f"“{match[0]}”")
    if word_count < THIN_WORDS:
        note(Flaw.THIN, 1, f"{word_count} words")
    return sorted(found.values(), key=lambda finding: (finding.line, finding.flaw))


def bits(findings: Iterable[Finding]) -> int:
    """The value of `Article.flaws`."""
    total = 0
    for finding in findings:
        total |= finding.flaw
    return total


def link_bits(path: str, urls: Sequence[str]) -> int:
    """The value of `Article.link_flaws` for an article at `path` with related links to `urls`."""
    others = [url for url in urls if url and url != path]
    if not others:
        return int(LinkFlaw.NONE)
    return int(LinkFlaw.REPEATED) if len(set(urls)) < len(urls) or len(others) < len(urls) else 0


def _without_code(lines: Sequence[str], note: _Note) -> list[str]:
    """The lines with code emptied, so that what remains may be searched for math; notes unclosed code."""
    prose: list[str] = []
    fence, opened_at = "", 0
    paragraph_start = 0
    for number, line in enumerate(lines, start=1):
        match = _FENCE.match(line)
        if fence:
            if match and match[1].startswith(fence) and not line[match.end() :].strip():
                fence = ""
            prose.append("")
        elif match:
            fence, opened_at = match[1], number
            prose.append("")
        else:
            prose.append(line)
            continue
        _mask_spans(prose, paragraph_start, number - 1, note)
        paragraph_start = number
    if fence:
        note(Flaw.UNBALANCED_CODE, opened_at, f"the code block that {fence} opens is never closed")
    _mask_spans(prose, paragraph_start, len(prose), note)
    return prose


def _mask_spans(prose: list[str], start: int, end: int, note: _Note) -> None:
    """Blank inline code in lines `start` to `end`, which hold no fence; a span may not cross an empty line."""
    block: list[int] = []
    for index in range(start, end + 1):
        if index < end and prose[index].strip():
            block.append(index)
            continue
        if block:
            _mask_block(prose, block, note)
        block = []


def _mask_block(prose: list[str], block: list[int], note: _Note) -> None:
    text = "\n".join(prose[index] for index in block)
    if "`" not in text:
        return
    matches = list(_BACKTICKS.finditer(text))
    lengths = [len(match[2]) for match in matches]
    later: dict[int, list[int]] = {}  # length -> the runs of that length, last first
    for number in reversed(range(len(matches))):
        later.setdefault(lengths[number], []).append(number)
    pieces, done, number = [], 0, 0
    while number < len(matches):
        # A backslash takes the meaning from a backtick that opens, not from one that closes.
        is_escaped = len(matches[number][1]) % 2
        begin, length = matches[number].start(2) + is_escaped, lengths[number] - is_escaped
        same = later.get(length, [])
        while same and same[-1] <= number:
            same.pop()
        if length and same:
            closing = same.pop()
            end = matches[closing].end()
            pieces.append(text[done:begin] + re.sub(r"[^\n]", " ", text[begin:end]))
            done, number = end, closing + 1
            continue
        if length:
            line = block[0] + 1 + text.count("\n", 0, begin)
            note(Flaw.UNBALANCED_CODE, line, f"the code that {'`' * length} opens is never closed")
        number += 1
    pieces.append(text[done:])
    for index, line_text in zip(block, "".join(pieces).split("\n"), strict=True):
        prose[index] = line_text


def _check_delimiters(prose: Sequence[str], note: _Note) -> None:
    marks = [
        (match, number)
        for number, line in enumerate(prose, start=1)
        if "\\" in line or "$$" in line
        for match in _DELIMITERS.finditer(line)
    ]
    dollars = [number for match, number in marks if match[0] == "$$"]
    if len(dollars) % 2:
        note(Flaw.UNBALANCED_MATH, dollars[-1], "the formula that $$ opens is never closed")
    opened: list[tuple[str, str, int]] = []  # what opens, what has to close it, where
    for match, number in marks:
        mark = match[0]
        if mark in _CLOSES or mark.startswith(r"\begin"):
            opened.append((mark, _CLOSES.get(mark, match[1]), number))
        elif mark not in ("$$", r"\\"):
            if opened and opened[-1][1] == (match[1] or mark):
                opened.pop()
            else:
                note(Flaw.UNBALANCED_MATH, number, f"{mark} closes nothing")
    for mark, _closing, number in opened:
        note(Flaw.UNBALANCED_MATH, number, f"the formula that {mark} opens is never closed")


def _ending(lines: Sequence[str]) -> str:
    """Why the last line looks as if the sentence went on; empty where it does not.

    Tables, code, formulas, addresses, headings of sources in capitals, and lists whose items all do without a full
    stop end as they please.
    """
    written = next((number for number in range(len(lines) - 1, -1, -1) if lines[number].strip()), None)
    if written is None:
        return ""
    last = lines[written].strip()
    if _FINAL_PUNCTUATION.search(last) or last.endswith(("|", "```", "~~~", "$", r"\]", r"\)")):
        return ""
    if not any(character.isalnum() for character in last) or (last.isupper() and len(last) < 40):
        return ""
    if "://" in last.rsplit(None, 1)[-1]:
        return ""
    if _LIST_ITEM.match(lines[written]) and last[-1] not in ",;:":
        before = next((line for line in reversed(lines[:written]) if _LIST_ITEM.match(line)), "")
        if before and not _FINAL_PUNCTUATION.search(before.strip()):
            return ""
    return f"ends with “{last[-60:]}”"


def _line_of(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
