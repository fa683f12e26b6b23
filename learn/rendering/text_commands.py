r"""The commands of text in formulas: what ``\text`` and its like hold, signs by name or number, ``\verb``."""

from __future__ import annotations

import re

from .arguments import argument, length
from .characters import written_character
from .vocabulary import CHARACTERS

TEXT_COMMANDS = (
    "text", "textbf", "textit", "textrm", "textsf", "texttt", "textnormal", "textup", "textsc", "textmd", "mbox",
    "hbox",
)  # fmt: skip
_SIGN = re.compile(rf"\\({'|'.join(CHARACTERS)})(?![A-Za-z])(?:\{{\}}|\s*)")
_IN_TEXT = re.compile(r"(?<!\\)\$((?:[^$\\]|\\.)*)\$")
_PARENTHESES = re.compile(r"\\\(((?:[^\\]|\\[^()])*)\\\)")
_CIRCLED = re.compile(r"\\textcircled\s*(?:\{\s*([A-Za-z0-9])\s*\}|([A-Za-z0-9]))")
_TEXT_OR_MATH = re.compile(r"\\TextOrMath\s*\{([^{}]*)\}\s*\{[^{}]*\}")
_IN_VERBATIM = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}


def _circled(match: re.Match[str]) -> str:
    character = match[1] or match[2]
    if character.isdigit():
        return "⓪" if character == "0" else chr(ord("①") + int(character) - 1)
    return chr(ord("Ⓐ" if character.isupper() else "ⓐ") + ord(character.upper()) - ord("A"))


class TextWriter:
    """The handlers of these commands, for the writer of learn.rendering.commands, which has the two methods below."""

    def write(self, tex: str) -> str:
        raise NotImplementedError

    def wrap(self, opening: str, tex: str, closing: str = "</mrow>") -> str:
        raise NotImplementedError

    def framed(self, _name: str, tex: str, position: int) -> tuple[str, int]:
        body, position = argument(tex, position)
        return rf"\boxed{{{self.text(body)}}}", position

    def text(self, body: str) -> str:
        """Text as formulas hold it: what stands between dollar signs in it is a formula again."""
        pieces = _IN_TEXT.split(body)
        written = [
            self.write(piece) if index % 2 else rf"\text{{{piece}}}"
            for index, piece in enumerate(pieces)
            if piece
        ]
        return "".join(written)

    def character(self, _name: str, tex: str, position: int) -> tuple[str, int]:
        match = re.compile(r"\s*(?:\"([0-9A-Fa-f]{1,5})|'([0-7]{1,7})|`\\?(.)|(\d{1,7}))").match(
            tex, position
        )
        if not match:
            return r"\char", position
        code = (
            int(match[1], 16)
            if match[1]
            else int(match[2], 8)
            if match[2]
            else ord(match[3])
            if match[3]
            else int(match[4])
        )
        return written_character(code, r"\char"), match.end()

    def unicode(self, _name: str, tex: str, position: int) -> tuple[str, int]:
        value, position = argument(tex, position)
        match = re.fullmatch(r"\s*(?:[xX]|U\+)([0-9A-Fa-f]{1,5})\s*|\s*(\d{1,7})\s*", value)
        if not match:
            return rf"\unicode{{{value}}}", position
        return written_character(int(match[1], 16) if match[1] else int(match[2]), r"\unicode"), position

    def verbatim(self, _name: str, tex: str, position: int) -> tuple[str, int]:
        mark = tex[position : position + 1]
        end = tex.find(mark, position + 1) if mark and not mark.isalnum() else -1
        if end < 0:
            return r"\verb", position
        body = re.sub(
            r"[\\{}$&#_%^~]",
            lambda match: _IN_VERBATIM.get(match[0], f"\\{match[0]}"),
            tex[position + 1 : end],
        )
        return rf"\texttt{{{body}}}", end + 1

    def text_group(self, name: str, tex: str, position: int) -> tuple[str, int]:
        """Text is no formula: of the commands here it holds signs alone."""
        body, end = argument(tex, position)
        if tex[position:].lstrip()[:1] != "{":
            return rf"\{name}", position
        body = _SIGN.sub(lambda match: CHARACTERS[match[1]], body)
        if "\\textcircled" in body or "\\TextOrMath" in body:
            body = _TEXT_OR_MATH.sub(r"\1", _CIRCLED.sub(_circled, body))
        if "\\(" in body:
            body = _PARENTHESES.sub(r"$\1$", body)
        if "--" in body and name != "texttt":
            body = body.replace("---", "—").replace("--", "–")
        return rf"\{name}{{{body}}}" if end <= len(tex) and tex[
            end - 1 : end
        ] == "}" else rf"\{name}{{{body}", end

    def sign(self, name: str, tex: str, position: int) -> tuple[str, int]:
        """A sign of text; TeX takes the spaces behind its command, and an empty group ends it."""
        end = re.compile(r"\s*(?:\{\})?").match(tex, position)
        return CHARACTERS[name], end.end() if end else position

    def raised(self, _name: str, tex: str, position: int) -> tuple[str, int]:
        height, position = argument(tex, position)
        body, position = argument(tex, position)
        up = length(height)
        if up is None:
            return rf"\raisebox{{{height}}}{{{body}}}", position
        return self.wrap(f'<mpadded voffset="{up:g}em">', self.text(body), "</mpadded>"), position

    def logo(self, name: str, _tex: str, position: int) -> tuple[str, int]:
        return rf"\text{{{name}}}", position
