r"""Characters by their number, as ``\char`` and MathJax's ``\unicode`` name them."""

from __future__ import annotations


def written_character(code: int, command: str) -> str:
    """The character as TeX; ``command``, which the converter refuses, where it is none that is shown."""
    is_shown = (
        0x20 < code < 0x30000
        and not 0xD800 <= code < 0xF900
        and not 0x7F <= code < 0xA0
        and chr(code).isprintable()
    )
    if not is_shown:
        return command
    character = chr(code)
    return _SPECIAL.get(character) or rf"\text{{{character}}}"


_SPECIAL = {
    "\\": r"\backslash ",
    "^": r"\text{\textasciicircum}",
    "~": r"\text{\textasciitilde}",
    **{character: rf"\text{{\{character}}}" for character in "{}$&#_%"},
}
