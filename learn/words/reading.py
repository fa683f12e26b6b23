"""An answer as blocks with their lines: the renderer's grammar, read for its words and not for its HTML."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from learn.rendering import MAX_LENGTH
from learn.rendering.addresses import is_allowed
from learn.rendering.notes import install
from learn.rendering.spans import formulas

FORMULA = "\ue000"  # stands for each character of a formula: no letter, no mark of Markdown
MAX_NESTING = 20


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading or cell. `lines`: the first one and the one behind the last, from 0."""

    kind: str  # "paragraph", "heading", "cell"
    lines: tuple[int, int]
    inline: Token
    level: int = 0  # of a heading
    is_top: bool = False  # in no list, quotation or table
    is_item: bool = False  # inside of a list
    is_last: bool = False  # nothing follows it in the answer

    @property
    def children(self) -> Sequence[Token]:
        return self.inline.children or ()

    def text(self) -> str:
        """Its words: without marks, pictures and the addresses of links; code is one word."""
        return "".join(_words(self.children))


@dataclass(frozen=True, slots=True)
class Table:
    """A table: where its head stands, and what its head says."""

    line: int
    head: tuple[str, ...]


@dataclass(slots=True)
class Sheet:
    """An answer that was read. `source` has formulas masked, character by character, line by line."""

    answer: str
    source: str
    blocks: list[Block] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)  # of each line

    def line_of(self, position: int) -> int:
        """The line of a position, from 1."""
        return bisect_right(self.starts, position)

    def span(self, line: int) -> tuple[int, int]:
        """Where a line, from 0, begins and ends, without its line break."""
        line = min(line, len(self.starts) - 1)
        start = self.starts[line]
        end = self.starts[line + 1] - 1 if line + 1 < len(self.starts) else len(self.answer)
        return start, end

    def written(self, line: int) -> str:
        """A line as it was written, from 0."""
        start, end = self.span(line)
        return self.answer[start:end]


def read(answer: str) -> Sheet:
    """The blocks of an answer. One that is too long or nested too deeply has none: the renderer says so."""
    sheet = Sheet(answer, masked(answer) if len(answer) <= MAX_LENGTH else "")
    position = -1
    sheet.starts.append(0)
    while (position := answer.find("\n", position + 1)) >= 0:
        sheet.starts.append(position + 1)
    if sheet.source:
        _fill(sheet, _parser(has_notes="[^" in sheet.source).parse(sheet.source))
    return sheet


def masked(answer: str) -> str:
    """The answer with FORMULA in the place of every character of a formula, as long and with the same lines."""
    pieces, last = [], 0
    for start, end in formulas(answer):
        if start < last:
            continue
        pieces += [
            answer[last:start],
            *("\n" if character == "\n" else FORMULA for character in answer[start:end]),
        ]
        last = end
    pieces.append(answer[last:])
    return "".join(pieces)


def lines_of(block: Block) -> Iterator[tuple[int, Token]]:
    """Each piece of a block with the line in which it stands, from 0."""
    line = block.lines[0]
    for child in block.children:
        yield line, child
        if child.type in ("softbreak", "hardbreak"):
            line += 1
        elif child.type == "code_inline":
            line += child.content.count("\n")


@cache
def _parser(*, has_notes: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": MAX_NESTING})
    parser.enable(["table", "strikethrough"])
    parser.disable(["html_block", "html_inline", "normalize"])
    parser.validateLink = is_allowed  # type: ignore[method-assign]
    if has_notes:
        install(parser)
    return parser


_NOT_TOP = ("bullet_list", "ordered_list", "blockquote", "table")
_BESIDES = ("fence", "code_block", "hr")


def _fill(sheet: Sheet, tokens: Sequence[Token]) -> None:
    around: list[str] = []
    lines = (0, 0)
    head: list[str] | None = None
    last_of = len(tokens)
    while last_of and (tokens[last_of - 1].nesting < 0 or tokens[last_of - 1].type == "inline"):
        last_of -= 1  # behind what opened the last block
    for place, token in enumerate(tokens):
        if token.map:
            lines = (token.map[0], token.map[1])
        kind = token.type.rpartition("_")[0]
        if kind in _NOT_TOP:
            around.append(kind) if token.nesting > 0 else around.pop()
        if token.type == "thead_open":
            head = []
        elif token.type == "thead_close":
            sheet.tables.append(Table(lines[0] + 1, tuple(head or ())))
            head = None
        elif token.type == "inline":
            opened = tokens[place - 1]
            if (
                not token.map and opened.type == "paragraph_open" and not opened.map
            ):  # a footnote: at its end, by its words
                at = sheet.source.find(token.content.partition("\n")[0])
                lines = (sheet.line_of(at) - 1, sheet.line_of(at)) if at >= 0 else lines
            kind = {"paragraph_open": "paragraph", "heading_open": "heading"}.get(opened.type, "cell")
            block = Block(
                kind, lines, token, int(opened.tag[1]) if kind == "heading" else 0, not around,
                any(name.endswith("list") for name in around), place >= last_of,
            )  # fmt: skip
            sheet.blocks.append(block)
            if head is not None:
                head.append(block.text().strip())


def _words(children: Sequence[Token]) -> Iterator[str]:
    for child in children:
        if child.type in ("softbreak", "hardbreak"):
            yield "\n"
        elif child.type == "code_inline":
            yield FORMULA
        elif child.type in ("text", "text_special"):
            yield child.content
