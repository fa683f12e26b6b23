"""What a visitor typed, taken apart: words, "phrases" and -what to leave out. Nothing in it is ever query syntax."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import NamedTuple

from .variants import SIGNS, TEX
from .words import ASKING_WORDS, COMMON_WORDS, WORD, fold, stem

MAX_LENGTH = 3_000  # characters that are read: a pasted prompt of 400 words; the search field takes as much
MAX_WORDS = 400  # that are read; learn.search.matching looks for the rarest of them
MAX_PHRASES = 16

# Where an article is searched: the columns that count most, then those that count at all.
Columns = tuple[str, ...]
QUESTION: Columns = ("question",)
HEAD: Columns = ("question", "description", "keywords")
ALL: Columns = ("question", "description", "keywords", "answer_text")

QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"'))
# A minus excludes at the beginning of a word of letters: neither `well-known` nor `-5` does.
# What a word is beside letters and digits: C++ and C#, mc^2, TeX's commands, signs that stand for a word.
TOKEN = re.compile(
    rf"(?<![^\W_])(?P<language>[A-Za-z](?:\+\+|#))(?!\w)|(?P<power>[^\W_]+\^\{{?\d{{1,3}}\}}?)"
    rf"|\\\\?(?P<tex>{'|'.join(TEX)})(?![^\W\d_])|(?P<sign>[{''.join(SIGNS)}])|{WORD.pattern}"
)
CHUNK = re.compile(r'(?P<minus>(?<!\S)-(?="|[^\W\d_]))?(?:"(?P<phrase>[^"]*)"|(?P<text>[^\s"]+))')


class Phrase(NamedTuple):
    """Words that follow each other; most have one. `is_beginning`: the last word may go on."""

    words: tuple[str, ...]
    is_beginning: bool = False


class Span(NamedTuple):
    """Where a word stands in `Query.text`, and the word that it stands for."""

    word: str
    start: int
    end: int
    literal: str = ""  # what stands in the text and not in the index, such as C++ for c


@dataclass(frozen=True, slots=True)
class Query:
    """`text` is what was typed, tidied. An article must hold, of each of `required`, one phrase at least.

    `spans` are the words that were typed singly, wherever they stand. `is_common` says that the query has nothing
    but words that nearly every article contains: it is looked up in the questions alone. `asking` are words that say
    what is asked, not about what (learn.search.words.ASKING_WORDS): they add to the score. `literals` must stand in an
    article as they are, beside what the index knows of them.
    """

    text: str
    required: tuple[tuple[Phrase, ...], ...] = ()
    excluded: tuple[Phrase, ...] = ()
    spans: tuple[Span, ...] = ()
    is_common: bool = False
    asking: tuple[str, ...] = ()
    literals: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self.required)

    @property
    def words(self) -> list[str]:
        """All words that are looked for, those of phrases and of alternatives included."""
        return [word for phrases in self.required for phrase in phrases for word in phrase.words]

    @property
    def single_words(self) -> list[str]:
        """The required words that stand alone, as they were typed."""
        return [phrases[0].words[0] for phrases in self.required if len(phrases[0].words) == 1]

    def with_required(self, required: list[tuple[Phrase, ...]]) -> Query:
        return replace(self, required=tuple(required))


def parse(text: str) -> Query:
    """Take `text` apart. Takes any text whatever; a query without words is false."""
    text = tidy(text)
    singles: list[Span] = []
    phrases: list[Phrase] = []
    excluded: list[Phrase] = []
    for chunk in CHUNK.finditer(text):
        group = "text" if chunk["text"] is not None else "phrase"
        spans = [_span(match) for match in TOKEN.finditer(text, chunk.start(group), chunk.end(group))]
        words = tuple(place.word for place in spans)
        if chunk["minus"]:
            if not all(is_common(word) for word in words):
                excluded.append(Phrase(words))
        elif chunk["phrase"] is not None and len(words) > 1:
            phrases.append(Phrase(words))
        else:
            singles += spans
    singles = _distinct(singles)[:MAX_WORDS]
    rare = [place for place in singles if place.literal or not is_common(place.word)]
    telling = [place for place in rare if fold(place.word) not in ASKING_WORDS]
    words_only = telling or ([] if phrases else rare or singles)
    required = [(phrase,) for phrase in dict.fromkeys(phrases)][:MAX_PHRASES]
    required += [(Phrase((place.word,)),) for place in words_only]
    return Query(
        text=text,
        required=tuple(required),
        excluded=tuple(excluded[:MAX_PHRASES]) if required else (),
        asking=tuple(place.word for place in rare if telling and place not in telling),
        literals=tuple(place.literal for place in words_only if place.literal),
        spans=tuple(singles),
        is_common=bool(required)
        and not rare
        and all(is_common(word) for phrase in phrases for word in phrase.words),
    )


def tidy(text: str) -> str:
    """`text` on one line, with straight quotes, without what cannot be printed, at most MAX_LENGTH characters."""
    text = unicodedata.normalize("NFC", text[: 4 * MAX_LENGTH]).translate(QUOTES)
    text = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(text.split())[:MAX_LENGTH].strip()


# The words that are told apart where two searches are compared: C++ is not C.
_NAMED = re.compile(r"(?<![^\W_])[A-Za-z](?:\+\+|#)(?!\w)|[^\W_]+")


def normal(text: str) -> str:
    """What a search is known by, however it was typed: its words, folded, with single spaces between them."""
    return " ".join(fold(match[0]) for match in _NAMED.finditer(tidy(text)))


def is_common(word: str) -> bool:
    return fold(word) in COMMON_WORDS


def _span(match: re.Match[str]) -> Span:
    """The word that a match of TOKEN stands for."""
    start, end = match.span()
    if match["language"]:
        return Span(match[0][0], start, end, match[0].lower())
    if match["power"]:
        return Span(re.sub(r"[\^{}]", "", match[0]), start, end)
    if match["tex"]:
        return Span(TEX[match["tex"]], start, end)
    return Span(SIGNS[match[0]] if match["sign"] else match[0], start, end)


def _distinct(spans: list[Span]) -> list[Span]:
    """The first of each group with one stem."""
    first: dict[str, Span] = {}
    for place in spans:
        first.setdefault(place.literal or stem(fold(place.word)), place)
    return list(first.values())
