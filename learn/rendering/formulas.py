r"""The formulas of an answer, each a single character of its Markdown, and how they come back into the HTML.

Each formula is replaced by one character from a private-use plane of Unicode, which no author can write: the same
characters in the text itself are neutralised first, and learn.rendering.placeholders chooses none that the text may
decode to. The character takes part in Markdown as a letter would.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass, field
from html import escape

from .placeholders import PLACEHOLDER, REPLACEMENT, neutralise
from .tex import WIDE, Converted

_BLOCK = '<math display="block"'
_STAYS_BEFORE = frozenset("([“‘\"'")
_STAYS_BEHIND = re.compile(
    "[^\\s<&\U000f0000-\U0010fffd]{1,12}(?=[\\s<&\U000f0000-\U0010fffd]|\\Z)|[.,;:!?)\\]’”\"'…%-]+"
)
_PLACEHOLDERS_ALONE = re.compile("[\U000f0000-\U0010fffd \t]+")


@dataclass(frozen=True, slots=True)
class Formula:
    """One formula of a text: its TeX, what stood in the text, and whether it has a line of its own.

    ``converted`` is None where the formula could not be converted.
    """

    tex: str
    source: str
    is_display: bool
    converted: Converted | None


@dataclass(slots=True)
class Protected:
    """A text whose formulas are single characters, and the formula that each stands for."""

    text: str
    by_placeholder: dict[str, Formula] = field(default_factory=dict)
    is_line: bool = False  # a title, which may stand in a link: nothing in it takes the focus

    @property
    def formulas(self) -> list[Formula]:
        return list(self.by_placeholder.values())

    def restore(self, text: str) -> str:
        """The text with what the author wrote in the place of every formula: for code and for addresses."""
        if not self.by_placeholder:
            return text
        return PLACEHOLDER.sub(self._source_of_formula, text)

    def readable(self, text: str) -> str:
        """The text with a line of Unicode in the place of every formula: for search, excerpts and labels."""
        if not self.by_placeholder:
            return neutralise(text)  # of what the parser decoded
        return PLACEHOLDER.sub(self._readable_formula, text)

    def is_display_line(self, line: str) -> bool:
        """Whether a line, given without its indentation, is nothing but formulas with a line of their own."""
        return _PLACEHOLDERS_ALONE.fullmatch(line) is not None and all(
            character in self.by_placeholder and self.by_placeholder[character].is_display
            for character in line
            if not character.isspace()
        )

    def _source_of_formula(self, match: re.Match[str]) -> str:
        formula = self.by_placeholder.get(match[0])
        return formula.source if formula else REPLACEMENT

    def _readable_formula(self, match: re.Match[str]) -> str:
        formula = self.by_placeholder.get(match[0])
        if formula is None:
            return REPLACEMENT
        return formula.converted.text if formula.converted else formula.tex

    def insert(self, html: str, blocks: Container[str]) -> str:
        """Sanitised HTML with its formulas; ``blocks`` are the placeholders that are blocks of their own."""
        if not self.by_placeholder:
            return neutralise(html)
        out: list[str] = []
        position = 0
        for match in PLACEHOLDER.finditer(html):
            character, start, end = match[0], match.start(), match.end()
            written = self._formula_html(character, is_block=character in blocks)
            last = written.rfind("<math")
            if last >= 0 and not written.startswith(_BLOCK, last) and written.endswith("</math>"):
                # A line may break beside a formula as beside an image: not before the comma behind it, nor in "n-th".
                while start > position and html[start - 1] in _STAYS_BEFORE and last == 0:
                    start -= 1
                tail = _STAYS_BEHIND.match(html, end)
                end = tail.end() if tail else end
                if end - start > 1:
                    word = f"{html[start : match.start()]}{written[last:]}{html[match.end() : end]}"
                    written = f'{written[:last]}<span class="math-word">{word}</span>'
            out += [html[position:start], written]
            position = end
        out.append(html[position:])
        return "".join(out)

    def _formula_html(self, character: str, *, is_block: bool) -> str:
        formula = self.by_placeholder.get(character)
        if formula is None:
            return REPLACEMENT  # written by the author, as an entity
        if formula.converted is None:
            source = f'<code class="math-source">{escape(formula.tex, quote=False)}</code>'
            return f"<p>{source}</p>\n" if is_block else source
        converted = formula.converted
        if not converted.mathml:
            return ""  # it only defines commands
        if converted.pieces and not is_block:
            first, *others = converted.pieces
            return "".join([_annotated(first, formula), *others])
        html = _annotated(converted.mathml, formula)
        if converted.width > WIDE:
            # A group and not a region: an answer with twenty landmarks of the same name would be worse than none.
            tag = "div" if is_block else "span"
            focus = "" if self.is_line else ' tabindex="0" role="group" aria-label="Formula"'
            kind = "math-scroll" if formula.is_display else "math-scroll math-inline"
            html = f'<{tag} class="{kind}"{focus}>{html}</{tag}>'
        return f"{html}\n" if is_block else html


def _annotated(mathml: str, formula: Formula) -> str:
    """The MathML with the TeX that the author wrote, and with the formula in words for what reads no MathML.

    https://w3c.github.io/mathml-core/#semantics-and-presentation: browsers show and read the first child alone.
    """
    opening, _, rest = mathml.partition(">")
    words = escape(formula.converted.spoken) if formula.converted else ""
    source = escape(formula.tex, quote=False)
    return (
        f'{opening} alttext="{words}"><semantics><mrow>{rest.removesuffix("</math>")}</mrow>'
        f'<annotation encoding="application/x-tex">{source}</annotation></semantics></math>'
    )
