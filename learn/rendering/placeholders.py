"""The characters that stand for formulas while Markdown is read: none that the text has, nor any it may decode to."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from html import unescape
from urllib.parse import unquote

# Planes 15 and 16 hold nothing but private characters: enough for 131,068 formulas.
_FIRST, _LAST = 0xF0000, 0x10FFFD
FIRST_PLACEHOLDER = chr(_FIRST)
PLACEHOLDER = re.compile("[\U000f0000-\U0010fffd]")
# Lone surrogates cannot be encoded, and NUL cannot be stored by PostgreSQL.
_FORBIDDEN = re.compile("[\0\ud800-\udfff\U000f0000-\U0010ffff]")
REPLACEMENT = "\ufffd"


def neutralise(text: str) -> str:
    """The text without the characters that stand for formulas here, and without those that no page can hold."""
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        return _FORBIDDEN.sub(REPLACEMENT, text)
    # Searching the bytes for the lead bytes of the two planes costs a twentieth of what the pattern does.
    if b"\xf3" in encoded or b"\xf4" in encoded or b"\0" in encoded:
        return _FORBIDDEN.sub(REPLACEMENT, text)
    return text


def unwritten_placeholders(text: str) -> Iterator[str]:
    """The characters that may stand for formulas in `text`, from a random one on, each once.

    Without those that the author may have written as entities (`&#xF0005;`), in percent-encoding or behind
    backslashes: what Markdown decodes, in any order, is decoded here.
    """
    written: set[str] = set()
    if "&" in text or "%" in text:
        for spelling in (text, text.replace("\\", "")):
            decoded = unescape(spelling)
            written.update(PLACEHOLDER.findall(decoded))
            written.update(PLACEHOLDER.findall(unescape(unquote(decoded))))
    count = _LAST - _FIRST + 1
    start = secrets.randbelow(count)
    for number in range(count):
        code = _FIRST + (start + number) % count
        if code & 0xFFFE != 0xFFFE and (character := chr(code)) not in written:
            yield character
