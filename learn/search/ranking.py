"""Which of the articles that match comes first: BM25F over question, description, keywords and answer.

The same in Python for both databases, whose own ranks differ and look at every match of a common word. Each field
counts the word as often as it holds it, for its length; the weighted sum saturates, and is multiplied by how rare the
word is: Robertson, Zaragoza: The Probabilistic Relevance Framework: BM25 and Beyond (2009), section 3.6.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from .query import Query, is_common
from .variants import spellings, written
from .words import beginning, fold, root, stem, tokens

# Of question, description and keywords: weight, share of the length that is counted, usual length in words, and the
# share of it below which a text says no more about its article for being shorter. Chosen on judged queries of a library
# of 36,000 articles.
FIELDS = ((2.5, 0.9, 11.6, 0.0), (1.5, 0.9, 29.9, 0.5), (0.7, 0.5, 22.9, 0.5))
# The same of the answer. It is long to read: only those of the READ best by the others are read, and they change places
# among themselves. To read all changes no figure.
ANSWER = (0.2, 0.9, 345.0, 0.5)
READ = 30
MOST_TIMES = 2  # a word that stands in a line more often than that was repeated to be found
# An article that is known to hold a word, but in none of the fields above, holds it in its answer, which is not read.
IN_ANSWER = 0.3
SATURATION = 4.0
SUBJECT = 1.0  # the weight of a word of the title of its subject
ASKING = 0.3  # of what a word that tells counts
SYNONYM = 0.8  # of what the word itself counts
RELATED_WORD = 0.6  # the same of another word with its stem: "operating" for "operant"
ALL_WORDS = 0.2  # what an article gains that holds all words, in what it could score at most
# What lets one question come before another that holds the same words.
SAME_QUESTION, WORDS_IN_ORDER, SAME_FORM = 0.2, 0.03, 0.02
LEAST_ARTICLES = 1_000  # in a smaller library, rarity would say little


class Candidate(NamedTuple):
    """An article that matches, with the text that it is ranked by."""

    pk: int
    question: str
    description: str
    keywords: str
    subject: int


class Term(NamedTuple):
    """A word to find in a text, in any of its forms. `weight` is larger for rarer words.

    `phrases` are the stems of what else stands for it: other spellings, synonyms. `literal`: see Query.literals.
    """

    word: str
    stem: str
    beginning: str
    pattern: re.Pattern[str]
    weight: float
    phrases: tuple[tuple[str, ...], ...] = ()
    is_asking: bool = False
    literal: str = ""
    root: str = ""
    # What each of `phrases` counts, and of each of its words the stem and what its forms begin with.
    others: tuple[tuple[float, tuple[tuple[str, str], ...]], ...] = ()

    def times_in(self, text: str) -> float:
        """How often the word stands in folded `text`; a synonym counts SYNONYM."""
        # Looked for as a substring first: mostly it is not there, and that is ten times as fast as the pattern.
        if self.beginning in text and (
            times := sum(1.0 if root(match[0]) == self.root else RELATED_WORD for match in self.forms(text))
        ):
            return times
        return max((factor * _phrase_count(parts, text) for factor, parts in self.others), default=0)

    def forms(self, text: str) -> Iterator[re.Match[str]]:
        """Where forms of the word stand in `text`, which must be folded."""
        for match in self.pattern.finditer(text):
            start = match.start()
            # Looked at here, because a pattern that begins with its letters is found twenty times as fast.
            if (not start or not text[start - 1].isalnum()) and stem(match[0]) == self.stem:
                yield match


def rarity(articles: int, of: int) -> float:
    """The weight of a word that `articles` of `of` use: Robertson's inverse document frequency, never negative."""
    return math.log(1 + (of - articles + 0.5) / (articles + 0.5)) if articles < of else 0.1


def terms(query: Query, articles_with: Mapping[str, int], of: int) -> list[Term]:
    """The words to find; `articles_with` says how many of `of` articles use a stem (none: a rare word)."""
    of = max(of, LEAST_ARTICLES)
    literals = {literal[0]: literal for literal in query.literals}
    found: dict[str, Term] = {}

    def add(word: str, others: Iterable[tuple[str, ...]] = (), *, is_asking: bool = False) -> None:
        folded = fold(word)
        own = stem(folded)
        by_stems = {tuple(stem(fold(part)) for part in other): other for other in others}
        by_stems.pop((own,), None)
        phrases = tuple(by_stems)
        same = spellings(folded) | written(folded)
        factors = tuple(
            (
                1.0 if same.issuperset(other) else SYNONYM,
                tuple((stem(fold(part)), beginning(fold(part))) for part in other),
            )
            for other in by_stems.values()
        )
        # What stands for a word may be commoner than the word: then it is what most articles are found by. A phrase is
        # worth the sum of its words.
        weights = [
            min(rarity(1, of), sum(rarity(articles_with.get(part, 0), of) for part in phrase))
            for phrase in phrases
        ]
        if articles_with.get(own) or not weights:
            weights.append(rarity(articles_with.get(own, 0), of))
        weight = min(weights) * (ASKING if is_asking else 1)
        literal = literals.get(folded, "")
        term = Term(
            folded,
            own,
            beginning(folded),
            _pattern(folded),
            weight,
            phrases,
            is_asking,
            literal,
            root(folded),
            factors,
        )
        found.setdefault(own, term)

    for alternatives in query.required:
        first = alternatives[0]
        for word in first.words:
            if query.is_common or len(first.words) == 1 or not is_common(word):
                add(word, (other.words for other in alternatives[1:]) if len(first.words) == 1 else ())
    for word in query.asking:
        add(word, is_asking=True)
    return list(found.values())


def marked(wanted: Iterable[Term]) -> list[Term]:
    """The terms to mark in a text: the words themselves, and each word of what stands for them."""
    found: dict[str, Term] = {}
    for term in wanted:
        found.setdefault(term.stem, term)
        for phrase in term.phrases:
            for part in phrase:
                if not is_common(part):
                    found.setdefault(part, Term(part, part, part, _pattern(part), term.weight))
    return list(found.values())


def rank(
    query: Query,
    wanted: list[Term],
    candidates: Iterable[Candidate],
    complete: frozenset[int] = frozenset(),
    subjects: Mapping[int, str] | None = None,
    answers: Mapping[int, str] | None = None,
) -> list[int]:
    """The primary keys of `candidates`, the best first; equals in the order of their keys.

    `complete`: those known to hold all words somewhere. `subjects`: folded titles, by primary key: a word of the title
    says what all articles of the subject are about. `answers`: the texts of the answers, where they are known.
    """
    typed = [stem(word) for word in tokens(query.text)]
    pairs = list(pairwise(typed)) if len(typed) < 40 else []
    most = sum(term.weight for term in wanted if not term.is_asking) or 1.0
    scores: list[tuple[float, int]] = []
    about = {
        pk: {term.stem: SUBJECT for term in wanted if term.times_in(title)}
        for pk, title in (subjects or {}).items()
    }
    for candidate in candidates:
        texts = [fold(text) for text in (candidate.question, candidate.description, candidate.keywords)]
        question = texts[0]
        is_complete = candidate.pk in complete
        answer = (
            (answers or {}).get(candidate.pk, "").lower()
        )  # accents aside: to fold it takes five times as long
        score, in_question = _score(
            texts, answer, wanted, about.get(candidate.subject, {}), is_complete=is_complete
        )
        if is_complete:
            score += ALL_WORDS * most
        if in_question > 1 and pairs:
            asked = list(map(stem, tokens(question)))
            following = set(pairwise(asked))
            score += WORDS_IN_ORDER * most * sum(pair in following for pair in pairs) / len(pairs)
        if len(question) < 2 * len(query.text) and list(map(stem, tokens(question))) == typed:
            score += SAME_QUESTION * most
        scores.append((-round(score, 9), candidate.pk))
    return [pk for _score, pk in sorted(scores)]


def _score(
    texts: list[str], answer: str, wanted: list[Term], about: Mapping[str, float], *, is_complete: bool
) -> tuple[float, int]:
    """BM25F of question, description, keywords and answer ("": not read); how many words stand in the question."""
    question, description, keywords = texts
    norms = [_norm(text, field) for text, field in zip(texts, FIELDS, strict=True)]
    norm_of_answer = _norm(answer, ANSWER) if answer else 0.0
    score = 0.0
    in_question = 0
    for term in wanted:
        times = term.times_in(question)
        count = about.get(term.stem, 0.0) + norms[0] * times
        count += norms[1] * min(term.times_in(description), MOST_TIMES)
        count += norms[2] * min(term.times_in(keywords), MOST_TIMES)
        if answer:
            count += norm_of_answer * term.times_in(answer)
        if term.literal and not any(term.literal in text for text in texts):
            count = 0.0
        elif times:
            in_question += 1
            if term.word in question:
                score += SAME_FORM * term.weight
        if not count and is_complete and not term.is_asking:
            count = IN_ANSWER
        score += term.weight * count / (SATURATION + count)
    return score, in_question


def _norm(text: str, field: tuple[float, float, float, float]) -> float:
    """What a word in `text` counts: the weight of the field, less the longer it is."""
    weight, share, usual, least = field
    return weight / (1 - share + share * max((text.count(" ") + 1) / usual, least))


def _phrase_count(parts: tuple[tuple[str, str], ...], text: str) -> int:
    """How often the stems of `parts`, each with what its forms begin with, follow each other in folded `text`."""
    if not all(start in text for _stem, start in parts):
        return 0
    field = list(map(stem, tokens(text)))
    stems = [own for own, _start in parts]
    length = len(stems)
    return sum(field[start : start + length] == stems for start in range(len(field) - length + 1))


@lru_cache(maxsize=4096)
def _pattern(word: str) -> re.Pattern[str]:
    """Finds what may be a form of `word`: whatever begins with what word and stem have in common."""
    return re.compile(rf"{re.escape(beginning(word))}[^\W_]*")
