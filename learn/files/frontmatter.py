"""Splits a file's bytes into front matter and body.

No library: python-frontmatter hands out a YAML loader's values, without lines and columns for messages.

A file is read for its values alone first. Only where something is wrong is it read a second time, with the place of
every key, so that files in order pay nothing for good messages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from .limits import FILE_MAX_BYTES
from .strict_yaml import Entry, Fault, Path, Position, StrictYamlError, YamlReader

BOM = b"\xef\xbb\xbf"
_UTF_16_BOMS = (b"\xff\xfe", b"\xfe\xff")
START = Position(1, 1)

# What no file may hold: C0 controls but tab and newline, DEL, C1 controls, code points that are no characters, and a
# carriage return without newline, which libyaml takes for a line break and an editor does not. PostgreSQL refuses
# NUL; XML (sitemaps, feeds) most of the others.
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]|\r(?!\n)")


@dataclass(slots=True)
class FrontMatter:
    """A file taken apart: `values` of its front matter, `body` as it stands after it.

    `literal_keys`: top-level keys whose value is a `|` block. `text`: from the newline of the first `---` line up to
    the second one.
    """

    values: dict[str, Any] = field(default_factory=dict)
    body: str = ""
    literal_keys: set[str] = field(default_factory=set)
    text: str = ""
    has_bom: bool = False
    has_crlf: bool = False


@dataclass(slots=True)
class Inspection:
    """What a second look at a file finds: all that is wrong with its text and its YAML, and where every key stands.

    `is_complete` is False where reading stopped early: a key that `front` lacks may stand further down.
    """

    front: FrontMatter
    faults: list[Fault]
    entries: dict[Path, Entry]
    is_complete: bool


class FrontMatterError(Exception):
    """Something is wrong with the file; `inspect_front_matter` says what."""


def read_front_matter(data: bytes) -> FrontMatter:
    """Read a file's front matter, without positions. Raises FrontMatterError at the first fault."""
    if len(data) > FILE_MAX_BYTES:
        raise FrontMatterError
    has_bom = data.startswith(BOM)
    try:
        text = data.removeprefix(BOM).decode()
    except UnicodeDecodeError as error:
        raise FrontMatterError from error
    parts = _split(text)
    if parts is None:
        raise FrontMatterError
    matter, body = parts
    has_crlf = "\r" in matter
    # In the front matter libyaml itself refuses control characters, but for two that it takes for line breaks.
    if _UNWANTED.search(body) or "\x85" in matter or (has_crlf and _UNWANTED.search(matter)):
        raise FrontMatterError
    try:
        reader = YamlReader(matter)
    except StrictYamlError as error:
        raise FrontMatterError from error
    values = {} if reader.root is None else reader.root
    if type(values) is not dict:
        raise FrontMatterError
    return FrontMatter(values, body, reader.literal_keys, matter, has_bom, has_crlf)


def front_matter_text(data: bytes) -> str:
    """The YAML of a file, from the newline before it; empty where the file is not in order."""
    try:
        parts = _split(data.removeprefix(BOM).decode())
    except UnicodeDecodeError:
        return ""
    return parts[0] if parts else ""


def is_yaml(data: bytes) -> bool:
    """Whether a file has front matter between lines `---`, whatever is in it."""
    return data.removeprefix(BOM).startswith(b"---")


def inspect_front_matter(data: bytes) -> Inspection:
    """Read a file again, going on after every fault that allows it. Raises nothing."""
    if len(data) > FILE_MAX_BYTES:
        return _too_large(data)
    has_bom = data.startswith(BOM)
    text, faults = decode_text(data.removeprefix(BOM))
    parts = _split(text)
    if parts is None:
        if not data.startswith(_UTF_16_BOMS):  # in UTF-16 there is a `---`, though not for us
            faults.append(_fence_fault(text))
        return Inspection(FrontMatter(), faults, {}, is_complete=False)
    matter, body = parts
    inspection = _inspect(matter, faults)
    inspection.front.body, inspection.front.has_bom, inspection.front.has_crlf = body, has_bom, "\r" in matter
    return inspection


def inspect_yaml(data: bytes) -> Inspection:
    """Read a file that is nothing but YAML, as `inspect_front_matter` reads front matter."""
    if len(data) > FILE_MAX_BYTES:
        return _too_large(data)
    text, faults = decode_text(data.removeprefix(BOM))
    return _inspect(text, faults)


def _inspect(text: str, faults: list[Fault]) -> Inspection:
    # The text of front matter begins with the newline of the first `---` line: it counts as line 1 of the file.
    reader = YamlReader(text, inspect=True)
    faults = faults + reader.faults
    is_complete = reader.is_complete
    values = {} if reader.root is None else reader.root
    if not isinstance(values, dict):
        kind = "a list" if isinstance(values, list) else "plain text"
        place = reader.entries[()].key
        message = f"this is {kind}, not a mapping: write lines of the form `key: value`"
        faults.append(Fault(place, "not-a-mapping", message))
        values, is_complete = {}, False
    front = FrontMatter(values, "", reader.literal_keys, text)
    return Inspection(front, faults, reader.entries, is_complete)


def _too_large(data: bytes) -> Inspection:
    message = (
        f"the file has {len(data):,} bytes, more than the {FILE_MAX_BYTES:,} allowed: "
        "remove what does not belong to the article"
    )
    return Inspection(FrontMatter(), [Fault(START, "file-too-large", message)], {}, is_complete=False)


def position_of(text: str, index: int) -> Position:
    """The place of the character at `index`."""
    return Position(text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index))


def decode_text(data: bytes) -> tuple[str, list[Fault]]:
    """The text of a file, with U+FFFD for what is no text, and a fault for the first of each kind of such things."""
    faults = []
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        text = data.decode(errors="replace")
        before = data[: error.start].decode()
        faults.append(
            Fault(position_of(before, len(before)), "encoding", _encoding_message(data, error.start))
        )
        if data.startswith(_UTF_16_BOMS):
            return text, faults  # every second byte is a NUL: one message says it
    unwanted = list(_UNWANTED.finditer(text))
    if unwanted:
        first = unwanted[0]
        more = f" (and {len(unwanted) - 1} more such characters)" if len(unwanted) > 1 else ""
        message = f"the file holds {_character_name(first[0])}{more}: remove it"
        faults.append(Fault(position_of(text, first.start()), "control-character", message))
        text = _UNWANTED.sub("\ufffd", text)
    return text, faults


def _encoding_message(data: bytes, offset: int) -> str:
    if data.startswith(_UTF_16_BOMS):
        return "the file is UTF-16: save it as UTF-8"
    byte = data[offset]
    character = data[offset : offset + 1].decode("cp1252", errors="ignore")
    guess = f" (in {'Latin-1' if byte >= 0xA0 else 'Windows-1252'}: {character})" if character else ""
    return f"byte 0x{byte:02X}{guess} at offset {offset} is not UTF-8: save the file as UTF-8"


def _character_name(character: str) -> str:
    if character == "\0":
        return "a NUL character"
    if character == "\r":
        return "a carriage return without a newline"
    return f"the control character U+{ord(character):04X}"


def _split(text: str) -> tuple[str, str] | None:
    """The YAML between the two `---` lines and the text after them; None where one of the lines is not there."""
    start = _end_of_fence(text, 0) - 1
    if start < 0 or text[start] != "\n":
        return None
    position = start
    while (position := text.find("\n---", position)) >= 0:
        end = _end_of_fence(text, position + 1)
        if end:
            return text[start : position + 1], text[end:]
        position += 4
    return None


def _end_of_fence(text: str, start: int) -> int:
    """Where the line after the `---` line at `start` begins; 0 where no `---` line stands there."""
    if not text.startswith("---", start):
        return 0
    newline = text.find("\n", start)
    end = len(text) if newline < 0 else newline
    return 0 if text[start + 3 : end].strip(" \t\r") else end + (newline >= 0)


def _fence_fault(text: str) -> Fault:
    if not text.strip():
        return Fault(START, "empty-file", "the file is empty: write the front matter between two lines `---`")
    if _end_of_fence(text, 0):
        return Fault(
            START,
            "front-matter-not-closed",
            "the front matter is not closed: write a line `---` after its last key",
        )
    if _end_of_fence(text.lstrip(), 0):
        message = "a blank line stands before the front matter: begin the file with the line `---`"
        return Fault(START, "no-front-matter", message)
    for mark, language in (("+++", "TOML"), ("{", "JSON")):
        if text.startswith(mark):
            message = (
                f"the front matter is {language}: write it as YAML, between two lines `---`; or, if another tool made "
                "the file, import it with --mapping"
            )
            return Fault(START, "no-front-matter", message)
    return Fault(
        START,
        "no-front-matter",
        "the file does not begin with front matter: write a line `---` first, then the keys, then `---` again",
    )
