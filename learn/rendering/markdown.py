"""Markdown to HTML: markdown-it-py behind django-markdownify's filter, then the sanitiser.

django-markdownify gives its text to ``markdown.markdown``, and Python-Markdown structures 18 % of the answers wrongly
(lists straight after a paragraph, lists nested by two spaces). An extension may replace a Markdown instance's
``convert``; ours does, and hands the text to a CommonMark parser with GFM's tables and strikethrough.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from typing import Any

import nh3
from markdown import Markdown
from markdown.extensions import Extension
from markdown.util import Registry
from markdown_it import MarkdownIt
from markdown_it.common.utils import mdTrim
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdownify.templatetags.markdownify import markdownify

from .addresses import is_allowed
from .formulas import Protected
from .notes import install, read_task
from .pictures import SIZES, Pictures, lifted
from .placeholders import FIRST_PLACEHOLDER
from .rendered import Problems
from .writer import MAX_NESTING, Writer, tidy

PROFILE = "answer"

# The characters at which an inline rule of ours begins. The parser's own list serves plugins that we do not have,
# and makes it stop three times as often.
_RULE_STARTS = re.compile(r"[\n&*<\[\\\]_`~]|!(?=\[)")
# The parser looks for a link behind every opening bracket, at 30 microseconds each: behind no more than these in one
# answer, whose rest is then read without links. No answer of the library has ten.
_MAX_BRACKETS = 2_000
_AFTER_BOLD = frozenset(["", *" !\"#$%'()+,-./:;=>?@^{|}"])
_OTHER_RULE_STARTS = re.compile(r"[\n&<\[\\\]_`~]")
_LINE_START = re.compile(r"[^\W\d_]|\*\*[^\W_]")
_NEXT_BULLET = re.compile(r"[-*+] +[^\s*+-]")
_NEXT_ITEM = re.compile(r"(?:[-*+]|\d{1,9}[.)]) +[^\s*+-]")


_HEADINGS = ("h3", "h4", "h5", "h6")
# Everything that an answer may consist of. No form, no style, no script, and no MathML: formulas enter after the
# sanitiser, from the converter's escaped output alone. Images are those of our own library (learn.rendering.pictures).
_SANITISER = nh3.Cleaner(
    tags={
        "a", "blockquote", "br", "code", "del", "div", "em", "figcaption", "figure", "hr", "img", "li", "ol", "p",
        "picture", "pre", "section", "source", "span", "strong", "sup", "table", "tbody", "td", "th", "thead",
        "tr", "ul", *_HEADINGS,
    },
    clean_content_tags={"script", "style"},
    attributes={
        "a": {"aria-label", "href", "id", "title"},
        "img": {"alt", "height", "src", "width"},
        "li": {"id"},
        "section": {"aria-label"},
        "code": {"class"},
        "div": {"aria-label", "data-language"},
        "ol": {"start"},
        "source": {"srcset"},
        "span": {"aria-label", "class"},
        **{heading: {"id"} for heading in _HEADINGS},
    },
    tag_attribute_values={
        "a": {"class": {"zoom"}, "rel": {"nofollow noopener"}},
        "div": {"class": {"code", "table-scroll"}, "role": {"region"}, "tabindex": {"0"}},
        "figure": {"class": {"picture", "picture plate"}},
        "img": {"decoding": {"async"}, "loading": {"lazy"}},
        "pre": {"tabindex": {"0"}},
        "section": {"class": {"notes"}},
        "source": {"sizes": {SIZES}, "type": {"image/avif", "image/webp"}},
        "span": {"role": {"img"}},
        "sup": {"class": {"note"}},
        "td": {"class": {"align-left", "align-center", "align-right"}},
        "th": {"class": {"align-left", "align-center", "align-right"}, "scope": {"col"}},
    },
    url_schemes={"http", "https", "mailto"},
    link_rel=None,
)  # fmt: skip


class Source(str):
    """A text on its way through the filter, which hands over nothing but the text itself: it carries the writer."""

    __slots__ = ("writer",)
    writer: Writer


class CommonMarkExtension(Extension):
    """Makes a Python-Markdown instance parse CommonMark and GFM tables."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 -- the name that Python-Markdown calls
        md.convert = _convert  # type: ignore[method-assign]
        # Its own parsers have no part in it. They refer to the instance, of which the filter makes one for every
        # answer, and it to them: only the garbage collector would find either.
        unused: Registry[Any] = Registry()
        md.preprocessors = md.inlinePatterns = md.treeprocessors = md.postprocessors = unused
        md.parser.blockprocessors = unused
        md.delimiters = None
        del md.parser


def _convert(source: str) -> str:
    writer = source.writer if isinstance(source, Source) else Writer(Protected(source))
    parser = _parser(has_formulas=bool(writer.protected.by_placeholder), has_notes="[^" in source)
    env = {"protected": writer.protected, "problems": writer.problems}
    # Python reads the characters of a plain string faster than those of a subclass.
    tokens = parser.parse(str(source), env)
    if "![" in source and writer.pictures:
        tokens = lifted(tokens, writer)
    return writer.write(tokens)


@cache
def _parser(*, has_formulas: bool, has_notes: bool) -> MarkdownIt:
    parser = _new_parser()
    if has_notes:
        install(parser)
    if has_formulas:
        parser.block.ruler.before(
            "table", "formula", _formula, {"alt": ["paragraph", "reference", "blockquote", "list"]}
        )
    return parser


def _new_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": MAX_NESTING})
    parser.enable(["table", "strikethrough"])
    # HTML is text here; line endings are normalised before; our writer joins pieces of text itself.
    parser.disable(["html_block", "html_inline", "normalize", "text_join"])
    parser.inline.terminator_re = _RULE_STARTS
    parser.core.ruler.at("inline", parse_inline)
    parser.block.ruler.before("table", "line", _line)
    parser.validateLink = is_allowed  # type: ignore[method-assign]
    return parser


def parse_inline(state: StateCore) -> None:
    """Parses the inside of paragraphs, headings and cells: nine in ten are plain text with a few words in bold.

    Those need none of the parser's rules, which halves what the inside of an answer costs. And a text without an
    address needs no search for links, which would try every bracket at every depth.
    """
    env = state.env
    for index, token in enumerate(state.tokens):
        if token.type == "inline":
            task = read_task(state.tokens, index)
            content = token.content
            if written := _in_bold(content):
                token.meta = {"written": written}
                token.children = [task, Token("written", "", 0, meta=token.meta)] if task else []
            else:
                children: list[Token] = []
                parser = state.md
                if "[" in content:
                    has_links = "](" in content or "references" in env or "notes" in env
                    env["brackets"] = env.get("brackets", 0) + (content.count("[") if has_links else 0)
                    if env["brackets"] > _MAX_BRACKETS:
                        env["problems"].add(
                            "too-many-brackets", "Too many brackets: links are not read.", content
                        )
                        has_links = False
                    if not has_links:
                        parser = _parser_without_links()
                parser.inline.parse(content, parser, env, children)
                token.children = [task, *children] if task else children


@cache
def _parser_without_links() -> MarkdownIt:
    parser = _new_parser()
    parser.disable(["link", "image"])
    return parser


def _in_bold(content: str) -> tuple[str, str] | None:
    """The HTML and text of a content without other marks than pairs of ``**`` that can mean nothing but bold, or None.

    https://spec.commonmark.org/0.31.2/#left-flanking-delimiter-run: a mark before a letter opens, one behind a
    letter closes, and one behind punctuation closes where a space, punctuation or nothing follows.
    """
    if _OTHER_RULE_STARTS.search(content):
        return None
    if "*" not in content:
        return escape(content, quote=False), tidy(content)
    parts = content.split("**")
    last = len(parts) - 1
    if last % 2 or content.count("*") != 2 * last:
        return None
    for index, part in enumerate(parts):
        if index % 2:
            if not part or not part[0].isalnum():
                return None
            if not part[-1].isalnum() and (part[-1].isspace() or parts[index + 1][:1] not in _AFTER_BOLD):
                return None
        elif not part and 0 < index < last:
            return None  # four asterisks in a row are one mark
    written = escape(content, quote=False).split("**")
    written[1::2] = [f"<strong>{part}</strong>" for part in written[1::2]]
    return "".join(written), tidy("".join(parts))


def _line(state: StateBlock, start_line: int, _end_line: int, silent: bool) -> bool:  # noqa: FBT001 -- the parser's signature
    """A paragraph of one line, as most are: begun by a letter, and ended by an empty line or the next item of a list.

    Nothing else can begin so, which spares nine rules, and the search for what ends it, half of what a block costs.
    """
    source = state.src
    start = state.bMarks[start_line] + state.tShift[start_line]
    indent = state.sCount[start_line]
    if silent or indent - state.blkIndent > 3 or not _LINE_START.match(source, start):
        return False
    following = start_line + 1
    if following < state.lineMax and not state.isEmpty(following):
        indent = state.sCount[following]
        next_start = state.bMarks[following] + state.tShift[following]
        item = _NEXT_BULLET if indent >= state.blkIndent else _NEXT_ITEM
        if not 0 <= indent <= state.blkIndent + 3 or indent - state.listIndent >= 4:
            return False
        if not item.match(source, next_start, state.eMarks[following]):
            return False
    span = [start_line, following]
    state.line = following
    state.push("paragraph_open", "p", 1).map = span
    token = state.push("inline", "", 0)
    token.content = mdTrim(source[start : state.eMarks[start_line]])
    token.map = span
    state.push("paragraph_close", "p", -1)
    return True


def _formula(state: StateBlock, start_line: int, _end_line: int, silent: bool) -> bool:  # noqa: FBT001 -- the parser's signature
    """A line of nothing but display formulas: a block that ends a paragraph, as a fence does.

    So it stays in the list item that its indentation puts it in, and the sentence behind it does not become part
    of the item. Unlike a fence it is one at any indentation: nobody means a formula to be shown as code.
    """
    start = state.bMarks[start_line] + state.tShift[start_line]
    if state.src[start : start + 1] < FIRST_PLACEHOLDER:
        return False
    line = state.src[start : state.eMarks[start_line]]
    if not state.env["protected"].is_display_line(line):
        return False
    if not silent:
        token = state.push("formula", "", 0)
        token.content = "".join(line.split())
        token.map = [start_line, start_line + 1]
        state.line = start_line + 1
    return True


def to_html(protected: Protected, problems: Problems, pictures: Pictures | None = None) -> tuple[str, Writer]:
    """The sanitised HTML of a text whose formulas are placeholders, and the writer with what it learned.

    Raises TooDeepError.
    """
    source = Source(protected.text)
    source.writer = Writer(protected, problems, pictures)
    html = markdownify(source, PROFILE)
    return sanitise(html), source.writer


def sanitise(html: str) -> str:
    """The HTML with nothing in it but what an answer may consist of; formulas are to enter after this."""
    return _SANITISER.clean(html)
