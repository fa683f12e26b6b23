"""Questions and descriptions: one line of text with formulas, code and emphasis, as HTML and as plain text.

Authors write titles as prose, so less is markup here than in an answer: "V_IL", "m1*m2 = n*k", "__init__" and "C:\\new"
stay as they are written, and so do links, entities and HTML.
"""

from __future__ import annotations

import logging
import re
from functools import cache, lru_cache
from typing import NamedTuple

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter
from markdown_it.token import Token

from .markdown import sanitise
from .math import protect
from .rendered import Problems, RenderProblem
from .writer import Writer

MAX_LENGTH = 5_000  # characters; a longer text is shown as it was written

logger = logging.getLogger(__name__)

_RULE_STARTS = re.compile(r"[*\\_`]")
_ESCAPED = frozenset("$*\\_`")
# Names that a program gives a meaning: __init__, __doc__.
_PROGRAM_NAME = re.compile(r"__[A-Za-z]\w*__(?!\w)")


class Line(NamedTuple):
    """A line of text as pages need it.

    ``html`` is what templates show: a SafeString, or the text itself, to be escaped by the template, where it has no
    markup. ``text`` is for titles, meta elements and everything else that takes no markup: formulas in Unicode.
    """

    html: str
    text: str
    problems: tuple[RenderProblem, ...] = ()


def render_line(text: str) -> Line:
    """Renders a question or a description. Never raises: what cannot be rendered is shown as it was written.

    Pages call it for every question that they show. Of 36,000 questions ten have any of the marks; for all others it
    costs a look for each mark.
    """
    # Five look-ups of one character take a quarter of the time that one regular expression takes.
    has_mark = "*" in text or "_" in text or "`" in text or "$" in text or "\\" in text
    return _rendered(text) if has_mark and len(text) <= MAX_LENGTH else Line(text, text)


@lru_cache(maxsize=4096)
def _rendered(text: str) -> Line:
    problems = Problems()
    try:
        protected = protect(text, problems, is_line=True)
        tokens: list[Token] = []
        parser = _parser()
        parser.inline.parse(protected.text, parser, {}, tokens)
        html, plain = Writer(protected).write_inline(tokens)
    except Exception as error:
        logger.exception("a line of text could not be rendered")
        problems.add("render-failed", f"The text could not be rendered: {type(error).__name__}.", text[:80])
        return Line(text, text, problems.found())
    html = protected.insert(sanitise(html), ())
    return Line(mark_safe(html), protected.readable(plain), problems.found())


_PARTS = re.compile(r"(<math[ >].*?</math>|<[^<>]*>)", re.DOTALL)


def texts_of(line: Line) -> list[str]:
    """The HTML of a line in pieces: text, still escaped, at even positions, elements and formulas between them."""
    return _PARTS.split(line.html) if isinstance(line.html, SafeString) else [line.html]


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False})
    parser.inline.ruler.enableOnly(["text", "escape", "backticks", "emphasis"])
    parser.inline.ruler.at("escape", _escape)
    parser.inline.ruler.at("emphasis", _emphasis)
    parser.inline.terminator_re = _RULE_STARTS
    return parser


def _escape(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 -- the parser's signature
    """A backslash makes one of the marks a sign; before anything else it is one itself."""
    character = state.src[state.pos + 1 : state.pos + 2]
    if state.src[state.pos] != "\\" or character not in _ESCAPED or not character:
        return False
    if not silent:
        state.push("text", "", 0).content = character
    state.pos += 2
    return True


def _emphasis(state: StateInline, silent: bool) -> bool:  # noqa: FBT001
    """As the parser's own rule, but for asterisks inside words and names of programs, which are signs."""
    marker = state.src[state.pos]
    if silent or marker not in "_*":
        return False
    if marker == "_" and (name := _PROGRAM_NAME.match(state.src, state.pos)):
        state.push("text", "", 0).content = name[0]
        state.pos = name.end()
        return True
    scanned = state.scanDelims(state.pos, False)  # noqa: FBT003
    for _ in range(scanned.length):
        state.push("text", "", 0).content = marker
        state.delimiters.append(
            Delimiter(
                marker=ord(marker),
                length=scanned.length,
                token=len(state.tokens) - 1,
                end=-1,
                open=scanned.can_open,
                close=scanned.can_close,
            )
        )
    state.pos += scanned.length
    return True
