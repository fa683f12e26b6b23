"""How long sentences and paragraphs are, and how easy they are to read. For English; hints, no faults.

Reading ease is Flesch's: 206.835 - 1.015 x words a sentence - 84.6 x syllables a word (R. Flesch, "A new readability
yardstick", Journal of Applied Psychology 32, 1948). 100 is very easy, 60 plain English, below 30 for graduates.
Syllables are counted by the groups of vowels of a word, which is right within some 5 % on running text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from .findings import Finding, Word
from .reading import FORMULA, Block, Sheet

WALL_WORDS = 150
LONG_WORDS = 45
HARD_BELOW = 0.0
HARD_FROM_WORDS = 100  # of a shorter text the figure says little

_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|vs|etc|al|Dr|Mr|Mrs|Ms|Prof|St|Fig|Eq|No|Nos|vol|pp?|ca|approx|Inc|Ltd|Co|Jr|Sr|U\.S|U\.K|a\.m|p\.m)"
    r"|(?:\A|[\s.(])[A-Z])\.\Z",
)
_AFTER_A_NAME = re.compile(
    r"(?:\A|[(\s])[A-Z][\w'’-]*\.?\s+\Z"
)  # of an initial: "George W. Bush", no "vitamin C."
_END = re.compile(r"[.!?…][\"'”’)\]]*(?=\s+[\"'“‘(\[]?[A-Z0-9\ue000])|[;:](?=\s+[A-Z])|;(?=\s)|\n(?=[A-Z])")
_WORD = re.compile(rf"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d[\d.,]*|{FORMULA}+")
_VOWELS = re.compile(r"[aeiouy]+")


def findings(sheet: Sheet) -> Iterator[Finding]:
    """Walls of text, long sentences, and an answer that is hard to read as a whole."""
    words, sentence_count, syllables = 0, 0, 0
    for block in sheet.blocks:
        if block.kind != "paragraph":
            continue
        text = block.text()
        found = list(sentences(text))
        counts = [len(of) for _start, of in found]
        line = block.lines[0] + 1
        if sum(counts) > WALL_WORDS:
            yield Finding(
                Word.WALL,
                line,
                f"a paragraph of {sum(counts)} words: begin a new one where the thought turns",
            )
        for (start, of), count in zip(found, counts, strict=True):
            if count > LONG_WORDS:
                yield Finding(
                    Word.LONG_SENTENCE,
                    _line(block, start),
                    f"a sentence of {count} words, “{' '.join(of[:6])} …”: make two of it",
                )
        if sum(counts) >= 5:  # not the labels of a list
            words += sum(counts)
            sentence_count += len(found)
            syllables += sum(syllables_of(word) for _start, of in found for word in of)
    if words >= HARD_FROM_WORDS:
        ease = reading_ease(words, sentence_count, syllables)
        if ease < HARD_BELOW:
            message = (
                f"hard to read (Flesch reading ease {ease:.0f}): shorter sentences and shorter words help"
            )
            yield Finding(Word.HARD, 1, message)


def sentences(text: str) -> Iterator[tuple[int, list[str]]]:
    """The sentences of a paragraph: where each begins, and its words.

    A semicolon ends one, too, and a colon before a capital.

    So does a break before a capital: lines without marks are a list that nobody marked.
    """
    start = 0
    for match in _END.finditer(text):
        if match[0][0] == "." and _is_abbreviated(text, match.start()):
            continue
        if words := _WORD.findall(text, start, match.end()):
            yield start, words
        start = match.end()
    if words := _WORD.findall(text, start):
        yield start, words


def parts(block: Block) -> Iterator[tuple[int, str]]:
    """The sentences of a block as text, each with its line, from 1."""
    text = block.text()
    starts = [start for start, _words in sentences(text)]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=bool(starts)):
        yield _line(block, start), " ".join(text[start:end].split())


def _is_abbreviated(text: str, at: int) -> bool:
    """Whether the full stop at a position ends an abbreviation or an initial, and no sentence."""
    match = _ABBREVIATION.search(text, max(0, at - 8), at + 1)
    if match is None:
        return False
    is_initial = at == 1 or (text[at - 1].isupper() and not text[at - 2].isalnum() and text[at - 2] != ".")
    return not is_initial or at == 1 or bool(_AFTER_A_NAME.search(text, max(0, at - 40), at - 1))


def reading_ease(words: int, sentence_count: int, syllables: int) -> float:
    """Flesch's figure for a text of so many words, sentences and syllables."""
    return 206.835 - 1.015 * words / sentence_count - 84.6 * syllables / words


@lru_cache(maxsize=50_000)
def syllables_of(word: str) -> int:
    """How many syllables an English word has, about; a number or a formula has one."""
    if not word[0].isalpha():
        return 1
    lower = word.lower()
    count = len(_VOWELS.findall(lower))
    if (lower.endswith("e") and not lower.endswith(("le", "ee", "oe", "ye")) and count > 1) or (
        lower.endswith(("es", "ed")) and count > 1 and lower[-3:-2] not in "aeiouytdszxc"
    ):
        count -= 1
    return max(count, 1)


def _line(block: Block, start: int) -> int:
    """The line in which a sentence of a block begins, from 1."""
    passed, line = 0, block.lines[0]
    for child in block.children:
        if child.type in ("softbreak", "hardbreak"):
            if passed + 1 > start:
                return line + 1
            passed, line = passed + 1, line + 1
        elif child.type == "code_inline":
            passed += 1
        elif child.type in ("text", "text_special"):
            passed += len(child.content)
            if passed > start + 1:
                return line + 1
    return line + 1
