"""The vocabulary of the library, and the word that a misspelled one was meant to be."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping

from django.db import connections, models, router, transaction

from learn.models import Article, SearchWord

from . import backends
from .query import Place, Query
from .words import COMMON_WORDS, fold, stem, tokens

SHORTEST = 4  # letters of a word that is corrected: of shorter ones, too many are one letter from another
LONGEST = 40
# How many times as many articles must use the better word: a rare word is not taken for a mistake, but a mistake
# that an author made, too, is.
COMMONER = 10
CANDIDATES = 60  # words of the vocabulary whose distance is measured
CHUNK = 2_000  # articles read at once


def refresh_vocabulary() -> int:
    """Collect the words of all public questions, descriptions and keywords anew; return how many there are.

    A second or two for 36,000 articles, in one pass of constant memory but for the words themselves.
    """
    counts: Counter[str] = Counter()
    after = 0
    while True:
        rows = list(
            Article.objects.filter(is_indexable=True, pk__gt=after)
            .order_by("pk")
            .values_list("pk", "question", "description", "keywords")[:CHUNK]
        )
        if not rows:
            break
        for _pk, *texts in rows:
            counts.update(words_of(texts))
        after = rows[-1][0]
    with transaction.atomic():
        SearchWord.objects.all().delete()
        _add(counts)
    return len(counts)


def add_words(counts: Mapping[str, int]) -> int:
    """Add the words of `counts` (word to number of articles) that are not in the vocabulary yet; return how many."""
    known: set[str] = set()
    words = sorted(counts)
    for start in range(0, len(words), 500):
        known.update(
            SearchWord.objects.filter(word__in=words[start : start + 500]).values_list("word", flat=True)
        )
    new = {word: count for word, count in counts.items() if word not in known}
    if new:
        with transaction.atomic():
            _add(new)
    return len(new)


def words_of(texts: Iterable[str]) -> set[str]:
    """The different words of an article that the vocabulary counts: neither common nor very long."""
    return {
        word for word in set(tokens(" ".join(texts))) if len(word) <= LONGEST and word not in COMMON_WORDS
    }


def articles_with(words: Iterable[str]) -> dict[str, int]:
    """How many articles use each stem of the folded `words`; stems that none uses are left out. One query."""
    stems = {stem(word) for word in words}
    counted = SearchWord.objects.filter(stem__in=stems).values("stem").order_by()
    return dict(counted.annotate(count=models.Sum("articles")).values_list("stem", "count"))


def correction(query: Query, rare: Mapping[str, int]) -> str:
    """The text of `query` with its misspelled words corrected; "" where none seems to be.

    `rare` are the words of the query that few articles use, with how many do. One query for each.
    """
    corrected = ""
    end = 0
    for place in sorted(query.places, key=lambda place: place.start):
        if place.word in rare and (better := closest(fold(place.word), rare[place.word])):
            corrected += query.text[end : place.start] + _like(place, better)
            end = place.end
    return corrected + query.text[end:] if end else ""


def closest(word: str, users: int) -> str:
    """The word of the vocabulary that folded `word`, which `users` articles use, was probably meant to be.

    "" where none is near, or none is used so much more. One query.
    """
    if not (SHORTEST <= len(word) <= LONGEST and word.isalpha()):
        return ""
    connection = connections[SearchWord.objects.db]
    allowed = 1 if len(word) < 6 else 2 if len(word) < 10 else 3
    with connection.cursor() as cursor:
        candidates = backends.of(connection).similar_words(cursor, word, CANDIDATES)
    best, best_cost = "", math.inf
    for candidate, articles in candidates:
        edits = distance(word, candidate, allowed)
        if edits > allowed or articles < COMMONER * users or stem(candidate) == stem(word):
            continue
        # A common word is the likelier one, but not by more than half an edit; so is one that begins alike.
        cost = edits - min(0.5, 0.05 * math.log2(articles)) + (0.3 if candidate[0] != word[0] else 0.0)
        if (cost, candidate) < (best_cost, best):
            best, best_cost = candidate, cost
    return best


def distance(first: str, second: str, limit: int) -> int:
    """The least number of letters to insert, delete, change or swap with their neighbour that makes one the other.

    Beyond `limit` (the result is then limit + 1) it is not followed. Optimal string alignment:
    https://en.wikipedia.org/wiki/Damerau%E2%80%93Levenshtein_distance.
    """
    if abs(len(first) - len(second)) > limit:
        return limit + 1
    before_last: list[int] = []
    last = list(range(len(second) + 1))
    for row, letter in enumerate(first, 1):
        current = [row]
        for column, other in enumerate(second, 1):
            edits = min(last[column] + 1, current[-1] + 1, last[column - 1] + (letter != other))
            if row > 1 and column > 1 and letter == second[column - 2] and first[row - 2] == other:
                edits = min(edits, before_last[column - 2] + 1)
            current.append(edits)
        if min(current) > limit:
            return limit + 1
        before_last, last = last, current
    return last[-1]


def _like(place: Place, word: str) -> str:
    """`word` with a capital where the one at `place` has one."""
    return word.capitalize() if place.word[:1].isupper() else word


def _add(words: Mapping[str, int]) -> None:
    SearchWord.objects.bulk_create(
        SearchWord(word=word, stem=stem(word), articles=count) for word, count in sorted(words.items())
    )
    connection = connections[router.db_for_write(SearchWord)]
    backends.of(connection).rebuild_spelling(connection)
