"""What an editor should write instead of YAML that does not parse, from the parser's terse errors."""

from __future__ import annotations

from typing import Any

import yaml

_QUOTE_IT = "put the whole text in single quotes, or on its own line after `>-`"

# Parts of the parser's messages -> what is wrong and what to write instead. libyaml and PyYAML's own parser word some
# errors differently; both stand here.
_ADVICE = (
    (("tab character",), "a tab cannot indent: use spaces"),
    (
        ("cannot start any token",),
        f"text cannot begin with “{{character}}”: {_QUOTE_IT}",
    ),
    (
        ("mapping values are not allowed",),
        f"a colon with a space after it cannot stand in unquoted text: {_QUOTE_IT}; or correct the indentation",
    ),
    (
        ("could not find expected ':'",),
        "this line is no `key: value`: indent it further, if it belongs to the text above, or write a colon",
    ),
    (
        (
            "expected comment or line break",
            "expected a comment or a line break",
            "expected chomping or indentation",
        ),
        "text cannot stand on the line of `>` or `|`: begin it on the next line, indented by four spaces",
    ),
    (
        ("unexpected end of stream", "unexpected document indicator", "unexpected document separator"),
        "this quotation mark is never closed: close it, or double it if it belongs to the text",
    ),
    (
        ("escape character", "escape code", "hexdecimal", "hexadecimal"),
        f"a backslash in double quotes begins an escape, and this is none: double it; or {_QUOTE_IT}",
    ),
    (
        (
            "expected alphabetic or numeric",
            "undefined tag handle",
            "expected URI",
            "expected the tag",
            "expected '!'",
        ),
        f"unquoted text cannot begin with `*`, `&` or `!`: {_QUOTE_IT}",
    ),
    (
        ("block sequence entries are not allowed",),
        f"a list cannot begin here: {_QUOTE_IT}; or begin the list on the next line",
    ),
    (
        ("expected ',' or", "expected node content", "while parsing a flow"),
        "a bracket opens a list or mapping that is not closed: close it, or put the whole text in quotes",
    ),
    (
        ("expected key", "expected <block end>", "expected '-' indicator", "mapping keys are not allowed"),
        "a key was expected here: check the indentation of this line and the quotes of the line above",
    ),
    (
        ("document start",),
        "this line belongs to no key: begin every top-level key in the first column, and remove a line `...`",
    ),
    (
        ("directive", "incompatible YAML", "incompatible document"),
        "a YAML directive or a second YAML document begins here: write plain `key: value` lines only",
    ),
    (("indentation indicator",), "write `>-` or `|-` without a number, and the text below it"),
)


# The parser notices at the end of the text what is wrong at its beginning.
_NOTICED_LATE = ("expected ':'", "unexpected end", "unexpected document", "expected ',' or")


def advise(error: yaml.YAMLError, text: str) -> tuple[Any, str]:
    """The parser's mark of where in `text` the error lies, and what to write instead."""
    problem = getattr(error, "problem", None) or str(error)
    mark: Any = getattr(error, "problem_mark", None) or yaml.Mark("", 0, 0, 0, None, 0)
    context_mark = getattr(error, "context_mark", None)
    if context_mark is not None and (
        "expected ':'" in problem or "unexpected" in problem or "expected ',' or" in problem
    ):
        mark = context_mark
    character = _character_at(text, mark)
    if character == "\t":
        problem = "tab character"
    elif character in {"]", "}", ","} and "expected node content" in problem:
        problem = "cannot start any token"
    for fragments, advice in _ADVICE:
        if any(fragment in problem for fragment in fragments):
            return mark, advice.format(character=character)
    return (
        mark,
        f"this is not valid YAML ({problem}): {_QUOTE_IT}",
    )


def _character_at(text: str, mark: Any) -> str:
    line = text.split("\n")[mark.line : mark.line + 1]
    return line[0][mark.column : mark.column + 1] if line else ""
