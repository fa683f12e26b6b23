"""Flaws of an answer that its text alone shows: broken math and code, unfinished endings, phrases of a chatbot.

Pure and cheap (0.03 ms for a page of text that is rendered already), so that it is decided at every import and save
and stored as bits. Knows no database. `learn.editing.content_health` adds what only the whole library tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import IntFlag
from typing import NamedTuple

from . import Rendered

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
    MARKUP = 128


class LinkFlaw(IntFlag):
    """The bits of `Article.link_flaws`."""

    NONE = 1
    REPEATED = 2


class Finding(NamedTuple):
    flaw: Flaw
    line: int  # of the answer, from 1
    message: str


# What the codes of learn.rendering's problems mean to an editor; all others are a matter of markup.
_OF_CODE = {
    "math-failed": Flaw.FORMULA,
    "math-unbalanced": Flaw.UNBALANCED_MATH,
    "code-unclosed": Flaw.UNBALANCED_CODE,
    "code-unbalanced": Flaw.UNBALANCED_CODE,
}


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
_FINAL_PUNCTUATION = re.compile(r"[.!?…。؟](?:[\"'”’»)\]*_`]|\[\d+\])*\Z")
_LIST_ITEM = re.compile(r"[ \t]*(?:[-*+•]|\d{1,9}[.)])[ \t]+\S")


def examine(answer: str, rendered: Rendered) -> list[Finding]:
    """Everything that is wrong with `answer` (Markdown), at most one finding of each kind, in the order of its lines.

    `rendered` is what learn.rendering made of it. Linear in the length of the answer.
    """
    found: dict[Flaw, Finding] = {}

    def note(flaw: Flaw, line: int, message: str) -> None:
        found.setdefault(flaw, Finding(flaw, line, message))

    for problem in rendered.problems:
        note(
            _OF_CODE.get(problem.code, Flaw.MARKUP),
            _line_of_excerpt(answer, problem.excerpt),
            problem.message,
        )
    lines = answer.split("\n")
    if problem_at_end := _ending(lines):
        note(Flaw.CUT_OFF, len(answer.rstrip().split("\n")), problem_at_end)
    lower = answer.lower()
    if " answer " in lower[:REFUSAL_WITHIN] and (match := _REFUSAL.search(lower, 0, REFUSAL_WITHIN)):
        note(Flaw.REFUSAL, _line_of(lower, match.start()), f"“{match[0]}”")
    suspicious = lower.startswith(_LEAK_OPENINGS) or any(hint in lower for hint in _LEAK_HINTS)
    if suspicious and (match := _LEAK.search(lower)):
        note(Flaw.LEAK, _line_of(lower, match.start()), f"“{match[0]}”")
    word_count = len(rendered.text.split())
    if word_count < THIN_WORDS:
        note(Flaw.THIN, 1, f"only {word_count} words")
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
        items = (line.strip() for line in reversed(lines[:written]) if _LIST_ITEM.match(line))
        # One that ends with a colon leads to the items below it.
        before = next((item for item in items if not item.rstrip("*_").endswith(":")), "")
        if before and not _FINAL_PUNCTUATION.search(before):
            return ""
    return f"ends with “{last[-60:]}”"


def _line_of_excerpt(answer: str, excerpt: str) -> int:
    """The line in which an excerpt (cut anywhere, white space made one) begins; 1 where it cannot be found."""
    words = excerpt.rstrip("…").split()
    words = words[1:-1] or words
    match = re.search(r"\s+".join(map(re.escape, words)), answer) if words else None
    return _line_of(answer, match.start()) if match else 1


def _line_of(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
