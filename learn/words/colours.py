"""Words that tell things on the page apart by their colour alone.

https://www.w3.org/WAI/WCAG22/Understanding/use-of-color: what is red in nature, on another screen or in a laboratory is
no matter of this page, so a sentence has to speak of the page too, or a formula has to have the colour.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from learn.rendering.spans import formulas

from .findings import Finding, Word
from .reading import Sheet
from .sentences import parts

_NAMES = r"red|green|blue|yellow|orange|purple|pink|gr[ae]y|violet|magenta|cyan|turquoise|teal|brown|gold"
_COLOUR = re.compile(_NAMES, re.IGNORECASE)
_THINGS = (
    r"(?:text|words?|letters?|rows?|columns?|cells?|lines?|entries|entry|items?|box(?:es)?|labels?|links?|numbers?|"
    r"terms?|steps?|answers?|options?|parts?|sections?|bars?|curves?|arrows?|areas?|factors?|symbols?|ones?)"
)
_SHOWN = (
    r"(?:shown|marked|highlighted|printed|written|displayed|indicated|labell?ed|given|underlined|drawn|set)"
)
# "In green chemistry" is no colour of the page: nothing but a word of grammar or the end of a clause may follow.
_IN = re.compile(
    rf"\b(?:(?:{_SHOWN}|{_THINGS}) )?(?:in|by|with) (?:the |a )?(?:bold |light |dark |bright )?(?P<colour>{_NAMES})\b"
    rf"(?=\s*(?:[,.;:)!?]|\Z)|\s(?:above|below|here|in|on|and|or|are|is|were|was|cancels?|shows?|marks?|means?)\b)",
    re.IGNORECASE,
)
_THING = re.compile(
    rf"\b(?:the|all|each|every) (?:\w+ )?(?P<colour>{_NAMES})(?:-colou?red)? "
    rf"{_THINGS}\b",
    re.IGNORECASE,
)
_PLACE = (
    r"(?:table|list|figure|diagram|graph|chart|picture|image|equations?|formulas?|example|answer|text|steps?|solution"
    r"|proof)"
)
_ON_THE_PAGE = re.compile(
    rf"\b(?:above|below|here)\b[^.]{{0,12}}\Z|\b{_PLACE} (?:above|below)\b"
    rf"|\bin (?:this|the following|the above) {_PLACE}\b"
    r"|\b(?:shown|marked|highlighted|set|given|written) (?:above|below|here)\b"
    r"|\b(?:above|below|here),? (?:is|are|I|we|in)\b",
    re.IGNORECASE,
)
_COLOURED = re.compile(r"\\(?:text|f|math)?color(?:box)?\s*\{\s*([A-Za-z]+)")


def findings(sheet: Sheet) -> Iterator[Finding]:
    """Where a colour is the only sign, at most once in a paragraph."""
    used = {
        name.lower()
        for start, end in formulas(sheet.answer)
        for name in _COLOURED.findall(sheet.answer, start, end)
    }
    for block in sheet.blocks:
        if not _COLOUR.search(block.text()):
            continue
        for line, text in parts(block):
            match = _IN.search(text) or _THING.search(text)
            if match is None:
                continue
            if match["colour"].lower() in used or _ON_THE_PAGE.search(text):
                message = f"“{match[0]}”: say it by a word or a sign as well, for who does not see the colour"
                yield Finding(Word.COLOUR_ALONE, line, message)
                break
