"""What else to look for, for each word of a query: other spellings, signs, synonyms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from .query import Phrase, Query
from .spelling import forms_of
from .synonyms import synonyms_of
from .variants import spellings, written
from .words import COMMON_WORDS, fold, stem

MOST_ALTERNATIVES = 8  # of one word

Forms = dict[str, dict[str, int]]


def expand(query: Query) -> tuple[Query, Forms]:
    """`query` with the alternatives of its words, and the words of the vocabulary with the stems of all of them.

    Two queries.
    """
    folded = [fold(place.word) for place in query.spans]
    synonyms = {} if query.is_common else synonyms_of(folded)
    other = {word: spellings(word) for word in {fold(word) for word in query.words} - COMMON_WORDS}
    looked_up = {*map(fold, query.words), *map(fold, query.asking)}
    looked_up.update(spelling for words in other.values() for spelling in words)
    looked_up.update(word for terms in synonyms.values() for term in terms for word in term.split())
    forms = forms_of(looked_up)
    meanings = _by_word(folded, synonyms)
    required = []
    for phrases in query.required:
        alternatives = dict.fromkeys(phrases)
        if len(phrases) == 1 == len(phrases[0].words) and not query.is_common:
            word = fold(phrases[0].words[0])
            known = [
                spelling
                for spelling in sorted(other.get(word, ()))
                if spelling in forms.get(stem(spelling), {})
            ]
            # The commonest spelling stands for all of them: whichever was typed, the same is found in the same order.
            used = {spelling: forms.get(stem(spelling), {}).get(spelling, 0) for spelling in (word, *known)}
            known.sort(key=lambda spelling: (-used[spelling], spelling))
            if known and (-used[known[0]], known[0]) < (-used[word], word):
                # One that no article uses so would only find others with its stem (analysing: analyses).
                typed = alternatives if used[word] else {}
                alternatives = dict.fromkeys([Phrase((known[0],)), *typed])
            terms = [*known, *sorted(written(word)), *meanings.get(word, ())]
            # A term of common words alone (`us`) would be found everywhere.
            alternatives |= dict.fromkeys(
                Phrase(tuple(term.split())) for term in terms if not COMMON_WORDS.issuperset(term.split())
            )
        required.append(tuple(alternatives)[:MOST_ALTERNATIVES])
    return replace(query, required=tuple(required)), forms


def _by_word(words: list[str], synonyms: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """For each of `words` the synonyms of the terms that it stands in."""
    found: dict[str, list[str]] = {}
    for term, others in synonyms.items():
        parts = term.split()
        for start in range(len(words)):
            if words[start : start + len(parts)] == parts:
                for word in parts:
                    found.setdefault(word, []).extend(others)
    return found
