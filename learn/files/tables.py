"""Records in tables: JSON Lines (https://jsonlines.org) and CSV (RFC 4180), read row by row, each with its place.

In CSV each key is a column, nested ones with a dot (`seo.title`, `related_article1.url`). An empty cell says nothing.
Texts stand as they are; what begins like a formula has an apostrophe before it, which is taken off again, and an
apostrophe alone is the empty text. Columns of other kinds, and keys that the format does not know, hold JSON where they
are no plain text.
"""

from __future__ import annotations

import itertools
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from .fields import FIELD_ORDER, RELATED_KEY, RELATED_KEYS, SEO_KEYS, related_key
from .foreign import DuplicateKeyError, position_in_json, strict_json
from .limits import FILE_MAX_BYTES, KEY_MAX_LENGTH, MAX_PROBLEMS
from .records import BODY, LAYOUT
from .strict_yaml import Fault, Path, Position

SUFFIXES = (".jsonl", ".ndjson", ".csv")
ROW_MAX_CHARACTERS = 2 * FILE_MAX_BYTES
DELIMITERS = (",", ";", "\t")
# Of every table, whether or not an article needs them: what an editor may want to fill in.
COLUMNS = (
    "id", "date", "title", "article_title", "seo.title", "seo.page_description", "seo.page_keywords", "author",
    "question", "no_index", "answer", "subject", "url", "draft", "publish_at", "expires", "aliases",
)  # fmt: skip
_LIFE = ("draft", "published", "publish_at", "expires", "expires_to", "is_preferred", "aliases")
_TEXTS = frozenset({*FIELD_ORDER, "publish_at", "expires", "expires_to", BODY, "lastmod"}) - {
    "id", "no_index", "score", "seo",
}  # fmt: skip
_WHOLE_NUMBERS = frozenset({"id"})
_NUMBERS = frozenset({"score"})
_TRUTHS = frozenset({"no_index", "draft", "published", "is_preferred"})
# What a spreadsheet takes for a formula: https://owasp.org/www-community/attacks/CSV_Injection
_LIKE_A_FORMULA = re.compile(r"'*(?:[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]|\Z)")
_INTEGER = re.compile(r"-?[0-9]{1,18}")
_NUMBER = re.compile(r"-?[0-9]{1,18}(?:[.,][0-9]{1,18})?(?:[eE][-+]?[0-9]{1,3})?")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: the line that it begins on, and its values or what is wrong with it."""

    line: int
    values: dict[str, Any] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    places: Mapping[Path, Position] | str = ""  # of its cells, or the text of its line of JSON

    def locate(self, path: Path) -> Position:
        """Where the value at `path` stands, or the nearest that it belongs to, or the row."""
        if isinstance(self.places, str):
            return Position(self.line, position_in_json(self.places, path).column)
        while path:
            if path in self.places:
                return self.places[path]
            path = path[:-1]
        return Position(self.line, 1)


class TableError(Exception):
    """Nothing of a table can be read; the message says why, `line` where."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


# --- JSON Lines -------------------------------------------------------------------------------------------------


def read_jsonl(lines: Iterable[bytes]) -> Iterator[Row]:
    """The rows of JSON Lines; blank lines are none."""
    for number, data in enumerate(lines, 1):
        text, faults = _decoded(data.removeprefix(b"\xef\xbb\xbf") if number == 1 else data, number)
        text = text.rstrip("\r\n")
        if not text.strip():
            continue
        if len(text) > ROW_MAX_CHARACTERS:
            faults = [
                _fault(number, 1, "too-long", "the line is longer than any article: is this JSON Lines?")
            ]
        if faults:
            yield Row(number, faults=tuple(faults))
            continue
        try:
            values = strict_json(text)
        except json.JSONDecodeError as error:
            message = f"this is not valid JSON ({error.msg}): write one object on each line"
            yield Row(number, faults=(_fault(number, error.colno, "json", message),))
            continue
        except DuplicateKeyError as error:
            column = position_in_json(text, (str(error),), last=True).column
            message = f"`{error}` stands here a second time: keep one of the two"
            yield Row(number, faults=(_fault(number, column, "duplicate-key", message),))
            continue
        except (ValueError, RecursionError) as error:
            yield Row(number, faults=(_fault(number, 1, "json", f"this is not valid JSON ({error})"),))
            continue
        if isinstance(values, dict):
            yield Row(number, values, places=text)
        else:
            message = 'this is no object: write one object on each line, such as {"id": 4291, ...}'
            yield Row(number, faults=(_fault(number, 1, "json", message),))


def jsonl_line(record: Mapping[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False, separators=(", ", ": ")) + "\n"


# --- CSV --------------------------------------------------------------------------------------------------------


class Cell(NamedTuple):
    text: str
    place: Position


def read_csv(lines: Iterable[bytes]) -> Iterator[Row]:
    """The rows of CSV below its header; separated by commas, semicolons or tabs, whichever the header has most of.

    Raises TableError where there is no header that names columns.
    """
    numbered = ((number, *_decoded(line, number)) for number, line in enumerate(lines, 1))
    cells = _Cells(numbered)
    header = cells.header()
    columns = [cell.text.strip() for cell in header]
    for number, name in enumerate(columns):
        if name and name in columns[:number]:
            raise TableError(
                f"the column `{name}` stands there twice: rename one of the two", header[0].place.line
            )
        if len(name) > KEY_MAX_LENGTH:
            raise TableError(
                "the first line does not name the columns: write their names there", header[0].place.line
            )
    for line, row, faults in cells.rows():
        if faults:
            yield Row(line, faults=tuple(faults))
        elif any(cell.text.strip() for cell in row):
            yield _row(line, columns, row)


def _row(line: int, columns: list[str], row: list[Cell]) -> Row:
    if len(row) != len(columns):
        message = (
            f"the row has {len(row):,} cells, but the header {len(columns):,}: put texts with a separator, a quotation "
            "mark or a new line in them between quotation marks"
        )
        place = row[len(columns)].place if len(row) > len(columns) else Position(line, 1)
        return Row(line, faults=(Fault(place, "cells", message),))
    values: dict[str, Any] = {}
    places: dict[Path, Position] = {}
    faults = []
    for name, cell in zip(columns, row, strict=True):
        if not cell.text:
            continue
        if not name:
            message = "the column of this cell has no name: write one in the first line"
            faults.append(Fault(cell.place, "cells", message))
            continue
        path = _path_of(name)
        places[path] = cell.place
        places.setdefault(path[:1], cell.place)
        value = _value(path, cell.text)
        key = str(path[0])
        said = {path[1]: value} if len(path) == 2 else value
        if key not in values:
            values[key] = said
        elif isinstance(values[key], dict) and isinstance(said, dict):
            values[key] = {**values[key], **said}
        else:
            message = f"`{name}` contradicts another column of `{key}`: keep those with a dot"
            faults.append(Fault(cell.place, "cells", message))
    return Row(line, values, tuple(faults), places)


def _path_of(column: str) -> Path:
    """The keys that a column's name stands for: one, or two with a dot between them."""
    outer, dot, inner = column.partition(".")
    is_nested = dot and inner and (outer == "seo" or RELATED_KEY.fullmatch(outer))
    return (outer, inner) if is_nested else (column,)


def _kind(path: Path) -> str:
    """How the cells of a column are read: as text, number, truth value, or (any) as JSON where they hold it."""
    key = str(path[-1])
    if len(path) == 2:
        known = SEO_KEYS if path[0] == "seo" else RELATED_KEYS
        return "any" if key not in known else "integer" if key == "id" else "text"
    if key in _TEXTS:
        return "text"
    kinds = (("integer", _WHOLE_NUMBERS), ("number", _NUMBERS), ("truth", _TRUTHS))
    return next((kind for kind, keys in kinds if key in keys), "any")


def _value(path: Path, text: str) -> Any:
    """What a cell says; a cell that is not of its column's kind stays a text, of which the format then complains."""
    kind = _kind(path)
    plain = text[1:] if text.startswith("'") and _LIKE_A_FORMULA.match(text) else text
    said = plain.strip()
    if kind == "text":
        return plain if path == (BODY,) else plain.replace("\r\n", "\n")
    if kind == "integer":
        return int(said) if _INTEGER.fullmatch(said) else plain
    if kind == "number":
        return float(said.replace(",", ".")) if _NUMBER.fullmatch(said) else plain
    if kind == "truth":
        return {"true": True, "false": False, "1": True, "0": False}.get(said.lower(), plain)
    if path == ("aliases",) and not said.startswith("["):
        return said.split()
    try:
        return strict_json(plain)
    except (ValueError, RecursionError):
        return plain


def flat(record: Mapping[str, Any]) -> dict[str, str]:
    """The cells of a record by column; only those that say something."""
    cells: dict[str, str] = {}
    for key, value in record.items():
        if isinstance(value, dict) and (key == "seo" or RELATED_KEY.fullmatch(key)):
            for name, item in value.items():
                _put(cells, f"{key}.{name}", (key, name), item)
        else:
            _put(cells, key, _path_of(key), value)
    return cells


def _put(cells: dict[str, str], column: str, path: Path, value: Any) -> None:
    kind = _kind(path)
    if value is None and kind != "any":
        return
    if isinstance(value, str) and (kind == "text" or not _is_json(value)):
        is_said = value or kind == "any" or path in _SAID_WHEN_EMPTY
        if is_said:
            cells[column] = without_formula(value, empty=True)
    elif isinstance(value, bool) and kind == "truth":
        cells[column] = str(value).lower()
    else:
        cells[column] = json.dumps(value, ensure_ascii=False)


def without_formula(text: str, *, empty: bool = False) -> str:
    """A cell of CSV that no spreadsheet takes for a formula: with an apostrophe before it where it looks like one.

    `empty`: also where it is empty, so that it differs from a cell that says nothing.
    """
    return f"'{text}" if _LIKE_A_FORMULA.match(text) and (text or empty) else text


# Texts whose absence means something else than that they are empty.
_SAID_WHEN_EMPTY = frozenset({
    ("_schema",), ("date_format",), ("post_on_text",), ("author",), ("subject",), ("file_name",), (BODY,),
})  # fmt: skip


def _is_json(text: str) -> bool:
    try:
        strict_json(text)
    except (ValueError, RecursionError):
        return False
    return True


def in_order(columns: Iterable[str]) -> list[str]:
    """Columns in the order of a file's keys, then those of its life, then the unknown, the text below it last."""
    seo = [f"seo.{name}" for name in SEO_KEYS]
    known = [*itertools.chain.from_iterable(seo if key == "seo" else [key] for key in FIELD_ORDER), *_LIFE]
    for number in range(1, 100):
        known += [f"{related_key(number)}.{name}" for name in RELATED_KEYS]
    rank = {name: number for number, name in enumerate(known)}
    last = {BODY: 1, LAYOUT: 2}
    return sorted(columns, key=lambda name: (last.get(name, 0), rank.get(name, len(rank)), name))


_Line: TypeAlias = tuple[int, str, list[Fault]]  # number, text, what is wrong with it


class _Cells:
    """Takes lines apart into cells. A quoted cell may go on over several lines."""

    def __init__(self, lines: Iterator[_Line]) -> None:
        self.lines = lines
        self.returned: deque[_Line] = deque()  # lines to be read again
        self.delimiter = ","

    def next(self) -> _Line | None:
        return self.returned.popleft() if self.returned else next(self.lines, None)

    def header(self) -> list[Cell]:
        for number, text, faults in self.lines:
            line = text.removeprefix("\ufeff") if number == 1 else text
            if faults:
                raise TableError(faults[0].message, number)
            if declared := re.fullmatch(r"sep=(.)\s*", line):  # Excel's own
                self.delimiter = declared[1]
                continue
            if not line.strip():
                continue
            if line.strip() and self.delimiter == ",":
                bare = re.sub(r'"[^"]*"', "", line)
                self.delimiter = max(DELIMITERS, key=bare.count)
            row, found, _is_open = self._row([(number, line, [])])
            if found:
                raise TableError(found[0].message, number)
            return row
        raise TableError("the table is empty: write the names of the columns in its first line")

    def rows(self) -> Iterator[tuple[int, list[Cell], list[Fault]]]:
        """Each row with its line and what is wrong with it. A row with an open quotation mark is given up alone."""
        given_up = 0
        while first := self.next():
            held = [first]
            row, faults, is_open = self._row(held)
            yield first[0], row, faults
            if is_open:
                given_up += 1
                if given_up == MAX_PROBLEMS:  # each costs a look at a megabyte
                    return
                self.returned.extendleft(reversed(held[1:]))

    def _row(self, held: list[_Line]) -> tuple[list[Cell], list[Fault], bool]:
        number, text, faults = held[0]
        faults = list(faults)
        row: list[Cell] = []
        position = 0
        while True:
            place = Position(number, position + 1)
            if not text.startswith('"', position):
                end = text.find(self.delimiter, position)
                bare = text[position:].rstrip("\r\n") if end < 0 else text[position:end]
                row.append(Cell(bare, place))
                if end < 0:
                    return row, faults, False
                position = end + 1
                continue
            parts, position = [], position + 1
            size = 0
            while (end := text.find('"', position)) < 0 or text.startswith('""', end):
                if end >= 0:
                    parts.append(text[position : end + 1])
                    position = end + 2
                    continue
                parts.append(text[position:])
                size += len(text) - position
                following = self.next() if size <= ROW_MAX_CHARACTERS else None
                if following is None:
                    message = "this quotation mark is never closed: close it, or double it if it belongs to the text"
                    return row, [Fault(place, "cells", message)], True
                held.append(following)
                number, text, more = following
                faults += more
                position = 0
            parts.append(text[position:end])
            row.append(Cell("".join(parts), place))
            position = end + 1
            rest = text[position:].rstrip("\r\n")
            if not rest:
                return row, faults, False
            if not rest.startswith(self.delimiter):
                message = (
                    "text stands behind the closing quotation mark: double the marks that belong to the text"
                )
                return row, [*faults, _fault(number, position + 1, "cells", message)], False
            position += 1


def _decoded(data: bytes, number: int) -> tuple[str, list[Fault]]:
    if number == 1 and data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise TableError("the table is UTF-16: save it as “CSV UTF-8”")
    try:
        return data.decode(), []
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        message = f"byte 0x{data[error.start]:02X} is not UTF-8: save the table in UTF-8 (“CSV UTF-8”)"
        return data.decode(errors="replace"), [_fault(number, len(before) + 1, "encoding", message)]


def _fault(line: int, column: int, code: str, message: str) -> Fault:
    return Fault(Position(line, column), code, message)
