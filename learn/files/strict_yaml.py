"""Strict YAML: values alone, or values with the position of every key and every fault.

Strict means: plain scalars as far as YAML 1.1 and 1.2 read them alike (`no` is a text, `012` is a text, a date is a
text that the document's own rules read), no key twice, no anchors, aliases, tags, merge keys or second document.

The values are built from the parser's events rather than by PyYAML's loader. That bounds depth and size before
anything recurses (libyaml's composer overflows the stack of the process on 100,000 brackets), sees anchors and
tags where they stand (CSafeLoader ignores an overridden `compose_node`), and takes 60 % of the loader's time.
No loader of PyYAML, ruamel.yaml or strictyaml reports every fault, with positions, at this speed.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import yaml

from .limits import KEY_MAX_LENGTH, MAX_DEPTH, MAX_EVENTS
from .yaml_advice import advise

try:
    from yaml.cyaml import CParser as _Parser  # type: ignore[attr-defined]  # the stubs hide it

    HAS_LIBYAML = True
except ImportError:
    from yaml.parser import Parser
    from yaml.reader import Reader
    from yaml.scanner import Scanner

    class _Parser(Reader, Scanner, Parser):  # type: ignore[no-redef]
        """PyYAML's own parser, with as much of the C parser's interface as is used here."""

        def __init__(self, text: str) -> None:
            Reader.__init__(self, text)
            Scanner.__init__(self)
            Parser.__init__(self)

    HAS_LIBYAML = False
    warnings.warn(
        "PyYAML was built without libyaml: reading articles takes about ten times longer. Install PyYAML as a wheel.",
        RuntimeWarning,
        stacklevel=2,
    )

Path: TypeAlias = tuple[str | int, ...]

# Numbers that YAML 1.1 and 1.2 read alike; 012, 0o14, 0x1F, 1e3, 1_000, 12:30 and .inf stay texts.
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?[0-9]+\.[0-9]*(?:[eE][-+][0-9]+)?")
_NUMBER_STARTS = frozenset("+-0123456789")
_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
# libyaml takes these for line breaks, YAML 1.2 and editors do not.
_UNICODE_BREAKS = "\u2028\u2029"
_PRIVATE_USE = range(0xE000, 0xF900)


class Position(NamedTuple):
    """Line and column of a character, both from 1, as an editor shows them; columns count characters."""

    line: int
    column: int


class Fault(NamedTuple):
    """Something wrong at a place of a text; `path` leads to the key it concerns, where there is one."""

    position: Position
    code: str
    message: str
    path: Path = ()


class Entry(NamedTuple):
    """Where a value stands: its key (in a list: itself) and its value, and whether it is written without quotes."""

    key: Position
    value: Position
    is_plain: bool


class StrictYamlError(Exception):
    """The text is not what this module takes; `YamlReader(inspect=True)` says what is wrong and where."""


def plain_value(text: str) -> str | int | float | bool | None:
    """What an unquoted scalar means: null, a truth value, a number (64 bits, finite), or the text itself."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] in _NUMBER_STARTS:
        if _INTEGER.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text) and math.isfinite(number := float(text)):
            return number
    return text


class YamlReader:
    """Reads one YAML text.

    `root`: what was read; a dict, a list, a scalar, or None for a text without content.
    `literal_keys`: the top-level keys whose value is a literal block (`|`).

    Without `inspect` the first fault raises StrictYamlError. With it, reading goes on after a fault as long as the
    text makes sense, and `faults` and `entries` (by path) are filled; `is_complete` is False where reading had to
    stop early, so that keys may be missing from `root` which the text has.
    """

    def __init__(self, text: str, *, inspect: bool = False) -> None:
        self.root: Any = None
        self.literal_keys: set[str] = set()
        self.faults: list[Fault] = []
        self.entries: dict[Path, Entry] = {}
        self.is_complete = True
        self._inspect = inspect
        self._container: Any = None
        self._key: str | None = None
        self._key_position = Position(1, 1)
        self._stack: list[
            tuple[Any, str | int | None]
        ] = []  # of each open container: its parent, its place there
        self._has_document = False

        substitutes = _substitutes(text)
        for character, substitute in substitutes.items():
            text = text.replace(character, substitute)
        try:
            self._read(text)
        except _StopReadingError:
            self.is_complete = False
        for character, substitute in substitutes.items():
            self.root = _replace(self.root, substitute, character)

    def _read(self, text: str) -> None:
        handlers: dict[type, Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._start,
            yaml.SequenceStartEvent: self._start,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
        }
        event: Any = None
        try:
            get_event = _Parser(text).get_event
            for _ in range(MAX_EVENTS):
                event = get_event()
                handle = handlers.get(event.__class__)
                if handle is not None:
                    handle(event)
                elif event.__class__ is yaml.StreamEndEvent:
                    return
        except yaml.YAMLError as error:
            mark, message = advise(error, text)
            self._refuse(mark, "yaml", message, stop=True)
        self._refuse(
            event.start_mark,
            "too-many-values",
            f"the front matter has more than {MAX_EVENTS:,} keys and values: "
            "remove what does not belong to the article",
            stop=True,
        )

    # --- events, in the order of how often they come ---

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        if event.anchor is not None or event.tag is not None:
            self._refuse_property(event)
        text = event.value
        container = self._container
        if type(container) is dict:
            if self._key is None:
                self._begin_entry(event, text)
                return
            if not event.style:
                container[self._key] = plain_value(text)
            else:
                container[self._key] = text
                if event.style == "|" and len(self._stack) == 1:
                    self.literal_keys.add(self._key)
            if self._inspect:
                self._note(event)
            self._key = None
        else:
            self._put(event, text if event.style else plain_value(text))

    def _begin_entry(self, event: yaml.ScalarEvent, text: str) -> None:
        self._key = text
        if not event.style and (text == "<<" or not isinstance(plain_value(text), str)):
            self._refuse_plain_key(event, text)
        if len(text) > KEY_MAX_LENGTH:
            self._refuse(
                event.start_mark,
                "long-key",
                f"a key of {len(text):,} characters: write at most {KEY_MAX_LENGTH}",
            )
        if self._inspect:
            self._key_position = self._position(event.start_mark)
        if text in self._container:
            first = self.entries.get(self._path())
            self._refuse(
                event.start_mark,
                "duplicate-key",
                f"`{text}` stands here a second time, after line {first.key.line if first else '?'}: "
                "keep one of the two",
            )

    def _start(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        if event.anchor is not None or event.tag is not None:
            self._refuse_property(event)
        if type(self._container) is dict and self._key is None:
            self._refuse(
                event.start_mark,
                "key-not-text",
                "a list or mapping stands where a key belongs: write `key: value`, with a key that is text",
                stop=True,
            )
        if len(self._stack) >= MAX_DEPTH:
            self._refuse(
                event.start_mark,
                "too-deep",
                f"nested deeper than {MAX_DEPTH} levels: write it flatter",
                stop=True,
            )
        container: Any = {} if event.__class__ is yaml.MappingStartEvent else []
        place = len(self._container) if type(self._container) is list else self._key
        parent = self._container
        self._put(event, container)
        self._stack.append((parent, place))
        self._container = container

    def _end(self, _event: yaml.Event) -> None:
        self._container, _ = self._stack.pop()

    def _alias(self, event: yaml.AliasEvent) -> None:
        self._refuse(
            event.start_mark,
            "alias",
            f"`*{event.anchor}` is a YAML alias, which is not allowed: put text that begins with `*` in quotes, "
            "or on its own line after `>-`",
        )
        if type(self._container) is dict and self._key is None:
            self._key = f"*{event.anchor}"
        else:
            self._put(event, None)

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        if self._has_document or event.version or event.tags:
            self._refuse(
                event.start_mark,
                "second-document",
                "a YAML directive or a second YAML document begins here: write plain `key: value` lines only",
                stop=True,
            )
        self._has_document = True

    # --- building, and noting what was built ---

    def _put(self, event: yaml.NodeEvent, value: Any) -> None:
        if self._inspect:
            self._note(event)
        container = self._container
        if type(container) is dict:
            container[self._key] = value
            self._key = None
        elif type(container) is list:
            container.append(value)
        else:
            self.root = value

    def _note(self, event: yaml.NodeEvent) -> None:
        place = self._position(event.start_mark)
        is_plain = event.__class__ is yaml.ScalarEvent and not event.style
        key = self._key_position if type(self._container) is dict else place
        self.entries[self._path()] = Entry(key, place, is_plain)

    def _path(self) -> Path:
        trail = [place for _, place in self._stack[1:] if place is not None]
        if type(self._container) is list:
            return (*trail, len(self._container))
        return tuple(trail) if self._key is None else (*trail, self._key)

    def _position(self, mark: Any) -> Position:
        return Position(mark.line + 1, mark.column + 1)

    def _refuse(self, mark: Any, code: str, message: str, *, stop: bool = False) -> None:
        if not self._inspect:
            raise StrictYamlError
        self.faults.append(Fault(self._position(mark), code, message, self._path()))
        if stop:
            raise _StopReadingError

    def _refuse_property(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        name, sign = (
            (f"the tag `{event.tag}`", "!")
            if event.anchor is None
            else (f"the anchor `&{event.anchor}`", "&")
        )
        self._refuse(
            event.start_mark,
            "tag" if event.anchor is None else "anchor",
            f"{name} of YAML is not allowed: put text that begins with `{sign}` in quotes, or on its own line "
            "after `>-`",
        )

    def _refuse_plain_key(self, event: yaml.ScalarEvent, text: str) -> None:
        if text == "<<":
            code, message = "merge-key", "the merge key `<<` is not allowed: write the keys out"
        elif not text:
            code, message = "key-not-text", "no key stands before this colon: write `key: value`"
        else:
            code, message = (
                "key-not-text",
                f"the key `{text}` reads as a value, not as text: put it in quotes",
            )
        self._refuse(event.start_mark, code, message)


class _StopReadingError(Exception):
    """What follows cannot be made sense of."""


def _substitutes(text: str) -> dict[str, str]:
    """Private-use characters that `text` lacks, to stand for those that libyaml would take for line breaks."""
    free = (character for character in map(chr, _PRIVATE_USE) if character not in text)
    return {character: next(free) for character in _UNICODE_BREAKS if character in text}


def _replace(value: Any, old: str, new: str) -> Any:
    if isinstance(value, str):
        return value.replace(old, new)
    if isinstance(value, list):
        return [_replace(item, old, new) for item in value]
    if isinstance(value, dict):
        return {key.replace(old, new): _replace(item, old, new) for key, item in value.items()}
    return value
