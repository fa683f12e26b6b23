r"""Finds the formulas of an answer and takes them out of its Markdown, so that neither can damage the other.

Four pairs of delimiters open a formula: ``$..$``, ``$$..$$``, ``\(..\)`` and ``\[..\]``; so do GitHub's ``$`..`$`` and
a fence named ``math``, and an environment of LaTeX that stands on lines of its own. Other code is left alone, and so
are escaped brackets in an address and around prose.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict

from .dollars import is_formula, is_formula_over_lines
from .formulas import Formula, Protected
from .lists import keep_together
from .macros import MacroError, Macros
from .placeholders import neutralise, unwritten_placeholders
from .rendered import Problems
from .tex import NOTHING, FormulaError, convert

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
_TEXT_OR_BRACE = re.compile(
    r"(\\(?:text[a-z]*|[mhf]box|colorbox\s*\{[^{}]*\}|fcolorbox\s*\{[^{}]*\}\s*\{[^{}]*\}|raisebox\s*\{[^{}]*\})\s*\{)"
    r"|\\.|[{}]"
)
_CODE = re.compile(r"(?<!\\)`")
_DOLLARS_IN_TEXT = 6
_NEW_BLOCK = re.compile(r"\n[ \t>]*(?:[-*+][ \t]|\d{1,9}[.)][ \t]|#{1,6}[ \t]|\|)")
_QUOTE_MARKS = re.compile(r"\n[ \t]*(?:>[ \t]?)+")
# Markdown lets an author escape a bracket, too: "\[citation needed\]" is no formula.
_PROSE = {
    "\\(": re.compile(r"\s*[^\W\d_]{2,}(?:[\s,.;:'’-]+[^\W\d_]{2,})+[\s.,;:!?]*"),
    "\\[": re.compile(
        r"\s*[^\W\d_]{3,}(?:[\s,.;:'’-]+[^\W\d_]{2,})*[\s.,;:!?]*|\d{1,3}(?:\s*[,–-]\s*\d{1,3})*"  # "\[1, 2\]" cites
    ),
}
_TEX = re.compile(r"\\[A-Za-z()]|[\^_]\{")
# What stands in running text only where an author forgot the delimiters.
_BARE_TEX = re.compile(
    r"\\(?:[A-Za-z]{2,}(?=[{_^])|(?:alpha|beta|gamma|delta|theta|lambda|sigma|omega|Delta|infty|times|cdot|leq|geq|neq|approx"
    r"|rightarrow|Rightarrow|pm|sum|int)(?![A-Za-z]))"
)
# Behind one of these a bracket belongs to an address, where ``\\(`` is an escaped character.
_ADDRESS_BEFORE = re.compile(
    r"(?:\]\((?:[^\s()\\]|\\.|\([^\s()]*\))*|\]\(\s*<[^<>\n]*|\A[ ]{0,3}\[[^\]\n]+\]:\s*\S*"
    r"|<[A-Za-z][A-Za-z+.-]*:[^<>\s]*|https?://\S*)\Z"
)
_GITHUB_INLINE = re.compile(r"(`{1,3})(?!`)(?P<tex>[^\n]{0,300}?[^`\n])\1\$")
_MATH_INFO = re.compile(r"[ \t]*math[ \t]*\Z", re.IGNORECASE)
_ENVIRONMENT = re.compile(
    r"\\begin\{(?P<name>(?:align|equation|gather|multline|flalign|alignat|eqnarray|displaymath|math|aligned|gathered|alignedat"
    r"|split|[dr]?cases|[pbvBV]?matrix|array|CD)\*?)\}"
)
_LONGEST_ENVIRONMENT = 2_000
_IS_MATH = re.compile(r"[&=^_<>+]|\\\\")
_INDENTED_LINE = re.compile(r"\n[ \t]+")
_BLANK_LINES = re.compile(r"\n(?:[ \t>]*\n)+")
_PROSE_LINE = re.compile(r"(?:[^\W\d_]{2,}[\s,;:'’.-]+){3}")
_TEXT_OF_TEX = re.compile(r"\\(?:text[a-z]*|mathrm|mbox|operatorname|tag)\s*\{[^{}]*\}|\\[A-Za-z]+")
_LIST_MINUS = re.compile(r"\n[ \t]*[-+*](?=[ \t]*[\\\w(])(?![ \t]*[^\W\d_]{3})")
_LINE_ENDS = re.compile(r"[ \t]*(?:\n|\Z)")
_LONGEST_LOOK_BACK = 200
_PUNCTUATION = re.compile(r"[.,;:](?=[ \t]*(?:\n|\Z))")


def protect(text: str, problems: Problems, *, is_line: bool = False) -> Protected:
    """Takes the formulas out of a text. What looks like broken math is reported and left as it is. Linear.

    In a line of text (`is_line`), as a title is one, no formula has a line of its own.
    """
    text = neutralise(text)
    if "$" not in text and "\\" not in text and not ("```" in text or "~~~" in text):
        return Protected(text)
    return Finder(text, problems, is_line=is_line).protect()


def _has_open_text(tex: str) -> bool:
    if "\\" not in tex or "{" not in tex:
        return False
    opened: list[bool] = []  # of each brace, whether it opens text
    for match in _TEXT_OR_BRACE.finditer(tex):
        if match[0] == "}":
            if opened:
                opened.pop()
        elif match[0][-1] == "{" and match[0] != "\\{":
            opened.append(match[1] is not None)
    return any(opened)


class Finder:
    """Reads a text from left to right. Every search forward is remembered, so that none is made twice."""

    def __init__(self, text: str, problems: Problems, *, is_line: bool) -> None:
        self.text = text
        self.problems = problems
        self.is_line = is_line
        self.out: list[str] = []
        self.copied = 0  # everything before this position is in `out`
        self.by_placeholder: dict[str, Formula] = {}
        self.placeholders = unwritten_placeholders(text)
        self.macros = Macros()
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
            elif mark == "\\b" and (environment := _ENVIRONMENT.match(self.text, match.start())):
                position = self._bare_environment(environment)
            else:
                if mark[-1].isalpha():
                    self._report_bare(match.start())
                line = self._line(match.start()) if mark in {"\\)", "\\]"} else ""
                if line and _TEX.search(line) and not _ADDRESS_BEFORE.search(line):
                    self._report_unbalanced(mark, match.start())
                position = match.end()
        self.out.append(self.text[self.copied :])
        protected = Protected("".join(self.out), self.by_placeholder, is_line=self.is_line)
        protected.text = keep_together(protected)
        return protected

    # Code.

    def _after_code(self, opening: re.Match[str]) -> int:
        """Where the code that a run of backticks or tildes opens ends, or the run itself where it opens none."""
        text, start = self.text, opening.start()
        if len(opening[0]) >= 3:
            line_start = self._line_start(start)
            line_end = self._line_end(start)
            is_info = opening[0][0] == "~" or "`" not in text[opening.end() : line_end]
            if is_info and _FENCE_BEFORE.fullmatch(text, line_start, start):
                end = self._after_fence(opening[0], line_end)
                if _MATH_INFO.match(text, opening.end(), line_end):
                    self._math_fence(start, line_end + 1, end)
                return end
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

    def _math_fence(self, start: int, body_start: int, end: int) -> None:
        """GitHub's block: a fence whose language is ``math``. One that is never closed stays code, and is reported."""
        closing = self._line_start(end)
        if body_start >= closing or not _FENCE_LINE.fullmatch(self.text, closing, end):
            return
        body = _BLANK_LINES.sub("\n", "\n" + self.text[body_start : closing - 1])
        if ">" in self.text[self._line_start(start) : start]:
            body = _QUOTE_MARKS.sub("\n", body)
        if body.strip():
            self._take(start, end, _INDENTED_LINE.sub("\n", body), is_display=True)

    # Formulas.

    def _bare_environment(self, opening: re.Match[str]) -> int:
        """An environment without any delimiters, on lines of its own, as LaTeX itself has it."""
        text, start = self.text, opening.start()
        closing = f"\\end{{{opening['name']}}}"
        end = text.find(closing, opening.end(), opening.end() + _LONGEST_ENVIRONMENT)
        body = _BLANK_LINES.sub("\n", text[start : end + len(closing)])
        if end < 0 or _NEW_BLOCK.search(body) or not _IS_MATH.search(body) or "`" in body:
            self._report_bare(start)
            return opening.end()
        return self._display(start, end + len(closing), body)

    def _dollars(self, start: int) -> int:
        """A formula between two dollar signs on one line or over the end of one, or a price."""
        text = self.text
        if github := _GITHUB_INLINE.match(text, start + 1):
            self._take(start, github.end(), github["tex"], is_display=False)
            return github.end()
        closing = self._closing_dollar(start)
        if closing is None or text[closing.end() - 1] == "\n":
            end = closing.end() if closing else len(text)
            return (
                self._closed_otherwise(start, end)
                or (closing is not None and self._closed_on_next_line(start, end))
                or self._stray_dollar(start)
            )
        end = closing.end()
        body = text[start + 1 : end - 1]
        if _CODE.search(body) or not is_formula(body, text[end : end + 1]):
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
            if not _has_open_text(text[start + 1 : closing.end() - 1]):
                return closing
            closing = _DOLLAR_OR_END.search(text, closing.end())
        return first

    def _closed_on_next_line(self, start: int, line_end: int) -> int:
        """The end of a formula that an editor's line breaks run through, or 0."""
        text = self.text
        closing = _DOLLAR_OR_END.search(text, line_end)
        if closing is None or text[closing.end() - 1] == "\n" or _NEW_BLOCK.match(text, line_end - 1):
            return 0
        end = closing.end()
        body = _QUOTE_MARKS.sub("\n", text[start + 1 : end - 1])
        if "`" in body or not is_formula_over_lines(body, text[end : end + 1]):
            return 0
        self._take(start, end, body, is_display=False)
        return end

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
        if opening != "$$" and _ADDRESS_BEFORE.search(self._line(start)):
            return body_start
        end = self._find_closing(opening, body_start)
        if end > self._paragraph_end(start):
            if end > len(text) or not self._is_loose_display(opening, start, end):
                return self._unclosed(opening, start)
            return self._display(start, end, _BLANK_LINES.sub("\n", text[body_start : end - 2]))
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

    def _is_loose_display(self, opening: str, start: int, end: int) -> bool:
        """Whether two delimiters on lines of their own hold a formula with empty lines, and not a page of prose."""
        text = self.text
        body = text[start + 2 : end - 2]
        return (
            opening != "\\("
            and len(body) <= _LONGEST_ENVIRONMENT
            and _FENCE_BEFORE.fullmatch(text, self._line_start(start), start) is not None
            and (_LINE_ENDS.match(text, end) is not None or _PUNCTUATION.match(text, end) is not None)
            and "`" not in body
            and bool(body.strip())
            and not _NEW_BLOCK.search(_LIST_MINUS.sub("\n", body))
            and not _PROSE_LINE.search(_TEXT_OF_TEX.sub(" ", body))
        )

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
        is_display = is_display and not self.is_line
        try:
            written = self.macros.expand(body)
            converted = convert(written, is_display=is_display) if written else NOTHING
        except (FormulaError, MacroError) as error:
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

    def _report_bare(self, start: int) -> None:
        """Reports a command of TeX in running text, which readers would see as it is written."""
        if _BARE_TEX.match(self.text, start) and not _ADDRESS_BEFORE.search(self._line(start)):
            self.problems.add(
                "math-unbalanced",
                "A command of TeX stands outside any formula; write the formula between dollar signs.",
                self.text[max(0, start - 20) : start + 60],
            )

    def _report_unbalanced(self, delimiter: str, start: int) -> None:
        self.problems.add(
            "math-unbalanced",
            f"“{delimiter}” has no partner in its paragraph; write the formula between one pair of delimiters.",
            self.text[max(0, start - 20) : start + 60],
        )
