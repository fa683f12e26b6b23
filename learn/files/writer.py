"""Writes an `ArticleDocument` as file text, laid out as the real files are.

A YAML library's dumper would choose another layout, and every export would differ from its file.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from .document import ArticleDocument
from .fields import RELATED_KEY
from .layout import default_title_style, front_matter
from .newlines import encode, is_escapable
from .scalars import (
    double_quoted,
    folded,
    inline,
    is_block,
    is_foldable,
    is_plain,
    is_written_plainly,
    literal,
)
from .strict_yaml import Path

# Texts that the real files write below `>-`, however short they are.
_FOLDED: frozenset[Path] = frozenset({("question",), ("seo", "page_description"), ("seo", "page_keywords")})
_TITLES: frozenset[Path] = frozenset({("title",), ("article_title",)})


def write_document(document: ArticleDocument) -> str:
    """The text of the document's file: `read_document(text.encode(), path)` gives the same document again.

    Values, keys and their order are those of the file it was read from, where it was (`ArticleDocument.layout`).
    The answer is written with escaped newlines; where these would be read back as another text, as a `|` block.
    """
    return _Writer(document).write()


def entry_text(document: ArticleDocument, path: Path, value: Any, indent: int) -> str:
    """The lines of one key of the document's front matter, `indent` spaces in."""
    return _Writer(document).entry(path, value, indent)


class _Writer:
    def __init__(self, document: ArticleDocument) -> None:
        self.document = document
        self.layout: dict[str, Any] = document.layout or {}
        self.title_style = self.layout.get("titles") or default_title_style(document)
        self.plain = {tuple(path) for path in self.layout.get("plain", ())}

    def write(self) -> str:
        matter = "".join(self.entry((key,), value, 0) for key, value in front_matter(self.document).items())
        # The generator that folds titles leaves an empty line where there is nothing to relate.
        gap = (
            "\n"
            if self.title_style == "folded" and not (self.document.related or self.document.extra)
            else ""
        )
        text = f"---\n{matter}{gap}---\n"
        if newline := self.layout.get("newline"):
            text = text.replace("\n", newline)
        return ("\ufeff" if self.layout.get("bom") else "") + text + self.document.body

    def entry(self, path: Path, value: Any, indent: int) -> str:
        """The lines of one key and its value, `indent` spaces in."""
        key = inline(str(path[-1]))
        margin = " " * indent
        if not value and value is not None and isinstance(value, dict | list):
            return f"{margin}{key}: {'{}' if isinstance(value, dict) else '[]'}\n"
        if isinstance(value, dict):
            # In the real files `seo` is indented by two spaces, related articles by four.
            inner = indent + (4 if len(path) == 1 and RELATED_KEY.fullmatch(str(path[0])) else 2)
            lines = (self.entry((*path, name), item, inner) for name, item in value.items())
            return f"{margin}{key}:\n{''.join(lines)}"
        if isinstance(value, list):
            return f"{margin}{key}:\n{''.join(self.item((*path, i), item, indent) for i, item in enumerate(value))}"
        scalar = self.scalar(path, value, indent)
        return f"{margin}{key}: {scalar}\n" if scalar else f"{margin}{key}:\n"

    def item(self, path: Path, value: Any, indent: int) -> str:
        """The lines of one item of a list; a mapping or list begins on the line of its dash."""
        margin = " " * indent + "- "
        if value and isinstance(value, dict):
            lines = "".join(self.entry((*path, name), item, indent + 2) for name, item in value.items())
            return margin + lines[indent + 2 :]
        if value and isinstance(value, list):
            lines = "".join(self.item((*path, i), item, indent + 2) for i, item in enumerate(value))
            return margin + lines[indent + 2 :]
        if isinstance(value, dict | list):
            return f"{margin}{'{}' if isinstance(value, dict) else '[]'}\n"
        scalar = self.scalar(path, value, indent)
        return f"{margin}{scalar}\n" if scalar else f"{margin}null\n"

    def scalar(self, path: Path, value: Any, indent: int) -> str:
        if isinstance(value, str):
            return self.answer(value) if path == ("answer",) else self.text(path, value, indent)
        if isinstance(value, float):
            # YAML 1.1 wants a point in every number with an exponent: 1.0e+16.
            number = repr(value)
            return number if "." in number else number.replace("e", ".0e")
        if isinstance(value, dt.date):
            return value.isoformat()
        return "" if value is None else str(value)  # True and False are capitalised in the real files

    def answer(self, text: str) -> str:
        if self.layout.get("answer") == "literal" or not is_escapable(text):
            return literal(text, 4, 0)
        escaped = encode(text)
        return folded(escaped, 4) if is_foldable(escaped) else double_quoted(escaped)

    def text(self, path: Path, text: str, indent: int) -> str:
        block_indent = indent + (2 if path[0] == "seo" else 4)
        if path in self.plain and is_written_plainly(text):
            return text
        if is_block(text):
            return literal(text, block_indent, indent)
        style = self.style(path)
        if is_foldable(text) and (style == "folded" or (style == "inline if plain" and not is_plain(text))):
            return folded(text, block_indent)
        return inline(text)

    def style(self, path: Path) -> str:
        """How the real files write the text at `path`."""
        if path in _FOLDED:
            return "folded"
        if path in _TITLES:
            style = self.title_style
        elif len(path) == 2 and path[1] == "title" and RELATED_KEY.fullmatch(str(path[0])):
            style = self.layout.get("related_titles") or "folded"
        else:
            return "inline"
        return "folded" if style == "folded" else "inline if plain"
