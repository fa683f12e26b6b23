"""The vocabulary of the library, and the word that a misspelled one was meant to be."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from string import ascii_lowercase
from typing import NamedTuple

from django.db import connections, router, transaction
from django.db.models.functions import Length
from rapidfuzz.distance import DamerauLevenshtein

from learn.db import rows
from learn.db.rows import analyze, batched
from learn.models import Article, SearchSynonym, SearchWord

from . import backends
from .query import Span
from .synonyms import Acronyms, store
from .words import COMMON_WORDS, shared_beginning, stem, tokens

SHORTEST = 3  # letters of a word that is corrected
# Of a word of three letters, too many others are one letter away: only a very common one is meant.
MEANT_BY_THREE = 50  # articles
MEDIUM = 8  # of longer words, groups of three letters find whatever is one edit away
LONGEST = 40
# How many times as many articles must use the better word: a rare word is not taken for a mistake, but a mistake
# that an author made, too, is.
COMMONER = 10
MOST_EDITS = 3
FEWEST = (
    3  # articles that use a word which one is corrected to, where only its first letter is right for sure
)
COMMON_BONUS = 0.8  # of an edit: a common word is the likelier one, but not by more
# With these at its end a word is a form of another rather than a mistake.
ENDINGS = frozenset(
    (
        "",
        "s",
        "es",
        "d",
        "ed",
        "ing",
        "r",
        "er",
        "ers",
        "ly",
        "e",
        "y",
        "ies",
        "ied",
        "ion",
        "ions",
        "al",
        "ally",
        "ness",
    )
)
CANDIDATES = 60  # words of the vocabulary whose distance is measured
CHUNK = 2_000  # articles read at once


def refresh_vocabulary() -> int:
    """Collect the words of all public questions, descriptions and keywords anew; return how many there are.

    Learns the acronyms that the articles spell out as well (learn.search.synonyms). Some seconds for
    36,000 articles, in one pass of constant memory but for the words themselves.
    """
    counts: Counter[str] = Counter()
    acronyms = Acronyms()
    after = 0
    while True:
        rows = list(
            Article.objects.filter(is_indexable=True, pk__gt=after)
            .order_by("pk")
            .values_list("pk", "question", "description", "keywords", "answer_text")[:CHUNK]
        )
        if not rows:
            break
        for _pk, *texts, answer in rows:
            counts.update(words_of(texts))
            acronyms.read("\n".join(texts), answer)
        after = rows[-1][0]
    store(acronyms.learnt(), SearchSynonym.Source.LEARNT)
    connection = connections[router.db_for_write(SearchWord)]
    with transaction.atomic(using=connection.alias), backends.of(connection).loading_words(connection):
        SearchWord.objects.all().delete()
        added = _add(counts)
        analyze(SearchWord)
        return added


def add_words(counts: Mapping[str, int]) -> int:
    """Add the words of `counts` (word to number of articles) that are not in the vocabulary yet; return how many."""
    known: set[str] = set()
    for batch in batched(sorted(counts)):
        known.update(SearchWord.objects.filter(word__in=batch).values_list("word", flat=True))
    new = {word: count for word, count in counts.items() if word not in known}
    with transaction.atomic():
        return _add(new)


def words_of(texts: Iterable[str]) -> set[str]:
    """The different words of an article but the common ones."""
    return set(tokens(" ".join(texts))) - COMMON_WORDS


def forms_of(words: Iterable[str]) -> dict[str, dict[str, int]]:
    """For each stem of the folded `words`, the words of the vocabulary that have it, with their articles. One query."""
    forms: dict[str, dict[str, int]] = {}
    stems = sorted({stem(word) for word in words})
    if not stems:
        return forms
    for stem_, word, articles in _words_with("stem", stems):
        forms.setdefault(stem_, {})[word] = articles
    return forms


def _words_with(column: str, values: list[str]) -> list[tuple[str, str, int]]:
    """`column`, word and articles of the words of the vocabulary where `column` is one of `values`.

    Without a queryset, which takes five to fifteen times as long to make as the database to answer.
    """
    places = ", ".join(["%s"] * len(values))
    with connections[SearchWord.objects.db].cursor() as cursor:
        cursor.execute(
            f"SELECT {column}, word, articles FROM learn_searchword WHERE {column} IN ({places})", values
        )
        found: list[tuple[str, str, int]] = cursor.fetchall()
    return found


def is_form(word: str, forms: Iterable[str]) -> bool:
    """Whether `word` is one of `forms`, which have its stem, or differs from one in its ending only."""
    for form in forms:
        shared = len(shared_beginning(word, form))
        if {word[shared:], form[shared:]} <= ENDINGS:
            return True
    return False


def correction(text: str, spans: Iterable[Span], better: Mapping[str, str]) -> str:
    """`text` with the words at `spans` replaced by those that `better` has for them; "" where it has none."""
    corrected = ""
    end = 0
    for place in sorted(spans, key=lambda place: place.start):
        if word := better.get(place.word):
            corrected += text[end : place.start] + (word.capitalize() if place.word[0].isupper() else word)
            end = place.end
    return corrected + text[end:] if end else ""


class Closest(NamedTuple):
    """The word that another was probably meant to be, and how many articles use it; "" and 0 where there is none."""

    word: str = ""
    articles: int = 0


def closest(word: str, users: int, edits: int) -> Closest:
    """The word of the vocabulary that folded `word`, which `users` articles use, was probably meant to be.

    None where none is at most `edits` away (fewer where it is short) and used so much more. One or two queries.
    """
    if not (SHORTEST <= len(word) <= LONGEST and word.isalpha()):
        return Closest()
    if len(word) <= MEDIUM and (common := _swapped(word) & COMMON_WORDS):
        return Closest(min(common), LONGEST * COMMONER)
    allowed = min(edits, 1 if len(word) < 6 else 2 if len(word) < 8 else 3)
    candidates = _one_edit_away(word) if len(word) <= MEDIUM else {}
    if len(word) > SHORTEST and (allowed > 1 or not candidates):
        connection = connections[SearchWord.objects.db]
        with connection.cursor() as cursor:
            candidates.update(backends.of(connection).similar_words(cursor, word, allowed, CANDIDATES))
        # Two edits in the middle leave no group of three letters: then the first letter is mostly right.
        candidates.update(_same_beginning(word, allowed, max(COMMONER * users, FEWEST)))
    best, best_cost = Closest(), math.inf
    letters = frozenset(word)
    least = max(COMMONER * users, MEANT_BY_THREE if len(word) == SHORTEST else 0)
    for candidate, articles in candidates.items():
        # An edit adds one letter to those that are used, or takes one away, or both: cheaper to see than the edits.
        if len(letters.symmetric_difference(candidate)) > 2 * allowed:
            continue
        needed = distance(word, candidate, allowed)
        if candidate == word or needed > allowed or articles < least:
            continue
        cost = needed - min(COMMON_BONUS, 0.08 * math.log2(articles))
        cost += 0.3 if candidate[0] != word[0] else 0.0
        # Letters that changed places, and one too many or too few of a double letter, are what fingers do.
        if sorted(candidate) == sorted(word):
            cost -= 0.3
        elif sorted(_undoubled(candidate)) == sorted(_undoubled(word)):
            cost -= 0.4
        if (cost, candidate) < (best_cost, best.word):
            best, best_cost = Closest(candidate, articles), cost
    return best


def _undoubled(word: str) -> str:
    return "".join(
        letter for letter, following in zip(word, word[1:] + " ", strict=True) if letter != following
    )


def _swapped(word: str) -> set[str]:
    """`word` with two letters that follow each other in each other's place."""
    return {
        word[:place] + word[place + 1] + word[place] + word[place + 2 :] for place in range(len(word) - 1)
    }


def _same_beginning(word: str, edits: int, least: int) -> dict[str, int]:
    """The words with the first letter of `word`, about as long, that `least` articles use. One query over an index."""
    first = word[0]
    found = SearchWord.objects.filter(word__gte=first, word__lt=chr(ord(first) + 1), articles__gte=least)
    lengths = found.annotate(length=Length("word")).filter(
        length__gte=len(word) - edits, length__lte=len(word) + edits
    )
    return dict(lengths.values_list("word", "articles"))


def _one_edit_away(word: str) -> dict[str, int]:
    """The words of the vocabulary that one edit makes of `word`, with how many articles use each. One query.

    Groups of three letters do not find them where the word is short and the edit in its middle.
    """
    halves = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    edited = {before + after[1:] for before, after in halves if after}
    edited |= {before + after[1] + after[0] + after[2:] for before, after in halves if len(after) > 1}
    edited |= {before + letter + after[1:] for before, after in halves if after for letter in ascii_lowercase}
    edited |= {before + letter + after for before, after in halves for letter in ascii_lowercase}
    edited.discard(word)
    return {word: articles for _word, word, articles in _words_with("word", sorted(edited))}


def distance(first: str, second: str, limit: int) -> int:
    """The least number of letters to insert, delete, change or swap with their neighbour that makes one the other.

    Beyond `limit` the result is limit + 1. https://en.wikipedia.org/wiki/Damerau%E2%80%93Levenshtein_distance
    """
    return DamerauLevenshtein.distance(first, second, score_cutoff=limit)


def _add(words: Mapping[str, int]) -> int:
    """Write those of `words` that are not too long to be one; return how many."""
    new = [
        {"word": word, "stem": stem(word), "articles": words[word]}
        for word in sorted(words)
        if len(word) <= LONGEST
    ]
    rows.insert(SearchWord, new)
    return len(new)
