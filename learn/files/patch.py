"""Changes a file where its article changed, and nowhere else: comments, quotes, order and blank lines stay."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NamedTuple

import yaml

from .document import ArticleDocument
from .frontmatter import BOM, front_matter_text
from .layout import front_matter
from .problems import DocumentError
from .reading import read_document
from .scalars import double_quoted, folded, is_block, is_foldable, is_plain, literal
from .strict_yaml import Path
from .writer import entry_text, write_document

try:
    from yaml import CSafeLoader as _Loader
except ImportError:
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

_COMMENT = re.compile(r"[ \t]+#[^\n]*")
_BLOCK_HEADER = re.compile(r"[|>][-+0-9]*")
_INVISIBLE = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ufeff]")


class _Span(NamedTuple):
    """Where an entry of a mapping stands: its lines in the text, its indentation, how its value is written."""

    start: int
    end: int  # after the newline of its last line
    indent: int
    style: str  # of a scalar: "", "'", '"', "|" or ">"; of a collection: "{" in one line, else "block"
    comment: str  # behind the value, or behind the header of a block


def patch_document(data: bytes, new: ArticleDocument) -> bytes:
    """The bytes of a file changed so that it says what `new` says.

    Only the lines of keys whose value differs are written anew, each in the style in which it stood. Where that cannot
    be done, or the file does not say what `new` does after all, it is written as `write_document` writes it.
    """
    try:
        old, _warnings = read_document(data, "")
        text = data.removeprefix(BOM).decode()
        patched = _Patch(front_matter_text(data).replace("\r\n", "\n"), old, new).text
        said = _around(text, data, old, new, patched)
        if _says(said, new):
            return said
    except (DocumentError, yaml.YAMLError, UnicodeDecodeError, _UnpatchableError):
        pass
    return write_document(new).encode()


class _UnpatchableError(Exception):
    """The front matter is not a mapping of plain keys, each on lines of its own."""


def _around(text: str, data: bytes, old: ArticleDocument, new: ArticleDocument, matter: str) -> bytes:
    """The file with `matter` between its two lines `---`, and with the body that `new` has."""
    before = front_matter_text(data)
    start = text.index(before)
    rest = text[start + len(before) :]
    if new.body != old.body:
        rest = rest[: len(rest) - len(old.body)] + new.body
    if "\r\n" in before:
        matter = matter[:1] + matter[1:].replace(
            "\n", "\r\n"
        )  # it begins within the line break of the first line
    return (BOM if data.startswith(BOM) else b"") + (text[:start] + matter + rest).encode()


def _says(data: bytes, document: ArticleDocument) -> bool:
    said, _warnings = read_document(data, "")
    return said.model_copy(update={"layout": None}) == document.model_copy(update={"layout": None})


@dataclass
class _Patch:
    """The front matter `before`, from the newline of its first line on, with the values of `new`."""

    before: str
    old: ArticleDocument
    new: ArticleDocument

    @property
    def text(self) -> str:
        spans = _spans(self.before)
        changes: list[tuple[int, int, str]] = []
        # What the file says is compared with the same layout: it decides which keys a file needs to have at all.
        old = front_matter(self.old)
        new = front_matter(self.new.model_copy(update={"layout": self.old.layout}))
        self._mapping((), old, new, spans, changes)
        if (self.new.layout or {}).get("answer") == "literal" and self.old.answer == self.new.answer:
            span = spans["answer",]
            if span.style != "|":
                changes.append((span.start, span.end, self._entry(("answer",), new["answer"], span)))
        text = self.before
        # From the end; of several at one place the last first, so that they stand in their order.
        ordered = sorted(enumerate(changes), key=lambda change: (change[1][0], change[0]), reverse=True)
        for _number, (start, end, said) in ordered:
            text = text[:start] + said + text[end:]
        return text

    def _mapping(
        self,
        path: Path,
        old: dict[str, Any],
        new: dict[str, Any],
        spans: dict[Path, _Span],
        changes: list[tuple[int, int, str]],
    ) -> None:
        """Note what has to change in the mapping at `path` for `old` to become `new`."""
        changes += [
            (span.start, span.end, "")
            for key in old
            if key not in new and (span := spans.get((*path, key))) is not None
        ]
        known = [spans[(*path, key)] for key in old if (*path, key) in spans]
        if not known:
            raise _UnpatchableError
        indent = known[0].indent
        position = known[0].start
        for key, value in new.items():
            here = (*path, key)
            span = spans.get(here)
            if span is None:
                changes.append((position, position, entry_text(self.new, here, value, indent)))
                continue
            position = span.end
            if key not in old or old[key] == value:
                continue
            is_nested = isinstance(value, dict) and isinstance(old[key], dict) and value and old[key]
            if is_nested and span.style == "block":
                self._mapping(here, old[key], value, spans, changes)
            else:
                changes.append((span.start, span.end, self._entry(here, value, span)))

    def _entry(self, path: Path, value: Any, span: _Span) -> str:
        said = self._in_its_style(path, value, span) or entry_text(self.new, path, value, span.indent)
        if span.comment:
            first, newline, rest = said.partition("\n")
            said = first + span.comment + newline + rest
        return said

    def _in_its_style(self, path: Path, value: Any, span: _Span) -> str | None:
        """The entry with its value written as the old one was; None where the standard way will do."""
        if not isinstance(value, str) or not value:
            return None
        key = entry_text(self.new, path, 0, span.indent).partition(":")[0]
        inner = span.indent + 2
        is_answer = path == ("answer",)
        wants_block = is_answer and (self.new.layout or {}).get("answer") == "literal"
        if (span.style == "|" or wants_block) and (is_block(value) or is_answer) and value.strip():
            block = literal(value, inner, span.indent)
            return f"{key}: {block}\n" if not _INVISIBLE.search(value.replace("\n", "")) else None
        if is_answer:
            return None
        if span.style == "'" and "\n" not in value and not _INVISIBLE.search(value):
            return f"{key}: '{value.replace(chr(39), chr(39) * 2)}'\n"
        if span.style == '"':
            return f"{key}: {double_quoted(value)}\n"
        if span.style == ">" and is_foldable(value):
            return f"{key}: {folded(value, self._block_indent(span))}\n"
        if span.style == "" and is_plain(value):
            return f"{key}: {value}\n"
        return None

    def _block_indent(self, span: _Span) -> int:
        """How far the lines of a block stood in."""
        lines = self.before[span.start : span.end].split("\n")[1:]
        found = next((line for line in lines if line.strip()), "")
        return max(len(found) - len(found.lstrip(" ")), span.indent + 1)


def _spans(text: str) -> dict[Path, _Span]:
    """Where every entry of the mappings stands; raises _UnpatchableError where one shares its line with another."""
    found: dict[Path, _Span] = {}
    node = yaml.compose(text, Loader=_Loader)
    if not isinstance(node, yaml.MappingNode):
        raise _UnpatchableError

    def walk(mapping: yaml.MappingNode, path: Path) -> None:
        for key, value in mapping.value:
            here = (*path, str(key.value))
            start = text.rfind("\n", 0, key.start_mark.index) + 1
            if text[start : key.start_mark.index].strip(" "):
                raise _UnpatchableError
            if isinstance(value, yaml.MappingNode) and not value.flow_style:
                walk(value, here)
            style, comment = _style_of(text, value)
            found[here] = _Span(start, _end_of(text, value, key), key.start_mark.column, style, comment)

    walk(node, ())
    return found


def _end_of(text: str, value: yaml.Node, key: yaml.Node) -> int:
    """After the newline of the last line that holds something of the value; blank lines below it are not its own."""
    end = max(value.end_mark.index, key.end_mark.index)
    if isinstance(value, yaml.CollectionNode) and not value.flow_style and value.value:
        last = value.value[-1]
        return _end_of(text, *(last[1], last[0]) if isinstance(last, tuple) else (last, last))
    held = text[:end].rstrip(" \t\n")
    newline = text.find("\n", len(held))
    return len(text) if newline < 0 else newline + 1


def _style_of(text: str, value: yaml.Node) -> tuple[str, str]:
    if isinstance(value, yaml.CollectionNode):
        return ("{" if value.flow_style else "block"), ""
    style = str(getattr(value, "style", None) or "")
    after = value.end_mark.index
    if style in ("|", ">"):
        header = _BLOCK_HEADER.match(text, value.start_mark.index)
        after = header.end() if header else after
    comment = _COMMENT.match(text, after)
    return style, comment[0] if comment else ""
