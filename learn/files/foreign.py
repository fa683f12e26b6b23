"""Front matter as other tools write it: YAML, TOML or JSON above a text, with the place of every key."""

from __future__ import annotations

import datetime as dt
import json
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .frontmatter import BOM, START, decode_text, inspect_front_matter, position_of
from .limits import FILE_MAX_BYTES
from .strict_yaml import Fault, Path, Position

BODY: Path = ("$body",)  # the place of the text below the front matter
_TOML_PLACE = re.compile(r" \(at line (\d+), column (\d+)\)$")
_CLOSING = re.compile(r"^\+\+\+[ \t]*\r?(?:\n|\Z)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Matter:
    """A file taken apart: `values` (of JSON's types; days and moments are ISO texts) and the text below them.

    `locate` tells where the key at a path stands, or else the nearest mapping that it belongs to.
    """

    values: dict[str, Any]
    body: str
    locate: Callable[[Path], Position]
    is_toml: bool = False


class MatterError(Exception):
    """A file that cannot be taken apart; `faults` say why and where."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(faults)
        self.faults = faults


def read_matter(data: bytes) -> Matter:
    """Take a file apart, whichever of the three languages its front matter is in. Raises MatterError."""
    if len(data) > FILE_MAX_BYTES:
        raise MatterError(*inspect_front_matter(data).faults)
    text, faults = decode_text(data.removeprefix(BOM))
    if text.startswith("+++"):
        read = _read_toml
    elif text.startswith("{"):
        read = _read_json
    else:
        return _read_yaml(data)
    if faults:
        raise MatterError(*faults)
    return read(text)


def _read_yaml(data: bytes) -> Matter:
    found = inspect_front_matter(data)
    if found.faults:
        raise MatterError(*found.faults)
    entries = found.entries
    below = Position(found.front.text.count("\n") + 2, 1)

    def locate(path: Path) -> Position:
        while path and path not in entries:
            if path == BODY:
                return below
            path = path[:-1]
        return entries[path].key if path else START

    return Matter(found.front.values, found.front.body, locate)


def _read_toml(text: str) -> Matter:
    start = text.find("\n") + 1
    closing = _CLOSING.search(text, start) if start else None
    if closing is None:
        message = "the front matter is not closed: write a line `+++` after its last key"
        raise MatterError(Fault(START, "front-matter-not-closed", message))
    matter = text[start : closing.start()]
    try:
        values = tomllib.loads(matter.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        place = _TOML_PLACE.search(str(error))
        line = int(place[1]) + 1 if place else matter.count("\n") + 1
        reason = _TOML_PLACE.sub("", str(error)).removesuffix(" (at end of document)")
        message = f"this is not valid TOML ({reason}): write `key = value`, with texts in quotes"
        position = Position(line, int(place[2]) if place else 1)
        raise MatterError(Fault(position, "toml", message)) from error
    below = Position(text.count("\n", 0, closing.end()) + 1, 1)

    def locate(path: Path) -> Position:
        return below if path == BODY else _in_toml(text[: closing.start()], path)

    return Matter(_plain(values), text[closing.end() :], locate, is_toml=True)


def _in_toml(text: str, path: Path) -> Position:
    """Where a key stands: below the header of its table, dotted, or where the nearest key above it does."""
    keys = [str(key) for key in path if isinstance(key, str)]
    begin, end = 0, len(text)
    while keys:
        written = r"\s*\.\s*".join(rf"[\"']?{re.escape(key)}[\"']?" for key in keys)
        first_table = re.search(r"^[ \t]*\[", text, re.MULTILINE)
        end = first_table.start() if first_table else len(text)
        if found := re.compile(rf"^[ \t]*({written})[ \t]*=", re.MULTILINE).search(text, 0, end):
            return position_of(text, found.start(1))
        if header := re.search(rf"^[ \t]*\[\[?\s*({written})\s*\]", text, re.MULTILINE):
            return position_of(text, header.start(1))
        if len(keys) > 1:
            table = r"\s*\.\s*".join(rf"[\"']?{re.escape(key)}[\"']?" for key in keys[:-1])
            if header := re.search(rf"^[ \t]*\[\s*{table}\s*\]", text, re.MULTILINE):
                begin = header.end()
                after = re.compile(r"^[ \t]*\[", re.MULTILINE).search(text, begin)
                end = after.start() if after else len(text)
                last = re.compile(rf"^[ \t]*([\"']?{re.escape(keys[-1])}[\"']?)[ \t]*=", re.MULTILINE)
                if found := last.search(text, begin, end):
                    return position_of(text, found.start(1))
        keys.pop()
    return START


def _read_json(text: str) -> Matter:
    try:
        values, end = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant).raw_decode(text)
    except json.JSONDecodeError as error:
        message = f'this is not valid JSON ({error.msg}): write `"key": value`, with commas between them'
        raise MatterError(Fault(Position(error.lineno, error.colno), "json", message)) from error
    except (ValueError, RecursionError) as error:
        key = str(error)
        place = position_in_json(text, (key,), last=True) if isinstance(error, DuplicateKeyError) else START
        message = f"`{key}` stands here a second time: keep one of the two"
        if not isinstance(error, DuplicateKeyError):
            message = f"this is not valid JSON ({error}): write plain values"
        raise MatterError(Fault(place, "duplicate-key" if place != START else "json", message)) from error
    body = text[end:]
    below = Position(text.count("\n", 0, end) + 2, 1)

    def locate(path: Path) -> Position:
        return below if path == BODY else position_in_json(text[:end], path)

    return Matter(values, body.partition("\n")[2] if not body.partition("\n")[0].strip() else body, locate)


class DuplicateKeyError(ValueError):
    """A key stands twice in one object of JSON; the message is the key."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        keys = [key for key, _value in pairs]
        raise DuplicateKeyError(next(key for key in keys if keys.count(key) > 1))
    return values


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def strict_json(text: str) -> Any:
    """The value of a JSON text. Raises JSONDecodeError, DuplicateKeyError or another ValueError."""
    return json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)


def position_in_json(text: str, path: Path, *, last: bool = False) -> Position:
    """Where the key at `path` stands in a JSON text, or the nearest above it; `last`: where it stands last."""
    start, place = 0, START
    for key in path:
        if not isinstance(key, str):
            continue
        pattern = re.compile(re.escape(json.dumps(key, ensure_ascii=False)) + r"\s*:")
        places = list(pattern.finditer(text, start)) if last else [pattern.search(text, start)]
        found = places[-1] if places else None
        if found is None:
            break
        start, place = found.end(), position_of(text, found.start())
    return place


def _plain(value: Any) -> Any:
    """A value of TOML with its days and moments as texts."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, dt.date | dt.time) else value
