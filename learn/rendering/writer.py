"""Writes the parser's tokens: as HTML, and in the same pass as plain text, with the headings and the problems."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from . import code, pictures
from .addresses import is_external
from .formulas import Protected
from .placeholders import neutralise
from .rendered import Heading, Problems

if TYPE_CHECKING:
    from markdown_it.token import Token

LOWEST_HEADING = 6

# Levels of tokens, two for each list and one for each quotation. The deepest list of the library has 4 levels; each
# one costs the parser a pass over the lines inside it.
MAX_NESTING = 40

_NOT_IN_AN_ID, _SPACES = re.compile(r"[^\w]+"), re.compile(r"[^\S\n]+")
_MAX_ID, _MAX_LABEL = 60, 80  # characters
# The placeholders of formulas, as the parser writes them in an address.
_ENCODED_PLACEHOLDER = re.compile(r"%F[34](?:%[89AB][0-9A-F]){3}")

_TAGS = {
    "blockquote_close": "</blockquote>\n",
    "hr": "<hr>\n",
    "tbody_close": "</tbody>\n",
    "tbody_open": "<tbody>\n",
    "thead_close": "</thead>\n",
    "thead_open": "<thead>\n",
    "table_close": "</table></div>\n",
}
_INLINE_TAGS = {
    "strong_open": "<strong>",
    "strong_close": "</strong>",
    "em_open": "<em>",
    "em_close": "</em>",
    "s_open": "<del>",
    "s_close": "</del>",
    "link_close": "</a>",
}


class TooDeepError(ValueError):
    """A text nested beyond what the parser reads: what lies deeper would be lost."""


class Writer:
    """Writes one answer, each kind of token by the method of its name.

    Formulas stay placeholders, in ``html`` and in ``lines``, the text; ``block_formulas`` holds those that are blocks
    and not words of a paragraph.
    """

    def __init__(
        self, protected: Protected, problems: Problems | None = None, known: pictures.Pictures | None = None
    ) -> None:
        self.protected = protected
        self.pictures = known or {}
        self.unknown_pictures: list[str] = []
        self.problems = problems or Problems()
        self.html: list[str] = []
        self.lines: list[str] = []
        self.headings: list[Heading] = []
        self.block_formulas: set[str] = set()
        self.has_code = False
        self._tokens: Sequence[Token] = ()
        self._index = 0
        self._anchors: dict[str, int] = {}
        self._labels: dict[str, int] = {}
        self._levels: list[int] = []  # the levels of the headings above, as the author wrote them
        self._numbers: list[int | None] = []  # the next number of each open list, None in a list without
        self._marker = ""  # what the next line of text begins with
        self._row: list[str] | None = None  # the cells of the open table row, as text
        self._code_length = 0

    def write(self, tokens: Sequence[Token]) -> str:
        self._tokens = tokens
        html = self.html
        for index, token in enumerate(tokens):
            kind = token.type
            if kind in _TAGS:
                html.append(_TAGS[kind])
            else:
                self._index = index
                getattr(self, kind)(token)
        return "".join(html)

    @property
    def _following(self) -> Token:
        return self._tokens[self._index + 1]

    # Paragraphs and headings.

    def paragraph_open(self, token: Token) -> None:
        if not token.hidden:
            self.html.append("<p>")

    def paragraph_close(self, token: Token) -> None:
        if not token.hidden:
            self.html.append("</p>\n")
        elif self._following.nesting >= 0:
            self.html.append("\n")

    def inline(self, token: Token) -> None:
        html, text = self._written(token)
        self.html.append(html)
        if self._row is not None:
            self._row.append(text.strip())
        else:
            self._add_line(text)

    def _add_line(self, text: str) -> None:
        text = text.strip()
        if text:
            self.lines.append(self._marker + text)
            self._marker = ""

    def heading_open(self, token: Token) -> None:
        """Headings begin below the page's h2 and never skip a level, whatever levels the author used."""
        written = int(token.tag[1])
        while self._levels and self._levels[-1] >= written:
            self._levels.pop()
        self._levels.append(written)
        level = min(2 + len(self._levels), LOWEST_HEADING)
        text = self._plain(self._following)
        anchor = self._anchor(text)
        self.headings.append(Heading(level, anchor, text))
        self.html.append(f'<h{level} id="{escape(anchor)}">')

    def heading_close(self, token: Token) -> None:
        del token  # its level is the author's
        self.html.append(f"</h{self.headings[-1].level}>\n")

    def _anchor(self, text: str) -> str:
        """A unique id that stays the same while the heading does. The prefix keeps it apart from the page's own ids."""
        words = _NOT_IN_AN_ID.sub("-", unicodedata.normalize("NFKC", text).lower()).strip("-_")
        if len(words) > _MAX_ID:
            words = words[:_MAX_ID].rpartition("-")[0] or words[:_MAX_ID]
        return _unique(f"section-{words or 'untitled'}", "-{}", self._anchors)

    def _plain(self, inline: Token) -> str:
        text = self._written(inline)[1].replace("\n", " ")
        return _SPACES.sub(" ", self.protected.readable(text)).strip()

    # Lists and quotations.

    def bullet_list_open(self, token: Token) -> None:
        self._numbers.append(None)
        self.html.append(f"<{token.tag}>\n")

    def ordered_list_open(self, token: Token) -> None:
        start = int(token.attrs.get("start", 1))
        self._numbers.append(start)
        self.html.append(f"<{token.tag}>\n" if start == 1 else f'<{token.tag} start="{start}">\n')

    def bullet_list_close(self, token: Token) -> None:
        self._numbers.pop()
        self.html.append(f"</{token.tag}>\n")

    ordered_list_close = bullet_list_close

    def list_item_open(self, token: Token) -> None:
        _check_depth(token)
        number = self._numbers[-1]
        if number is not None:
            self._numbers[-1] = number + 1
            self._marker = f"{number}. "
        self.html.append("<li>")

    def list_item_close(self, token: Token) -> None:
        self._marker = ""
        self.html.append(f"</{token.tag}>\n")

    def blockquote_open(self, token: Token) -> None:
        _check_depth(token)
        self.html.append("<blockquote>\n")

    # Footnotes.

    def notes_open(self, token: Token) -> None:
        del token
        self.html.append('<section class="notes" aria-label="Footnotes">\n<ol>\n')

    def notes_close(self, token: Token) -> None:
        del token
        self.html.append("</ol>\n</section>\n")

    def note_open(self, token: Token) -> None:
        number = token.meta["number"]
        self._marker = f"[{number}] "
        self.html.append(f'<li id="note-{number}">')

    def note_close(self, token: Token) -> None:
        del token
        self._marker = ""
        self.html.append("</li>\n")

    # Code and formulas.

    def fence(self, token: Token) -> None:
        first, after = token.map or [0, 0]
        # A closed fence has a line before its content and one behind. Content that ends the text has no last newline.
        lines = token.content.removesuffix("\n").count("\n") + 1 if token.content else 0
        if after - first < lines + 2:
            self.problems.add("code-unclosed", "A code fence is never closed.", token.markup + token.info)
        self._write_code(token, self.protected.restore(token.info).strip())

    def code_block(self, token: Token) -> None:
        self._write_code(token, "")

    def _write_code(self, token: Token, info: str) -> None:
        self.has_code = True
        content = self.protected.restore(token.content)
        self._code_length += len(content)
        is_coloured = len(content) <= code.MAX_BLOCK and self._code_length <= code.MAX_TOTAL
        self.html.append(code.write_block(content, info, is_coloured=is_coloured))
        lines = (line.rstrip() for line in content.strip("\n").split("\n"))
        self._add_line("\n".join(line for line in lines if line))

    def formula(self, token: Token) -> None:
        self.block_formulas.update(token.content)
        self.html.append(token.content)
        self._add_line(" ".join(token.content))

    # Tables.

    def table_open(self, token: Token) -> None:
        label = escape(self._table_label())
        self.html.append(
            f'<div class="table-scroll" tabindex="0" role="region" aria-label="{label}"><{token.tag}>\n'
        )

    def _table_label(self) -> str:
        """What a screen reader calls the region that scrolls: the table's first headings, unique in the answer."""
        headings = []
        index = self._index
        while (token := self._tokens[index]).type != "thead_close":
            if token.type == "inline" and (text := self._plain(token)):
                headings.append(text)
            index += 1
        text = ", ".join(headings[:3])
        if len(text) > _MAX_LABEL:
            text = f"{text[: _MAX_LABEL - 1].rstrip()}…"
        return _unique(f"Table: {text}" if text else "Table", " ({})", self._labels)

    def tr_open(self, token: Token) -> None:
        self._row = []
        self.html.append(f"<{token.tag}>")

    def tr_close(self, token: Token) -> None:
        cells, self._row = self._row or [], None
        self._add_line(" | ".join(cells).strip(" |"))
        self.html.append(f"</{token.tag}>\n")

    def td_open(self, token: Token) -> None:
        style = str(token.attrs.get("style", ""))
        align = f' class="align-{style.rpartition(":")[2]}"' if style else ""
        if token.tag == "th" and self._following.content.strip():
            self.html.append(f'<th scope="col"{align}>')
        else:
            # A heading without a word would be announced as one: it is an empty cell.
            self.html.append(f"<td{align}>")

    def td_close(self, token: Token) -> None:
        is_heading = token.tag == "th" and self._tokens[self._index - 1].content.strip()
        self.html.append("</th>" if is_heading else "</td>")

    th_open = td_open
    th_close = td_close

    # Inside a block.

    def _written(self, inline: Token) -> tuple[str, str]:
        """The HTML and the text of an inline token, which most bring along (learn.rendering.markdown)."""
        return (not inline.children and inline.meta.get("written")) or self.write_inline(
            inline.children or ()
        )

    def write_inline(self, children: Sequence[Token]) -> tuple[str, str]:
        """The HTML and the text of one paragraph, heading or cell; formulas stay placeholders in both."""
        html: list[str] = []
        text: list[str] = []
        is_address = False
        for child in children:
            kind = child.type
            if kind == "text":
                content = child.content
                if is_address:  # decoded by the parser
                    content = neutralise(self.protected.restore(content))
                html.append(escape(content, quote=False))
                text.append(content)
                if "`" in content or "**" in content:
                    self._report_stray_marks(content)
            elif kind in _INLINE_TAGS:
                html.append(_INLINE_TAGS[kind])
            elif kind == "link_open":
                html.append(self.link(str(child.attrs["href"]), str(child.attrs.get("title", ""))))
                is_address = child.info == "auto"
            else:
                written, plain = self._write_rarer(child)
                html.append(written)
                text.append(plain)
        return "".join(html), tidy("".join(text))

    def _write_rarer(self, child: Token) -> tuple[str, str]:  # noqa: PLR0911 -- one for each kind of token
        content = child.content
        match child.type:
            case "softbreak":
                return "\n", " "
            case "hardbreak":
                return "<br>\n", "\n"
            case "code_inline":
                content = self.protected.restore(content)
                return f"<code>{escape(content, quote=False)}</code>", content
            case "written":
                return self._written(child)
            case "image":
                return pictures.write(child, self)
            case "task":
                sign, name = ("☑", "done") if child.meta["is_done"] else ("☐", "open")
                return f'<span class="task" role="img" aria-label="{name}">{sign}</span> ', f"{sign} "
            case "note_reference":
                number, reference = child.meta["number"], child.meta["reference"]
                return (
                    f'<sup class="note"><a href="#note-{number}" id="note-{number}-{reference}">{number}</a></sup>',
                    f"[{number}]",
                )
            case "note_back":
                return "".join(
                    f' <a href="#note-{child.meta["number"]}-{reference}" aria-label="Back to the text">↩</a>'
                    for reference in range(1, child.meta["count"] + 1)
                ), ""
            case _:  # text_special: an escaped character or an entity
                return escape(content, quote=False), content

    def _report_stray_marks(self, content: str) -> None:
        for mark, code_, message in _STRAY_MARKS:
            start = content.find(mark)
            if start >= 0:
                self.problems.add(
                    code_, message, self.protected.restore(content[max(0, start - 30) : start + 50])
                )

    def link(self, address: str, title: str) -> str:
        address = self.address(address)
        titled = f' title="{escape(self.protected.readable(title))}"' if title else ""
        external = ' rel="nofollow noopener"' if is_external(address) else ""
        return f'<a href="{escape(address)}"{titled}{external}>'

    def address(self, address: str) -> str:
        """An address in which dollar signs are dollar signs, whatever the finder of formulas took them for."""
        if not self.protected.by_placeholder or "%F" not in address:
            return address
        return _ENCODED_PLACEHOLDER.sub(self._encoded_source, address)

    def _encoded_source(self, match: re.Match[str]) -> str:
        formula = self.protected.by_placeholder.get(unquote(match[0]))
        return quote(formula.source, safe="/?#&=$(){}") if formula else match[0]


_STRAY_MARKS = (
    ("`", "code-unbalanced", "A backtick opens code that nothing closes."),
    ("**", "emphasis-unbalanced", "Two asterisks have no partner and are shown."),
)


def tidy(text: str) -> str:
    """The text with single spaces, as a browser shows it."""
    return _SPACES.sub(" ", text) if "  " in text or "\t" in text or "\xa0" in text else text


def _check_depth(token: Token) -> None:
    if token.level >= MAX_NESTING - 1:
        raise TooDeepError(f"Lists and quotations are nested more than {MAX_NESTING // 2} levels deep.")


def _unique(name: str, numbered: str, taken: dict[str, int]) -> str:
    """The name, with a number where it is taken, which it then is; ``taken`` has the last number given to each."""
    count = taken.get(name, 0) + 1
    unique = name if count == 1 else name + numbered.format(count)
    while count > 1 and unique in taken:
        count += 1
        unique = name + numbered.format(count)
    taken[name] = count
    taken.setdefault(unique, 1)
    return unique
