r"""Finds the formulas of an answer and takes them out of its Markdown, so that neither can damage the other.

Four pairs of delimiters open a formula: ``$..$``, ``$$..$$``, ``\(..\)`` and ``\[..\]``. Code is left alone. Each
formula is replaced by one character from a private-use plane of Unicode, which no author can write: the same
characters in the text itself are neutralised first, and learn.rendering.placeholders chooses none that the text may
decode to. The character takes part in Markdown as a letter would.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Container
from dataclasses import dataclass, field
from html import escape

from .dollars import is_formula
from .placeholders import PLACEHOLDER, REPLACEMENT, neutralise, unwritten_placeholders
from .rendered import Problems
from .tex import Converted, FormulaError, convert

# A formula wider than this, in em by the estimate of Converted, may not fit a phone's line: it gets a box that
# scrolls. The narrowest page, 320 px with a list's indentation, has 15 em.
WIDE = 14.0

_STAYS_BEFORE = frozenset("([“‘\"'")
_STAYS_BEHIND = re.compile(
    "[^\\s<&\U000f0000-\U0010fffd]{1,12}(?=[\\s<&\U000f0000-\U0010fffd]|\\Z)|[.,;:!?)\\]’”\"'…%-]+"
)
_PLACEHOLDERS_ALONE = re.compile("[\U000f0000-\U0010fffd \t]+")

_OPENING = re.compile(r"\\[\s\S]|`+|~{3,}|\$+")
_BLANK_LINE = re.compile(r"\n[ \t>]*\n")
_FENCE_BEFORE = re.compile(r"(?:[ \t>]|[-*+][ \t]|\d{1,9}[.)][ \t])*\Z")
_FENCE_LINE = re.compile(r"^[ \t>]*(`{3,}|~{3,})[ \t]*$", re.MULTILINE)
_CLOSING = {
    "$$": re.compile(r"(?<!\\)(?:\\\\)*\$\$"),
    "\\(": re.compile(r"(?<!\\)(?:\\\\)*\\\)"),
    "\\[": re.compile(r"(?<!\\)(?:\\\\)*\\\]"),
}
_PARENTHESIS = re.compile(r"\\[()]")
_LONGEST_MIXED = 80
_DOLLAR_OR_END = re.compile(r"(?<!\\)(?:\\\\)*\$|\n")
# "\\text{50% of $x$}" has dollars of its own, "\\text{costs $5}" a price. A closing one leaves no text open.
_OPEN_TEXT = re.compile(r"\\(?:text[a-z]*|mbox|hbox)\s*\{[^{}]*\Z")
_DOLLARS_IN_TEXT = 6
_NEW_BLOCK = re.compile(r"\n[ \t>]*(?:[-*+][ \t]|\d{1,9}[.)][ \t]|#{1,6}[ \t]|\|)")
_QUOTE_MARKS = re.compile(r"\n[ \t]*(?:>[ \t]?)+")
# Markdown lets an author escape a bracket, too: "\[citation needed\]" is no formula.
_PROSE = {
    "\\(": re.compile(r"\s*[^\W\d_]{2,}(?:[\s,.;:'’-]+[^\W\d_]{2,})+[\s.,;:!?]*"),
    "\\[": re.compile(r"\s*[^\W\d_]{3,}(?:[\s,.;:'’-]+[^\W\d_]{2,})*[\s.,;:!?]*"),
}
_TEX = re.compile(r"\\[A-Za-z()]|[\^_]\{")
_LINE_ENDS = re.compile(r"[ \t]*(?:\n|\Z)")
_LONGEST_LOOK_BACK = 200
_PUNCTUATION = re.compile(r"[.,;:](?=[ \t]*(?:\n|\Z))")


@dataclass(frozen=True, slots=True)
class Formula:
    """One formula of a text: its TeX, what stood in the text, and whether it has a line of its own.

    ``converted`` is None where the formula could not be converted.
    """

    tex: str
    source: str
    is_display: bool
    converted: Converted | None


@dataclass(slots=True)
class Protected:
    """A text whose formulas are single characters, and the formula that each stands for."""

    text: str
    by_placeholder: dict[str, Formula] = field(default_factory=dict)

    @property
    def formulas(self) -> list[Formula]:
        return list(self.by_placeholder.values())

    def restore(self, text: str) -> str:
        """The text with what the author wrote in the place of every formula: for code and for addresses."""
        if not self.by_placeholder:
            return text
        return PLACEHOLDER.sub(self._source_of_formula, text)

    def readable(self, text: str) -> str:
        """The text with a line of Unicode in the place of every formula: for search, excerpts and labels."""
        if not self.by_placeholder:
            return neutralise(text)  # of what the parser decoded
        return PLACEHOLDER.sub(self._readable_formula, text)

    def is_display_line(self, line: str) -> bool:
        """Whether a line, given without its indentation, is nothing but formulas with a line of their own."""
        return _PLACEHOLDERS_ALONE.fullmatch(line) is not None and all(
            character in self.by_placeholder and self.by_placeholder[character].is_display
            for character in line
            if not character.isspace()
        )

    def _source_of_formula(self, match: re.Match[str]) -> str:
        formula = self.by_placeholder.get(match[0])
        return formula.source if formula else REPLACEMENT

    def _readable_formula(self, match: re.Match[str]) -> str:
        formula = self.by_placeholder.get(match[0])
        if formula is None:
            return REPLACEMENT
        return formula.converted.text if formula.converted else formula.tex

    def insert(self, html: str, blocks: Container[str]) -> str:
        """Sanitised HTML with its formulas; ``blocks`` are the placeholders that are blocks of their own."""
        if not self.by_placeholder:
            return neutralise(html)
        out: list[str] = []
        position = 0
        for match in PLACEHOLDER.finditer(html):
            character, start, end = match[0], match.start(), match.end()
            written = self._formula_html(character, is_block=character in blocks)
            if written.startswith("<math>"):
                # A line may break beside a formula as beside an image: not before the comma behind it, nor in "n-th".
                while start > position and html[start - 1] in _STAYS_BEFORE:
                    start -= 1
                tail = _STAYS_BEHIND.match(html, end)
                end = tail.end() if tail else end
                if end - start > 1:
                    written = f"{html[start : match.start()]}{written}{html[match.end() : end]}"
                    written = f'<span class="math-word">{written}</span>'
            out += [html[position:start], written]
            position = end
        out.append(html[position:])
        return "".join(out)

    def _formula_html(self, character: str, *, is_block: bool) -> str:
        formula = self.by_placeholder.get(character)
        if formula is None:
            return REPLACEMENT  # written by the author, as an entity
        if formula.converted is None:
            source = f'<code class="math-source">{escape(formula.tex, quote=False)}</code>'
            return f"<p>{source}</p>\n" if is_block else source
        html = formula.converted.mathml
        if formula.converted.width > WIDE:
            # A group and not a region: an answer with twenty landmarks of the same name would be worse than none.
            tag = "div" if is_block else "span"
            kind = "math-scroll" if formula.is_display else "math-scroll math-inline"
            html = f'<{tag} class="{kind}" tabindex="0" role="group" aria-label="Formula">{html}</{tag}>'
        return f"{html}\n" if is_block else html


def protect(text: str, problems: Problems) -> Protected:
    """Takes the formulas out of a text. What looks like broken math is reported and left as it is. Linear."""
    text = neutralise(text)
    if "$" not in text and "\\(" not in text and "\\[" not in text:
        return Protected(text)
    return _Finder(text, problems).protect()


class _Finder:
    """Reads a text from left to right. Every search forward is remembered, so that none is made twice."""

    def __init__(self, text: str, problems: Problems) -> None:
        self.text = text
        self.problems = problems
        self.out: list[str] = []
        self.copied = 0  # everything before this position is in `out`
        self.by_placeholder: dict[str, Formula] = {}
        self.placeholders = unwritten_placeholders(text)
        self.next_found: dict[str, int] = {}  # the next closing delimiter of each kind, as far as known
        self.next_blank = -1
        self.ticks: dict[int, list[int]] | None = None

    def protect(self) -> Protected:
        position = 0
        while match := _OPENING.search(self.text, position):
            mark = match[0]
            if mark[0] in "`~":
                position = self._after_code(match)
            elif mark == "$":
                position = self._dollars(match.start())
            elif mark in _CLOSING:
                position = self._delimited(mark, match.start())
            else:
                if mark in {"\\)", "\\]"} and _TEX.search(self._line(match.start())):
                    self._report_unbalanced(mark, match.start())
                position = match.end()
        self.out.append(self.text[self.copied :])
        return Protected("".join(self.out), self.by_placeholder)

    # Code.

    def _after_code(self, opening: re.Match[str]) -> int:
        """Where the code that a run of backticks or tildes opens ends, or the run itself where it opens none."""
        text, start = self.text, opening.start()
        if len(opening[0]) >= 3:
            line_start = self._line_start(start)
            line_end = self._line_end(start)
            is_info = opening[0][0] == "~" or "`" not in text[opening.end() : line_end]
            if is_info and _FENCE_BEFORE.fullmatch(text, line_start, start):
                return self._after_fence(opening[0], line_end)
        if opening[0][0] == "~":
            return opening.end()
        if self.ticks is None:
            self.ticks = defaultdict(list)
            for run in re.finditer("`+", text):
                self.ticks[len(run[0])].append(run.start())
        runs = self.ticks[len(opening[0])]
        closing = bisect_left(runs, opening.end())
        if closing == len(runs) or runs[closing] > self._paragraph_end(start):
            return opening.end()
        return runs[closing] + len(opening[0])

    def _after_fence(self, mark: str, line_end: int) -> int:
        for closing in _FENCE_LINE.finditer(self.text, line_end):
            if closing[1][0] == mark[0] and len(closing[1]) >= len(mark):
                return closing.end()
        return len(self.text)

    # Formulas.

    def _dollars(self, start: int) -> int:
        """A formula between two dollar signs on one line, or a price."""
        text = self.text
        closing = self._closing_dollar(start)
        if closing is None or text[closing.end() - 1] == "\n":
            end = closing.end() if closing else len(text)
            return self._closed_otherwise(start, end) or self._stray_dollar(start)
        end = closing.end()
        body = text[start + 1 : end - 1]
        if "`" in body or not is_formula(body, text[end : end + 1]):
            return self._closed_otherwise(start, end) or self._stray_dollar(start)
        self._take(start, end, body, is_display=False)
        return end

    def _closing_dollar(self, start: int) -> re.Match[str] | None:
        """The next dollar sign or end of line, or the one behind it where that stands in the text of a formula."""
        text = self.text
        first = closing = _DOLLAR_OR_END.search(text, start + 1)
        for _ in range(_DOLLARS_IN_TEXT):
            if closing is None or text[closing.end() - 1] == "\n":
                return first
            if not _OPEN_TEXT.search(text, start + 1, closing.start()):
                return closing
            closing = _DOLLAR_OR_END.search(text, closing.end())
        return first

    def _closed_otherwise(self, start: int, limit: int) -> int:
        """The end of a formula that ``$`` opens and ``\\)`` closes, or 0; one answer has such a pair."""
        match = _PARENTHESIS.search(self.text, start + 1, min(limit, start + _LONGEST_MIXED))
        if match is None or match[0] == "\\(":
            return 0
        body = self.text[start + 1 : match.start()]
        if "`" in body or not is_formula(body, ""):
            return 0
        self._report_unbalanced("$", start)
        self._take(start, match.end(), body, is_display=False)
        return match.end()

    def _delimited(self, opening: str, start: int) -> int:
        text = self.text
        body_start = start + 2
        end = self._find_closing(opening, body_start)
        if end > self._paragraph_end(start):
            return self._unclosed(opening, start)
        body = text[body_start : end - 2]
        if opening == "\\(" and (_NEW_BLOCK.search(body) or "\\(" in body):
            return self._unclosed(opening, start)
        if not body.strip():
            return body_start
        if opening in _PROSE and _PROSE[opening].fullmatch(body):
            return end
        if opening == "\\(":
            self._take(start, end, body, is_display=False)
            return end
        return self._display(start, end, body)

    def _unclosed(self, opening: str, start: int) -> int:
        """A formula that another delimiter closes (``\\( x $``), as two answers have it, or none at all."""
        self._report_unbalanced(opening, start)
        text = self.text
        if opening == "\\(":
            closing = _DOLLAR_OR_END.search(text, start + 2, start + _LONGEST_MIXED)
            if closing is not None and text[closing.end() - 1] == "$":
                end = closing.end()
                body = text[start + 2 : end - 1]
                if "`" not in body and is_formula(body, text[end : end + 1]):
                    self._take(start, end, body, is_display=False)
                    return end
        return start + 2

    def _display(self, start: int, end: int, body: str) -> int:
        """A formula with a line of its own, unless a sentence goes on behind it on the same line."""
        before = self.text[self._line_start(start) : start]
        if ">" in before:
            body = _QUOTE_MARKS.sub("\n", body)
        if punctuation := _PUNCTUATION.match(self.text, end):
            # A full stop behind the formula belongs to its line, not to one of its own.
            body = f"{body.rstrip()}\\text{{{punctuation[0]}}}"
            end = punctuation.end()
        is_in_sentence = before.strip(" \t>") and "\n" not in body and not _LINE_ENDS.match(self.text, end)
        self._take(start, end, body, is_display=not is_in_sentence)
        return end

    def _take(self, start: int, end: int, body: str, *, is_display: bool) -> None:
        self.out.append(self.text[self.copied : start])
        self.copied = end
        placeholder = next(self.placeholders, None)
        if placeholder is None:
            self.out.append(self.text[start:end])
            return
        self.out.append(placeholder)
        source = self.text[start:end]
        body = body.strip()
        try:
            converted = convert(body, is_display=is_display)
        except FormulaError as error:
            converted = None
            self.problems.add("math-failed", f"A formula cannot be shown: {error}", source)
        self.by_placeholder[placeholder] = Formula(body, source, is_display, converted)

    # Searches forward, each remembered.

    def _find_closing(self, opening: str, start: int) -> int:
        """The end of the next closing delimiter, or a position behind the text."""
        found = self.next_found.get(opening, -1)
        if found - 2 < start:
            match = _CLOSING[opening].search(self.text, start)
            found = match.end() if match else len(self.text) + 2
            self.next_found[opening] = found
        return found

    def _paragraph_end(self, start: int) -> int:
        if self.next_blank < start:
            match = _BLANK_LINE.search(self.text, start)
            self.next_blank = match.start() if match else len(self.text)
        return self.next_blank

    def _line_end(self, start: int) -> int:
        end = self.text.find("\n", start)
        return len(self.text) if end < 0 else end

    def _line_start(self, position: int) -> int:
        """Where the line begins, or a place so far before the position that it makes no difference."""
        limit = max(0, position - _LONGEST_LOOK_BACK)
        return max(self.text.rfind("\n", limit, position) + 1, limit)

    def _line(self, position: int) -> str:
        return self.text[self._line_start(position) : position]

    def _stray_dollar(self, start: int) -> int:
        """Reports a dollar sign that is neither a price nor the sign of a variable in prose about programs."""
        text = self.text
        following = text[start + 1 : start + 3].lstrip()[:1]
        if not following.isdigit() and not text[start - 1 : start].isdigit():
            end = min(self._line_end(start), start + _LONGEST_LOOK_BACK)
            if _TEX.search(text, start, end) or _TEX.search(self._line(start)):
                self._report_unbalanced("$", start)
        return start + 1

    def _report_unbalanced(self, delimiter: str, start: int) -> None:
        self.problems.add(
            "math-unbalanced",
            f"“{delimiter}” has no partner in its paragraph; write the formula between one pair of delimiters.",
            self.text[max(0, start - 20) : start + 60],
        )
