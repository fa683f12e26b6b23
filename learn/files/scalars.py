"""Writes a text as one YAML scalar that every YAML parser, 1.1 or 1.2, reads as exactly that text.

PyYAML's dumper knows 1.1 only, and does not quote as the real files do.
"""

from __future__ import annotations

import re

import yaml

# Never written raw: YAML 1.1 breaks lines at the separators, and a byte order mark is not to be seen.
_INVISIBLE = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_ESCAPED = re.compile('["\\\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]')
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\u2028": "\\L", "\u2029": "\\P"}

_INDICATORS = frozenset("-?:,[]{}#&*!|>'\"%@` \t")
_ENDS_PLAIN_TEXT = re.compile(r":(?:\s|\Z)|\s#|\s\Z|\t")  # after a tab, parsers differ
# What some parser takes for a number, a date, a truth value or null: YAML 1.1 through PyYAML, then 1.2.
_IMPLICIT_1_1 = yaml.SafeLoader.yaml_implicit_resolvers
_NUMBER_1_2 = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F]+")


def is_plain(text: str) -> bool:
    """Whether the text needs no quotes on the line of its key."""
    return is_written_plainly(text) and reads_as_text(text)


def is_written_plainly(text: str) -> bool:
    """Whether a parser finds the end of the unquoted text where it is, whatever it makes of the text."""
    return (
        bool(text)
        and text[0] not in _INDICATORS
        and not (_ENDS_PLAIN_TEXT.search(text) or _INVISIBLE.search(text))
    )


def reads_as_text(text: str) -> bool:
    """Whether no parser takes the unquoted text for a number, a date, a truth value or null."""
    resolvers = _IMPLICIT_1_1.get(text[:1], [])
    return not (any(pattern.match(text) for _, pattern in resolvers) or _NUMBER_1_2.fullmatch(text))


def is_foldable(text: str) -> bool:
    """Whether the text can stand on one line below `>-`."""
    return bool(text) and text[0] not in " \t" and not _INVISIBLE.search(text)


def is_block(text: str) -> bool:
    """Whether the text has several lines that can stand as they are below `|`."""
    return "\n" in text and not text.isspace() and not _INVISIBLE.search(text.replace("\n", ""))


def inline(text: str) -> str:
    """The text for the line of its key: unquoted, in single quotes, or in double quotes with escapes."""
    if is_plain(text):
        return text
    return double_quoted(text) if _INVISIBLE.search(text) else "'" + text.replace("'", "''") + "'"


def folded(text: str, indent: int) -> str:
    """The text below `>-`, on one line `indent` spaces in; the text must be foldable."""
    return f">-\n{' ' * indent}{text}"


def double_quoted(text: str) -> str:
    """The text in double quotes, on one line."""
    return '"' + _ESCAPED.sub(_escape, text) + '"'


def literal(text: str, indent: int, parent_indent: int) -> str:
    """The text as a `|` block, its lines `indent` spaces in, below a key that stands `parent_indent` spaces in.

    The text must hold a character that is no white space, and no control character but tab and newline.
    """
    body = text.rstrip("\n")
    newlines = len(text) - len(body)
    # Without the digit a parser would take the white space at the beginning for indentation.
    digit = str(indent - parent_indent) if text[0] in " \t\n" else ""
    chomping = "-" if newlines == 0 else "" if newlines == 1 else "+"
    margin = " " * indent
    lines = "\n".join(margin + line if line else "" for line in body.split("\n"))
    return f"|{digit}{chomping}\n{lines}" + "\n" * max(newlines - 1, 0)


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    return _ESCAPES.get(character) or (f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}")
