"""The vocabulary of the library, and the word that a misspelled one was meant to be."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from string import ascii_lowercase

from django.db import connections, router, transaction
from rapidfuzz.distance import OSA

from learn.db import rows
from learn.db.rows import batched
from learn.models import Article, SearchWord

from . import backends
from .query import Span
from .words import COMMON_WORDS, shared_beginning, stem, tokens

SHORTEST = 4  # letters of a word that is corrected: of shorter ones, too many are one letter from another
MEDIUM = 8  # of longer words, groups of three letters find whatever is one edit away
LONGEST = 40
# How many times as many articles must use the better word: a rare word is not taken for a mistake, but a mistake
# that an author made, too, is.
COMMONER = 10
MOST_EDITS = 3
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
    connection = connections[router.db_for_write(SearchWord)]
    with transaction.atomic(using=connection.alias), backends.of(connection).loading_words(connection):
        SearchWord.objects.all().delete()
        return _add(counts)


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
    rows = SearchWord.objects.filter(stem__in={stem(word) for word in words})
    for stem_, word, articles in rows.values_list("stem", "word", "articles"):
        forms.setdefault(stem_, {})[word] = articles
    return forms


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


def closest(word: str, users: int, edits: int) -> str:
    """The word of the vocabulary that folded `word`, which `users` articles use, was probably meant to be.

    "" where none is at most `edits` away (fewer where it is short) and used so much more. One or two queries.
    """
    if not (SHORTEST <= len(word) <= LONGEST and word.isalpha()):
        return ""
    allowed = min(edits, 1 if len(word) < 6 else 2 if len(word) < 10 else 3)
    candidates = _one_edit_away(word) if len(word) <= MEDIUM else {}
    if allowed > 1 or not candidates:
        connection = connections[SearchWord.objects.db]
        with connection.cursor() as cursor:
            candidates.update(backends.of(connection).similar_words(cursor, word, allowed, CANDIDATES))
    best, best_cost = "", math.inf
    letters = frozenset(word)
    for candidate, articles in candidates.items():
        # An edit adds one letter to those that are used, or takes one away, or both: cheaper to see than the edits.
        if len(letters.symmetric_difference(candidate)) > 2 * allowed:
            continue
        needed = distance(word, candidate, allowed)
        if candidate == word or needed > allowed or articles < COMMONER * users:
            continue
        # A common word is the likelier one, but not by more than half an edit; so is one that begins alike.
        cost = needed - min(0.5, 0.05 * math.log2(articles)) + (0.3 if candidate[0] != word[0] else 0.0)
        if (cost, candidate) < (best_cost, best):
            best, best_cost = candidate, cost
    return best


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
    return dict(SearchWord.objects.filter(word__in=edited).values_list("word", "articles"))


def distance(first: str, second: str, limit: int) -> int:
    """The least number of letters to insert, delete, change or swap with their neighbour that makes one the other.

    Beyond `limit` the result is limit + 1. Optimal string alignment:
    https://en.wikipedia.org/wiki/Damerau%E2%80%93Levenshtein_distance.
    """
    return OSA.distance(first, second, score_cutoff=limit)


def _add(words: Mapping[str, int]) -> int:
    """Write those of `words` that are not too long to be one; return how many."""
    new = [
        {"word": word, "stem": stem(word), "articles": words[word]}
        for word in sorted(words)
        if len(word) <= LONGEST
    ]
    rows.insert(SearchWord, new)
    return len(new)
