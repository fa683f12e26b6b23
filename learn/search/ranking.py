"""Which of the articles that match comes first.

The same in Python for both databases: their own ranks differ, look at every match of a common word, and let a long
answer outweigh the question. Here the question comes before the description, that before the keywords, those before
the answer.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from .query import Query, is_common
from .words import beginning, fold, stem, tokens

# What a word is worth where it stands first in this order. The answer is not read: a word that an exact match holds
# nowhere else stands there.
IN_QUESTION, IN_DESCRIPTION, IN_KEYWORDS, IN_ANSWER = 1.0, 0.5, 0.3, 0.1
# What lets one question come before another that holds the same words; together less than a word in another place.
SAME_QUESTION, WORDS_IN_ORDER, SAME_FORM, BREVITY = 0.2, 0.1, 0.05, 0.1


class Candidate(NamedTuple):
    """An article that matches, with the text that it is ranked by."""

    pk: int
    question: str
    description: str
    keywords: str


class Term(NamedTuple):
    """A word to find in a text, in any of its forms. `weight` is larger for rarer words."""

    word: str
    stem: str
    beginning: str
    pattern: re.Pattern[str]
    weight: float

    def forms(self, text: str) -> Iterator[re.Match[str]]:
        """Where forms of the word stand in `text`, which must be folded."""
        for match in self.pattern.finditer(text):
            start = match.start()
            # Looked at here, because a pattern that begins with its letters is found twenty times as fast.
            if (not start or not text[start - 1].isalnum()) and stem(match[0]) == self.stem:
                yield match

    def form_in(self, text: str) -> str:
        """The first form of the word in `text`, which must be folded; "" where there is none."""
        if self.beginning not in text:  # mostly; ten times as fast as the pattern
            return ""
        match = next(self.forms(text), None)
        return match[0] if match else ""


def terms(query: Query, articles_with: Mapping[str, int]) -> list[Term]:
    """The words to find; `articles_with` says how many articles use a stem (none: a rare word)."""
    found: dict[str, Term] = {}
    for word in query.words:
        folded = fold(word)
        if query.is_common or not is_common(word):
            count = articles_with.get(stem(folded), 0)
            weight = 1 / math.log2(4 + count)
            term = Term(folded, stem(folded), beginning(folded), _pattern(folded), weight)
            found.setdefault(term.stem, term)
    return list(found.values())


def rank(query: Query, wanted: list[Term], candidates: Iterable[Candidate], *, is_exact: bool) -> list[int]:
    """The primary keys of `candidates`, the best first; equals in the order of their keys.

    `is_exact`: every candidate is known to hold all words somewhere.
    """
    typed = tokens(query.text)
    in_order = _in_order([fold(place.word) for place in query.spans]) if len(query.spans) > 1 else None
    elsewhere = IN_ANSWER if is_exact else 0.0
    all_weights = sum(term.weight for term in wanted) or 1.0
    scores: list[tuple[float, int]] = []
    for candidate in candidates:
        question = fold(candidate.question)
        description = keywords = ""
        score = 0.0
        for term in wanted:
            if form := term.form_in(question):
                score += term.weight * (IN_QUESTION + SAME_FORM * (form == term.word))
                continue
            if not description:
                description, keywords = fold(candidate.description), fold(candidate.keywords)
            if term.form_in(description):
                score += term.weight * IN_DESCRIPTION
            else:
                score += term.weight * (IN_KEYWORDS if term.form_in(keywords) else elsewhere)
        score = score / all_weights + BREVITY / math.sqrt(question.count(" ") + 1)
        if in_order and in_order.search(question):
            score += WORDS_IN_ORDER
        if len(question) < 2 * len(query.text) and tokens(question) == typed:
            score += SAME_QUESTION
        scores.append((-score, candidate.pk))
    return [pk for _score, pk in sorted(scores)]


@lru_cache(maxsize=4096)
def _pattern(word: str) -> re.Pattern[str]:
    """Finds what may be a form of `word`: whatever begins with what word and stem have in common."""
    return re.compile(rf"{re.escape(beginning(word))}[^\W_]*")


def _in_order(words: list[str]) -> re.Pattern[str]:
    beginnings = (re.escape(beginning(word)) + r"[^\W_]*" for word in words)
    return re.compile(r"(?<![^\W_])" + r"[\W_]+".join(beginnings))
