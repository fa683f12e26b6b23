"""Marks what was found: safe HTML in which nothing but `<mark>` is not text."""

from __future__ import annotations

from collections.abc import Sequence
from html import unescape

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from learn.rendering import render_line, texts_of

from .ranking import Term
from .words import fold

SNIPPET_LENGTH = 240  # characters: three lines on a phone
READ_LENGTH = 20_000  # characters of an answer in which a passage is looked for
PASSAGES = 50  # among which the best is chosen

Span = tuple[int, int, str]  # start, end, stem


def mark(text: str, terms: Sequence[Term]) -> SafeString:
    """A question as pages show it, each form of each of `terms` in `<mark>`; none in a formula."""
    line = render_line(text)
    if not isinstance(line.html, SafeString):
        return _marked(text, spans(text, terms))
    pieces = texts_of(line)
    for index in range(0, len(pieces), 2):
        plain = unescape(pieces[index])
        pieces[index] = _marked(plain, spans(plain, terms))
    return mark_safe("".join(pieces))


def snippet(texts: Sequence[str], terms: Sequence[Term]) -> SafeString:
    """The passage of SNIPPET_LENGTH characters that holds most different `terms`, from the first text that has any.

    Falls back to the beginning of the first text that is not empty.
    """
    for text in texts:
        line = " ".join(text[:READ_LENGTH].split())
        if found := spans(line, terms):
            start, end = _best_passage(line, found)
            inside = [(a - start, b - start, stem_) for a, b, stem_ in found if a >= start and b <= end]
            before = "… " if start else ""
            after = " …" if end < len(line) else ""
            return mark_safe(before + _marked(line[start:end], inside) + after)
    line = " ".join(next(filter(None, texts), "")[:READ_LENGTH].split())
    return mark_safe(escape(_cut(line)))


def spans(text: str, terms: Sequence[Term]) -> list[Span]:
    """Where forms of `terms` stand in `text`, in their order, none over another."""
    folded = fold(text)
    found = sorted((match.start(), match.end(), term.stem) for term in terms for match in term.forms(folded))
    apart: list[Span] = []
    for span in found:
        if not apart or span[0] >= apart[-1][1]:
            apart.append(span)
    return apart


def _best_passage(text: str, found: list[Span]) -> tuple[int, int]:
    """Start and end, between words, of the passage with most different terms, then most terms; the first of equals."""
    best, best_key = found[0], (0, 0)
    for index, span in enumerate(found):
        inside = [
            other for other in found[index : index + 40] if other[1] <= span[0] + SNIPPET_LENGTH * 3 // 4
        ]
        key = (len({stem_ for _a, _b, stem_ in inside}), len(inside))
        if key > best_key:
            best, best_key = span, key
    start = max(0, best[0] - SNIPPET_LENGTH // 4)
    if start:
        start = text.find(" ", start, best[0]) + 1 or best[0]
    end = min(len(text), start + SNIPPET_LENGTH)
    if end < len(text):
        end = max(text.rfind(" ", start, end), best[1])
    return start, end


def _cut(line: str) -> str:
    if len(line) <= SNIPPET_LENGTH:
        return line
    return line[:SNIPPET_LENGTH].rsplit(" ", 1)[0] + " …"


def _marked(text: str, found: list[Span]) -> SafeString:
    parts: list[str] = []
    end = 0
    for start, stop, _stem in found:
        parts += [escape(text[end:start]), "<mark>", escape(text[start:stop]), "</mark>"]
        end = stop
    parts.append(escape(text[end:]))
    return mark_safe("".join(parts))
